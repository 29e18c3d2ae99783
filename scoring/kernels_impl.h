// The kernels, written once as templates over an ISA's operations. Only the units kernels_*.cpp
// include this file; each is compiled for one ISA and instantiates KernelsOf<its operations>. The
// operations are:
//
//   Arch                        the xsimd architecture
//   kTileRows, kTileVectors     the shape of a dense tile; its sums should fill the registers
//   kPoolVectors                how many vectors of a row are pooled in one pass
//   kTanhVectors                how many vectors of a row take their tanh together
//   load_half(p)                a vector of binary16 numbers as floats
//   multiply_add(a, b, c)       a * b + c
//   reciprocal(v)               1 / v, exact but for the last bits
//   rough_reciprocal(v)         1 / v, within 2^-14 of it
//   sum(v), largest(v)          over the lanes, always in the same order
//   sums(rows)                  the sums of as many vectors as there are lanes; each of them is
//                               added in the same order, wherever it stands
//   if kHasLookup:
//     magnitude(v), with_sign_of(v, sign)
//     lookup(table, entry)               of kTanhSegments numbers those at the entries that the
//                                        lowest bits of a vector of floats name
//   pack_bf16(x, out), dot_bf16(sum, x, w)            if kHasBf16; 16 numbers at a time
//   if kHasInt8:
//     pack_int8(x, inverse, out)         16 numbers times inverse as bytes, negative ones as 0
//     pack_int8_block(x, inverse, out)   the same for kPackBlock numbers, which takes less for each
//     dot_int8(sum, x, w)
//
// Everything is in an anonymous namespace, and all that the table's functions call is inlined by
// force: a weak symbol compiled for AVX-512 could otherwise be linked for every CPU. For the same
// reason no standard container or algorithm is used here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <xsimd/xsimd.hpp>

#include "models/base/half.h"
#include "scoring/kernel_table.h"
#include "scoring/tanh_segments.h"

#if defined(BARKER_PLAIN_KERNELS)
// Sanitizer builds inline and unroll nothing by force: an unrolled tile holds several hundred
// loads, and instrumenting each of them takes the compiler minutes per unit.
#define BARKER_INLINE
#define BARKER_LAMBDA_INLINE
#define BARKER_UNROLL
#else
#define BARKER_INLINE inline __attribute__((always_inline))
#define BARKER_LAMBDA_INLINE __attribute__((always_inline))
#if defined(__clang__)
#define BARKER_UNROLL _Pragma("unroll")
#else
#define BARKER_UNROLL _Pragma("GCC unroll 16")
#endif
#endif

namespace barker {
namespace {

template <typename Ops>
struct KernelsOf {
  using Arch = typename Ops::Arch;
  using Vec = xsimd::batch<float, Arch>;
  using Words = xsimd::batch<int32_t, Arch>;
  static constexpr size_t kLanes = Vec::size;
  static constexpr size_t kTileRows = Ops::kTileRows;
  static_assert(kTileRows <= kMostTileRows && kPackedLanes % kLanes == 0);
  static constexpr size_t kPrefetchRows = 12;
  static constexpr size_t kCacheLine = 64;

  // ---- small parts

  // a * b + c, rounded once where the ISA has such an instruction. It is the ISA's operation,
  // because a compiler that contracts a product and a sum where it sees fit does so in one tile and
  // not in another: a row's score would depend on the rows beside it.
  static BARKER_INLINE Vec multiply_add(const Vec& a, const Vec& b, const Vec& c) {
    return Ops::multiply_add(a, b, c);
  }

  static BARKER_INLINE Vec load(const float* p) { return Vec::load_unaligned(p); }
  static BARKER_INLINE Vec load(const Half* p) { return Ops::load_half(p); }
  static BARKER_INLINE float value(const float* p) { return *p; }
  static BARKER_INLINE float value(const Half* p) { return half_to_float(*p); }

  template <typename T>
  static BARKER_INLINE void prefetch(const T* row, size_t width) {
    for (size_t byte = 0; byte < width * sizeof(T); byte += kCacheLine) {
      __builtin_prefetch(reinterpret_cast<const char*>(row) + byte);
    }
  }

  // Calls f with the table's data as what it is: f(const float*) or f(const Half*).
  template <typename F>
  static BARKER_INLINE auto with_elements(const RawTable& table, F f) {
    if (table.element == Element::kF16) return f(static_cast<const Half*>(table.data));
    return f(static_cast<const float*>(table.data));
  }

  // ---- pooling

  template <size_t N, bool kWeighted, typename T>
  static BARKER_INLINE void pool_columns(const T* columns, size_t width, const uint32_t* rows,
                                         const float* weights, size_t count, float scale,
                                         float* out) {
    Vec sums[N];
    BARKER_UNROLL
    for (size_t n = 0; n < N; ++n) sums[n] = Vec(0.0f);
    for (size_t i = 0; i < count; ++i) {
      if (i + kPrefetchRows < count) {
        prefetch(columns + size_t{rows[i + kPrefetchRows]} * width, N * kLanes);
      }
      const T* row = columns + size_t{rows[i]} * width;
      if constexpr (kWeighted) {
        const Vec w(weights[i]);
        BARKER_UNROLL
        for (size_t n = 0; n < N; ++n) sums[n] = multiply_add(w, load(row + n * kLanes), sums[n]);
      } else {
        BARKER_UNROLL
        for (size_t n = 0; n < N; ++n) sums[n] += load(row + n * kLanes);
      }
    }
    BARKER_UNROLL
    for (size_t n = 0; n < N; ++n) (sums[n] * Vec(scale)).store_unaligned(out + n * kLanes);
  }

  template <bool kWeighted, typename T>
  static BARKER_INLINE void pool_rows(const T* table, size_t width, const uint32_t* rows,
                                      const float* weights, size_t count, float scale, float* out) {
    constexpr size_t kWide = Ops::kPoolVectors, kNarrow = 4;
    size_t d = 0;
    for (; d + kWide * kLanes <= width; d += kWide * kLanes) {
      pool_columns<kWide, kWeighted>(table + d, width, rows, weights, count, scale, out + d);
    }
    for (; d + kNarrow * kLanes <= width; d += kNarrow * kLanes) {
      pool_columns<kNarrow, kWeighted>(table + d, width, rows, weights, count, scale, out + d);
    }
    for (; d + kLanes <= width; d += kLanes) {
      pool_columns<1, kWeighted>(table + d, width, rows, weights, count, scale, out + d);
    }
    for (; d < width; ++d) {
      float total = 0;
      for (size_t i = 0; i < count; ++i) {
        total += (kWeighted ? weights[i] : 1.0f) * value(table + size_t{rows[i]} * width + d);
      }
      out[d] = total * scale;
    }
  }

  static void pool(const RawTable& table, const uint32_t* rows, const float* weights, size_t count,
                   float* out) {
    float total = static_cast<float>(count);
    if (weights) {
      total = 0;
      for (size_t i = 0; i < count; ++i) total += weights[i];
    }
    if (!(total >= kLeastTotal)) {
      for (size_t d = 0; d < table.width; ++d) out[d] = 0;
      return;
    }
    with_elements(table, [&](const auto* data) {
      if (weights) {
        pool_rows<true>(data, table.width, rows, weights, count, 1.0f / total, out);
      } else {
        pool_rows<false>(data, table.width, rows, weights, count, 1.0f / total, out);
      }
    });
  }

  // ---- dense layers
  //
  // A tile multiplies M rows of inputs with N vectors of outputs. All M * N sums stay in registers,
  // and each load serves M or N products. The loop is the same whatever a word holds. Every tile
  // adds up an output's products in the order of the steps, so that the result for a row does not
  // depend on M and N.

  struct F32 {
    using Operand = Vec;
    using Sum = Vec;
    static BARKER_INLINE Operand load(const uint32_t* w) {
      return Vec::load_unaligned(reinterpret_cast<const float*>(w));
    }
    static BARKER_INLINE Operand broadcast(const uint32_t* x) {
      float one;
      __builtin_memcpy(&one, x, sizeof one);
      return Vec(one);
    }
    static BARKER_INLINE Sum zero() { return Vec(0.0f); }
    static BARKER_INLINE Sum add(const Sum& sum, const Operand& x, const Operand& w) {
      return multiply_add(x, w, sum);
    }
    static BARKER_INLINE Vec finish(const Sum& sum, float, const float*, const float* bias) {
      return sum + Vec::load_unaligned(bias);
    }
    static constexpr bool kScalesRows = false;
    static BARKER_INLINE const uint32_t* pack(const float* rows, size_t, size_t, size_t, uint32_t*,
                                              float*) {
      return reinterpret_cast<const uint32_t*>(rows);
    }
  };

  struct WordOperands {
    using Operand = Words;
    static BARKER_INLINE Operand load(const uint32_t* w) {
      return Words::load_unaligned(reinterpret_cast<const int32_t*>(w));
    }
    static BARKER_INLINE Operand broadcast(const uint32_t* x) {
      int32_t one;
      __builtin_memcpy(&one, x, sizeof one);
      return Words(one);
    }
  };

  struct Bf16 : WordOperands {
    using Sum = Vec;
    static BARKER_INLINE Sum zero() { return Vec(0.0f); }
    static BARKER_INLINE Sum add(const Sum& sum, const Words& x, const Words& w) {
      return Ops::dot_bf16(sum, x, w);
    }
    static BARKER_INLINE Vec finish(const Sum& sum, float, const float*, const float* bias) {
      return sum + Vec::load_unaligned(bias);
    }
    static constexpr bool kScalesRows = false;
    // Rounds rows of activations into words of `out`, whose rows have the same stride.
    static BARKER_INLINE const uint32_t* pack(const float* rows, size_t stride, size_t count,
                                              size_t width, uint32_t* out, float*) {
      for (size_t m = 0; m < count; ++m) {
        auto* row = reinterpret_cast<uint16_t*>(out + m * stride);
        for (size_t d = 0; d < width; d += 16) Ops::pack_bf16(rows + m * stride + d, row + d);
      }
      return out;
    }
  };

  struct Int8 : WordOperands {
    using Sum = Words;
    static BARKER_INLINE Sum zero() { return Words(0); }
    static BARKER_INLINE Sum add(const Sum& sum, const Words& x, const Words& w) {
      return Ops::dot_int8(sum, x, w);
    }
    static BARKER_INLINE Vec finish(const Sum& sum, float row_scale, const float* scale,
                                    const float* bias) {
      return multiply_add(xsimd::to_float(sum), Vec(row_scale) * Vec::load_unaligned(scale),
                          Vec::load_unaligned(bias));
    }
    static constexpr bool kScalesRows = true;
    // Rounds rows to bytes, negative numbers to 0, so that rows need no ReLU before. row_scale: the
    // largest number of each row, and then the scale of its bytes.
    static BARKER_INLINE const uint32_t* pack(const float* rows, size_t stride, size_t count,
                                              size_t width, uint32_t* out, float* row_scale) {
      for (size_t m = 0; m < count; ++m) {
        const float* row = rows + m * stride;
        const float peak = row_scale[m];
        const float inverse = peak > 0 ? 127.0f / peak : 0.0f;
        row_scale[m] = peak / 127.0f;
        auto* bytes = reinterpret_cast<uint8_t*>(out + m * stride);
        size_t d = 0;
        for (; d + Ops::kPackBlock <= width; d += Ops::kPackBlock) {
          Ops::pack_int8_block(row + d, inverse, bytes + d);
        }
        for (; d < width; d += 16) Ops::pack_int8(row + d, inverse, bytes + d);
      }
      return out;
    }
  };

  // Computes N vectors of the layer's outputs, from output o on, for M rows, and passes each vector
  // on: finish(row, its first output, vector).
  template <typename C, size_t M, size_t N, typename Finish>
  static BARKER_INLINE void tile(const PackedLayer& layer, const uint32_t* x, size_t x_stride,
                                 const float* row_scale, size_t o, Finish finish) {
    typename C::Sum sums[M][N];
    BARKER_UNROLL
    for (size_t m = 0; m < M; ++m) {
      BARKER_UNROLL
      for (size_t n = 0; n < N; ++n) sums[m][n] = C::zero();
    }
    const uint32_t* w = layer.words + o;
    for (size_t k = 0; k < layer.steps; ++k, w += layer.padded_out) {
      typename C::Operand columns[N];
      BARKER_UNROLL
      for (size_t n = 0; n < N; ++n) columns[n] = C::load(w + n * kLanes);
      BARKER_UNROLL
      for (size_t m = 0; m < M; ++m) {
        const typename C::Operand row = C::broadcast(x + m * x_stride + k);
        BARKER_UNROLL
        for (size_t n = 0; n < N; ++n) sums[m][n] = C::add(sums[m][n], row, columns[n]);
      }
    }
    BARKER_UNROLL
    for (size_t m = 0; m < M; ++m) {
      BARKER_UNROLL
      for (size_t n = 0; n < N; ++n) {
        const size_t at = o + n * kLanes;
        finish(m, at, C::finish(sums[m][n], row_scale[m], layer.scale + at, layer.bias + at));
      }
    }
  }

  template <typename C, size_t M, typename Finish>
  static BARKER_INLINE void layer_of_rows(const PackedLayer& layer, const uint32_t* x,
                                          size_t x_stride, const float* row_scale, Finish finish) {
    // A single row takes more vectors: its own sums must hide the latency of the additions.
    constexpr size_t kVectors = M == 1 ? 8 : Ops::kTileVectors;
    size_t o = 0;
    for (; o + kVectors * kLanes <= layer.padded_out; o += kVectors * kLanes) {
      tile<C, M, kVectors>(layer, x, x_stride, row_scale, o, finish);
    }
    for (; o < layer.padded_out; o += kLanes) {
      tile<C, M, 1>(layer, x, x_stride, row_scale, o, finish);
    }
  }

  // Calls f<M>() with the number of rows as a constant, 1 <= count <= kTileRows.
  template <typename F>
  static BARKER_INLINE void with_rows(size_t count, F f) {
    static_assert(kTileRows <= 6);
    switch (count) {
      case 1:
        return f.template operator()<1>();
      case 2:
        return f.template operator()<2>();
      case 3:
        return f.template operator()<3>();
      case 4:
        return f.template operator()<4>();
      case 5:
        if constexpr (kTileRows >= 5) return f.template operator()<5>();
        break;
      default:
        if constexpr (kTileRows >= 6) return f.template operator()<6>();
    }
  }

  static BARKER_INLINE size_t tile_rows(size_t left) { return left < kTileRows ? left : kTileRows; }

  static void dense(const PackedLayer& layer, const float* x, size_t x_stride, size_t batch,
                    bool relu, float* out, size_t out_stride) {
    const float no_scale[kMostTileRows] = {};
    // The larger of a constant and y, in this order: where one of them is no number, the vector
    // units give the second one. So a NaN goes on to the logit, where it is found, instead of
    // becoming 0.
    const Vec floor(relu ? 0.0f : -__builtin_inff());
    for (size_t first = 0; first < batch; first += kTileRows) {
      with_rows(tile_rows(batch - first), [&]<size_t M>() {
        layer_of_rows<F32, M>(layer, reinterpret_cast<const uint32_t*>(x + first * x_stride),
                              x_stride, no_scale, [&](size_t m, size_t o, const Vec& y) {
                                float* to = out + (first + m) * out_stride + o;
                                const Vec clamped = xsimd::max(floor, y);
                                if (o + kLanes <= layer.out) return clamped.store_unaligned(to);
                                alignas(64) float lanes[kLanes];
                                clamped.store_aligned(lanes);
                                for (size_t i = 0; o + i < layer.out; ++i) to[i] = lanes[i];
                              });
      });
    }
  }

  // ---- candidate stage

  // The largest of some activations, which are never negative and fill whole vectors.
  static BARKER_INLINE float largest(const float* row, size_t width) {
    Vec most(0.0f);
    for (size_t d = 0; d < width; d += kLanes) most = xsimd::max(most, Vec::load_aligned(row + d));
    return Ops::largest(most);
  }

  // Computes the layers behind the first one and the head for M rows of activations, which zeros
  // pad to a multiple of kPackedLanes. `row_scale` has each row's largest activation where
  // C::kScalesRows. `rows`, `next` and `row_scale` are overwritten.
  template <typename C, size_t M>
  static BARKER_INLINE void finish_mlp(const PackedMlp& mlp, float* rows, float* next,
                                       uint32_t* words, size_t width, float* row_scale,
                                       float* logits) {
    Vec sums[M];
    BARKER_UNROLL
    for (size_t m = 0; m < M; ++m) sums[m] = Vec(0.0f);
    if (mlp.count == 0) {
      for (size_t d = 0; d < width; d += kLanes) {
        const Vec head = load(mlp.head + d);
        BARKER_UNROLL
        for (size_t m = 0; m < M; ++m) {
          sums[m] = multiply_add(load(rows + m * mlp.stride + d), head, sums[m]);
        }
      }
    }
    for (size_t l = 0; l < mlp.count; ++l) {
      const PackedLayer& layer = mlp.layers[l];
      if (l > 0 && C::kScalesRows) {
        for (size_t m = 0; m < M; ++m) {
          row_scale[m] = largest(rows + m * mlp.stride, padded(layer.in));
        }
      }
      const uint32_t* x = C::pack(rows, mlp.stride, M, padded(layer.in), words, row_scale);
      if (l + 1 < mlp.count) {
        layer_of_rows<C, M>(layer, x, mlp.stride, row_scale,
                            [&](size_t m, size_t o, const Vec& y) BARKER_LAMBDA_INLINE {
                              xsimd::max(Vec(0.0f), y).store_unaligned(next + m * mlp.stride + o);
                            });
        float* const done = rows;
        rows = next;
        next = done;
      } else {
        layer_of_rows<C, M>(layer, x, mlp.stride, row_scale,
                            [&](size_t m, size_t o, const Vec& y) BARKER_LAMBDA_INLINE {
                              sums[m] = multiply_add(xsimd::max(Vec(0.0f), y), load(mlp.head + o),
                                                     sums[m]);
                            });
      }
    }
    BARKER_UNROLL
    for (size_t m = 0; m < M; ++m) logits[m] += Ops::sum(sums[m]) + mlp.bias;
  }

  static BARKER_INLINE size_t padded(size_t width) {
    return (width + kPackedLanes - 1) / kPackedLanes * kPackedLanes;
  }

  // out = relu(base + row), zeros up to the padded width. Where C packs negative numbers as 0, they
  // are left to it, and the row's largest activation is returned.
  template <typename C, typename T>
  static BARKER_INLINE float activate(const float* base, const T* row, size_t width, float* out) {
    Vec most(0.0f);
    size_t d = 0;
    for (; d + kLanes <= width; d += kLanes) {
      const Vec sum = load(base + d) + load(row + d);
      if constexpr (C::kScalesRows) {
        most = xsimd::max(most, sum);
        sum.store_aligned(out + d);
      } else {
        xsimd::max(Vec(0.0f), sum).store_aligned(out + d);
      }
    }
    const size_t rest = d;
    for (; d < width; ++d) {
      const float sum = base[d] + value(row + d);
      out[d] = sum < 0 ? 0.0f : sum;
    }
    for (; d < padded(width); ++d) out[d] = 0;
    if constexpr (C::kScalesRows) {
      for (d = rest; d < padded(width); d += kLanes) {
        most = xsimd::max(most, Vec::load_aligned(out + d));
      }
      return Ops::largest(most);
    }
    return 0;
  }

  template <typename C, typename T>
  static BARKER_INLINE void score_tiles(const T* table, size_t width, const uint32_t* rows,
                                        size_t count, const float* base, const PackedMlp& mlp,
                                        float* scratch, float* logits) {
    float* const activations = scratch;
    float* const next = scratch + kMostTileRows * mlp.stride;
    auto* const words = reinterpret_cast<uint32_t*>(scratch + 2 * kMostTileRows * mlp.stride);
    for (size_t i = 0; i < count && i < kPrefetchRows; ++i) {
      prefetch(table + size_t{rows[i]} * width, width);
    }
    for (size_t first = 0; first < count; first += kTileRows) {
      const size_t tile = tile_rows(count - first);
      float row_scale[kTileRows];
      for (size_t m = 0; m < tile; ++m) {
        const size_t ahead = first + m + kPrefetchRows;
        if (ahead < count) prefetch(table + size_t{rows[ahead]} * width, width);
        row_scale[m] = activate<C>(base, table + size_t{rows[first + m]} * width, width,
                                   activations + m * mlp.stride);
      }
      with_rows(tile, [&]<size_t M>() BARKER_LAMBDA_INLINE {
        finish_mlp<C, M>(mlp, activations, next, words, padded(width), row_scale, logits + first);
      });
    }
  }

  static void score_rows(const RawTable& table, const uint32_t* rows, size_t count,
                         const float* base, const PackedMlp& mlp, float* scratch, float* logits) {
    const Compute compute = mlp.count > 0 ? mlp.layers[0].compute : Compute::kF32;
    with_elements(table, [&](const auto* data) {
      if constexpr (Ops::kHasBf16) {
        if (compute == Compute::kBf16) {
          return score_tiles<Bf16>(data, table.width, rows, count, base, mlp, scratch, logits);
        }
      }
      if constexpr (Ops::kHasInt8) {
        if (compute == Compute::kInt8) {
          return score_tiles<Int8>(data, table.width, rows, count, base, mlp, scratch, logits);
        }
      }
      score_tiles<F32>(data, table.width, rows, count, base, mlp, scratch, logits);
    });
  }

  static void dot_rows(const RawTable& table, const uint32_t* rows, size_t count, const float* x,
                       const float* bias, float* logits) {
    const size_t width = table.width;
    with_elements(table, [&](const auto* data) {
      for (size_t i = 0; i < count; ++i) {
        if (i + kPrefetchRows < count) {
          const size_t ahead = rows[i + kPrefetchRows];
          prefetch(data + ahead * width, width);
          if (bias) __builtin_prefetch(bias + ahead);
        }
        const auto* row = data + size_t{rows[i]} * width;
        Vec even(0.0f), odd(0.0f);
        size_t d = 0;
        for (; d + 2 * kLanes <= width; d += 2 * kLanes) {
          even = multiply_add(load(x + d), load(row + d), even);
          odd = multiply_add(load(x + d + kLanes), load(row + d + kLanes), odd);
        }
        for (; d + kLanes <= width; d += kLanes) {
          even = multiply_add(load(x + d), load(row + d), even);
        }
        float total = Ops::sum(even + odd);
        for (; d < width; ++d) total += x[d] * value(row + d);
        logits[i] += total + (bias ? bias[rows[i]] : 0.0f);
      }
    });
  }

  // ---- attention

  // tanh as a quotient of an odd and an even polynomial. The argument is clamped to where tanh is 1
  // in float, and a NaN stays one (see `dense`). The result is within 5e-7 of the true value
  // everywhere (a test measures it); libm's tanh is 50 times slower.
  static BARKER_INLINE Vec tanh(const Vec& value) {
    constexpr float kLimit = 7.90531110763549805f;
    const Vec x = xsimd::max(Vec(-kLimit), xsimd::min(Vec(kLimit), value));
    const Vec x2 = x * x;
    Vec p(-2.76076847742355e-16f);
    p = multiply_add(p, x2, Vec(2.00018790482477e-13f));
    p = multiply_add(p, x2, Vec(-8.60467152213735e-11f));
    p = multiply_add(p, x2, Vec(5.12229709037114e-08f));
    p = multiply_add(p, x2, Vec(1.48572235717979e-05f));
    p = multiply_add(p, x2, Vec(6.37261928875436e-04f));
    p = multiply_add(p, x2, Vec(4.89352455891786e-03f));
    Vec q(1.19825839466702e-06f);
    q = multiply_add(q, x2, Vec(1.18534705686654e-04f));
    q = multiply_add(q, x2, Vec(2.26843463243900e-03f));
    q = multiply_add(q, x2, Vec(4.89352518554385e-03f));
    return x * p * Ops::reciprocal(q);
  }

  // The same within 1.2e-4, in two thirds of the instructions: a quotient of lower degrees, of
  // which the largest error up to the clamp is the least (4.8e-5, found by Lawson's weighted
  // squares).
  static BARKER_INLINE Vec rough_tanh(const Vec& value) {
    const Vec x = xsimd::max(Vec(-5.0f), xsimd::min(Vec(5.0f), value));
    const Vec x2 = x * x;
    Vec p(5.1817779639e-02f);
    p = multiply_add(p, x2, Vec(8.0483147253f));
    p = multiply_add(p, x2, Vec(79.105319234f));
    const Vec q = multiply_add(x2 + Vec(34.378047291f), x2, Vec(79.120344332f));
    return x * p * Ops::rough_reciprocal(q);
  }

  // tanh of N vectors by the table of segments, within 2.3e-7. Every step is taken for all of them,
  // so that none waits for the one before it.
  template <size_t N>
  static BARKER_INLINE void look_tanh_up(Vec (&x)[N]) {
    static constexpr TanhTable kTable;
    Vec y[N], entry[N], p[N];
    BARKER_UNROLL
    for (size_t n = 0; n < N; ++n) y[n] = xsimd::min(Vec(kTable.limit), Ops::magnitude(x[n]));
    BARKER_UNROLL
    for (size_t n = 0; n < N; ++n) {
      entry[n] = multiply_add(y[n], Vec(kTable.scale), Vec(kTable.first));
    }
    BARKER_UNROLL
    for (size_t n = 0; n < N; ++n) p[n] = Ops::lookup(kTable.coefficients[0], entry[n]);
    BARKER_UNROLL
    for (size_t k = 1; k <= kTanhDegree; ++k) {
      BARKER_UNROLL
      for (size_t n = 0; n < N; ++n) {
        p[n] = multiply_add(p[n], y[n], Ops::lookup(kTable.coefficients[k], entry[n]));
      }
    }
    BARKER_UNROLL
    for (size_t n = 0; n < N; ++n) x[n] = Ops::with_sign_of(p[n], x[n]);
  }

  template <Tanh kTanh, size_t N>
  static BARKER_INLINE void take_tanh(Vec (&x)[N]) {
    if constexpr (kTanh == Tanh::kExact && Ops::kHasLookup) {
      look_tanh_up(x);
    } else {
      BARKER_UNROLL
      for (size_t n = 0; n < N; ++n) {
        x[n] = kTanh == Tanh::kRough ? rough_tanh(x[n]) : tanh(x[n]);
      }
    }
  }

  // Adds z . tanh(base + row) of N vectors to sums, one after the other.
  template <Tanh kTanh, size_t N, typename T>
  static BARKER_INLINE Vec add_products(const T* row, const float* base, const float* z, Vec sums) {
    Vec x[N];
    BARKER_UNROLL
    for (size_t n = 0; n < N; ++n) x[n] = load(base + n * kLanes) + load(row + n * kLanes);
    take_tanh<kTanh>(x);
    BARKER_UNROLL
    for (size_t n = 0; n < N; ++n) sums = multiply_add(x[n], load(z + n * kLanes), sums);
    return sums;
  }

  // The products of z . tanh(base + row), whose sum is the score of a row.
  template <Tanh kTanh, typename T>
  static BARKER_INLINE Vec score_products(const T* row, size_t width, const float* base,
                                          const float* z) {
    constexpr size_t kVectors = Ops::kTanhVectors;
    Vec sums(0.0f);
    size_t d = 0;
    for (; d + kVectors * kLanes <= width; d += kVectors * kLanes) {
      sums = add_products<kTanh, kVectors>(row + d, base + d, z + d, sums);
    }
    if constexpr (kVectors > 1) {
      for (; d + kLanes <= width; d += kLanes) {
        sums = add_products<kTanh, 1>(row + d, base + d, z + d, sums);
      }
    }
    if (d == width) return sums;
    alignas(64) float rest[kLanes] = {}, rest_of_z[kLanes] = {};
    for (size_t r = d; r < width; ++r) {
      rest[r - d] = base[r] + value(row + r);
      rest_of_z[r - d] = z[r];
    }
    Vec last[1] = {Vec::load_aligned(rest)};
    take_tanh<kTanh>(last);
    return multiply_add(last[0], Vec::load_aligned(rest_of_z), sums);
  }

  // Calls use(first, scores) with the scores of rows first, first + 1, ... as a vector. What stands
  // behind the last row is 0. Before row i is read, ahead(i) is called.
  template <Tanh kTanh, typename T, typename Ahead, typename Use>
  static BARKER_INLINE void each_scores(const T* data, size_t width, const uint32_t* rows,
                                        size_t count, const float* base, const float* z,
                                        Ahead ahead, Use use) {
    for (size_t first = 0; first < count; first += kLanes) {
      Vec products[kLanes];
      size_t i = 0;
      for (; i < kLanes && first + i < count; ++i) {
        ahead(first + i);
        const T* row = data + size_t{rows[first + i]} * width;
        products[i] = score_products<kTanh>(row, width, base, z);
      }
      for (; i < kLanes; ++i) products[i] = Vec(0.0f);
      use(first, Ops::sums(products));
    }
  }

  static void attention_scores(const RawTable& table, const uint32_t* rows, size_t count,
                               const float* base, const float* z, float* out) {
    const size_t width = table.width;
    with_elements(table, [&](const auto* data) {
      for (size_t i = 0; i < count && i < kPrefetchRows; ++i) {
        prefetch(data + size_t{rows[i]} * width, width);
      }
      each_scores<Tanh::kExact>(
          data, width, rows, count, base, z,
          [&](size_t i) BARKER_LAMBDA_INLINE {
            if (i + kPrefetchRows >= count) return;
            prefetch(data + size_t{rows[i + kPrefetchRows]} * width, width);
          },
          [&](size_t first, const Vec& scores) BARKER_LAMBDA_INLINE {
            if (first + kLanes <= count) return scores.store_unaligned(out + first);
            alignas(64) float lanes[kLanes];
            scores.store_aligned(lanes);
            for (size_t i = first; i < count; ++i) out[i] = lanes[i - first];
          });
    });
  }

  static BARKER_INLINE void prefetch(const RawTable& table, uint32_t row) {
    with_elements(table, [&](const auto* data) BARKER_LAMBDA_INLINE {
      prefetch(data + size_t{row} * table.width, table.width);
    });
  }

  // Eq. 11-13. Scores and weights stay in vectors from the first row to the last. A row of the next
  // title is asked for with each row that is scored: a core has no more than a dozen or so requests
  // to memory under way, and waits where all of a title's come at once.
  static void attend(const RawTable& keys, const RawTable& values, const uint32_t* rows,
                     size_t count, const uint32_t* next, size_t next_count, const float* base,
                     const float* z, Tanh tanh, float* weights, float* out) {
    const auto ahead = [&](size_t i) BARKER_LAMBDA_INLINE {
      if (i >= next_count) return;
      prefetch(keys, next[i]);
      prefetch(values, next[i]);
    };
    alignas(64) float lanes[kLanes];
    for (size_t i = 0; i < kLanes; ++i) lanes[i] = static_cast<float>(i);
    const Vec lane = Vec::load_aligned(lanes), none(-__builtin_inff());
    Vec most = none;
    const auto use = [&](size_t first, const Vec& scores) BARKER_LAMBDA_INLINE {
      const auto is_row = lane < Vec(static_cast<float>(count - first));
      const Vec some = xsimd::select(is_row, scores, none);
      most = xsimd::max(most, some);
      some.store_aligned(weights + first);
    };
    with_elements(keys, [&](const auto* data) {
      if (tanh == Tanh::kRough) {
        each_scores<Tanh::kRough>(data, keys.width, rows, count, base, z, ahead, use);
      } else {
        each_scores<Tanh::kExact>(data, keys.width, rows, count, base, z, ahead, use);
      }
    });
    for (size_t i = count; i < next_count; ++i) ahead(i);
    const Vec largest(Ops::largest(most));
    Vec total(0.0f);
    for (size_t i = 0; i < count; i += kLanes) {
      const Vec some = xsimd::exp(Vec::load_aligned(weights + i) - largest);
      total += some;
      some.store_aligned(weights + i);
    }
    const Vec scale(count > 0 ? 1.0f / Ops::sum(total) : 0.0f);
    for (size_t i = 0; i < count; i += kLanes) {
      (Vec::load_aligned(weights + i) * scale).store_aligned(weights + i);
    }
    with_elements(values, [&](const auto* data) {
      pool_rows<true>(data, values.width, rows, weights, count, 1.0f, out);
    });
  }

  // Applies f to vectors of values. A rest that does not fill a vector is padded, so that the
  // result for a value does not depend on where it stands.
  template <typename F>
  static BARKER_INLINE void map(const float* in, size_t count, float* out, F f) {
    size_t i = 0;
    for (; i + kLanes <= count; i += kLanes) f(load(in + i)).store_unaligned(out + i);
    if (i == count) return;
    alignas(64) float rest[kLanes] = {};
    for (size_t r = i; r < count; ++r) rest[r - i] = in[r];
    f(Vec::load_aligned(rest)).store_aligned(rest);
    for (size_t r = i; r < count; ++r) out[r] = rest[r - i];
  }

  static void softmax(float* values, size_t count) {
    if (count == 0) return;
    float most = values[0];
    for (size_t i = 1; i < count; ++i) most = values[i] > most ? values[i] : most;
    map(values, count, values, [&](const Vec& v) { return xsimd::exp(v - Vec(most)); });
    float total = 0;
    for (size_t i = 0; i < count; ++i) total += values[i];
    const float scale = 1.0f / total;
    for (size_t i = 0; i < count; ++i) values[i] *= scale;
  }

  static void sigmoid(const float* in, size_t count, float scale, float offset, float* out) {
    map(in, count, out, [&](const Vec& v) {
      return Vec(1.0f) / (Vec(1.0f) + xsimd::exp(-multiply_add(Vec(scale), v, Vec(offset))));
    });
  }

  // ---- choice

  static float cosine(const RawTable& table, uint32_t x_row, uint32_t y_row) {
    const size_t width = table.width;
    float xy = 0, xx = 0, yy = 0;
    with_elements(table, [&](const auto* data) {
      const auto* x = data + size_t{x_row} * width;
      const auto* y = data + size_t{y_row} * width;
      Vec sum_xy(0.0f), sum_xx(0.0f), sum_yy(0.0f);
      size_t d = 0;
      for (; d + kLanes <= width; d += kLanes) {
        const Vec a = load(x + d), b = load(y + d);
        sum_xy = multiply_add(a, b, sum_xy);
        sum_xx = multiply_add(a, a, sum_xx);
        sum_yy = multiply_add(b, b, sum_yy);
      }
      xy = Ops::sum(sum_xy), xx = Ops::sum(sum_xx), yy = Ops::sum(sum_yy);
      for (; d < width; ++d) {
        const float a = value(x + d), b = value(y + d);
        xy += a * b, xx += a * a, yy += b * b;
      }
    });
    return xx > 0 && yy > 0 ? xy / (__builtin_sqrtf(xx) * __builtin_sqrtf(yy)) : 0.0f;
  }

  static constexpr KernelTable table(Isa isa) {
    return {isa,      Ops::kHasBf16,    Ops::kHasInt8, pool,    dense,   score_rows,
            dot_rows, attention_scores, attend,        softmax, sigmoid, cosine};
  }
};

}  // namespace
}  // namespace barker
