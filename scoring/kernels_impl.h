// The kernels, once, as templates over an xsimd architecture. Included by the kernels_*.cpp units
// alone, each of which is compiled for one ISA and instantiates make_kernels<its architecture>.
//
// Everything is in an anonymous namespace and forced inline below the table's functions: a weak
// symbol compiled for AVX-512 could otherwise be linked for everybody. For the same reason no
// standard container or algorithm is used here.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <xsimd/xsimd.hpp>

#include "scoring/kernels.h"

namespace barker {
namespace {

#define BARKER_INLINE inline __attribute__((always_inline))

template <typename Arch>
struct Kernels {
  using Vec = xsimd::batch<float, Arch>;
  static constexpr size_t kLanes = Vec::size;
  static constexpr size_t kPrefetchRows = 8;

  static BARKER_INLINE float sum(const Vec& v) {
    alignas(64) float lanes[kLanes];
    v.store_aligned(lanes);
    float total = 0;
    for (size_t i = 0; i < kLanes; ++i) total += lanes[i];
    return total;
  }

  // a * b + c. xsimd 8.1 has no fused form for AVX-512; -ffp-contract=fast fuses this one
  // everywhere.
  static BARKER_INLINE Vec multiply_add(const Vec& a, const Vec& b, const Vec& c) {
    return a * b + c;
  }

  static void pool(const float* table, size_t dim, const uint32_t* rows, const float* weights,
                   size_t count, float* out) {
    for (size_t d = 0; d < dim; ++d) out[d] = 0;
    float total = 0;
    for (size_t i = 0; i < count; ++i) {
      if (i + kPrefetchRows < count) {
        const float* ahead = table + size_t{rows[i + kPrefetchRows]} * dim;
        for (size_t d = 0; d < dim; d += 16) __builtin_prefetch(ahead + d);
      }
      const float* row = table + size_t{rows[i]} * dim;
      const float weight = weights ? weights[i] : 1.0f;
      total += weight;
      const Vec w(weight);
      size_t d = 0;
      for (; d + kLanes <= dim; d += kLanes) {
        multiply_add(w, Vec::load_unaligned(row + d), Vec::load_unaligned(out + d))
            .store_unaligned(out + d);
      }
      for (; d < dim; ++d) out[d] += weight * row[d];
    }
    if (!(total > 0)) {
      for (size_t d = 0; d < dim; ++d) out[d] = 0;
      return;
    }
    const float scale = 1.0f / total;
    for (size_t d = 0; d < dim; ++d) out[d] *= scale;
  }

  static float dot(const float* x, const float* y, size_t size) {
    Vec acc0(0.0f), acc1(0.0f);
    size_t i = 0;
    for (; i + 2 * kLanes <= size; i += 2 * kLanes) {
      acc0 = multiply_add(Vec::load_unaligned(x + i), Vec::load_unaligned(y + i), acc0);
      acc1 = multiply_add(Vec::load_unaligned(x + i + kLanes), Vec::load_unaligned(y + i + kLanes),
                          acc1);
    }
    for (; i + kLanes <= size; i += kLanes) {
      acc0 = multiply_add(Vec::load_unaligned(x + i), Vec::load_unaligned(y + i), acc0);
    }
    float total = sum(acc0 + acc1);
    for (; i < size; ++i) total += x[i] * y[i];
    return total;
  }

  // M rows of x against N rows of W, all M*N sums in registers: each load serves M or N products.
  template <size_t M, size_t N>
  static BARKER_INLINE void dense_tile(const float* x, size_t x_stride, const float* w,
                                       size_t w_stride, const float* b, size_t in, int relu,
                                       float* out, size_t out_stride) {
    Vec acc[M][N];
    for (size_t m = 0; m < M; ++m) {
      for (size_t n = 0; n < N; ++n) acc[m][n] = Vec(0.0f);
    }
    size_t k = 0;
    for (; k + kLanes <= in; k += kLanes) {
      Vec columns[N];
      for (size_t n = 0; n < N; ++n) columns[n] = Vec::load_unaligned(w + n * w_stride + k);
      for (size_t m = 0; m < M; ++m) {
        const Vec row = Vec::load_unaligned(x + m * x_stride + k);
        for (size_t n = 0; n < N; ++n) acc[m][n] = multiply_add(row, columns[n], acc[m][n]);
      }
    }
    for (size_t m = 0; m < M; ++m) {
      for (size_t n = 0; n < N; ++n) {
        float total = sum(acc[m][n]) + (b ? b[n] : 0.0f);
        for (size_t r = k; r < in; ++r) total += x[m * x_stride + r] * w[n * w_stride + r];
        out[m * out_stride + n] = relu && total < 0 ? 0.0f : total;
      }
    }
  }

  template <size_t M>
  static BARKER_INLINE void dense_rows(const float* x, size_t x_stride, const float* w,
                                       size_t w_stride, const float* b, size_t in, size_t out_size,
                                       int relu, float* out, size_t out_stride) {
    size_t o = 0;
    for (; o + 4 <= out_size; o += 4) {
      dense_tile<M, 4>(x, x_stride, w + o * w_stride, w_stride, b ? b + o : nullptr, in, relu,
                       out + o, out_stride);
    }
    for (; o < out_size; ++o) {
      dense_tile<M, 1>(x, x_stride, w + o * w_stride, w_stride, b ? b + o : nullptr, in, relu,
                       out + o, out_stride);
    }
  }

  static void dense(const float* x, size_t x_stride, const float* w, size_t w_stride,
                    const float* b, size_t batch, size_t in, size_t out_size, int relu, float* out,
                    size_t out_stride) {
    size_t m = 0;
    for (; m + 3 <= batch; m += 3) {
      dense_rows<3>(x + m * x_stride, x_stride, w, w_stride, b, in, out_size, relu,
                    out + m * out_stride, out_stride);
    }
    for (; m < batch; ++m) {
      dense_rows<1>(x + m * x_stride, x_stride, w, w_stride, b, in, out_size, relu,
                    out + m * out_stride, out_stride);
    }
  }

  static void folded_first_layer(const float* table, size_t width, const uint32_t* rows,
                                 size_t count, const float* base, float* h) {
    const Vec zero(0.0f);
    for (size_t i = 0; i < count; ++i) {
      if (i + kPrefetchRows < count) {
        const float* ahead = table + size_t{rows[i + kPrefetchRows]} * width;
        for (size_t d = 0; d < width; d += 16) __builtin_prefetch(ahead + d);
      }
      const float* row = table + size_t{rows[i]} * width;
      float* out = h + i * width;
      size_t d = 0;
      for (; d + kLanes <= width; d += kLanes) {
        xsimd::max(Vec::load_unaligned(base + d) + Vec::load_unaligned(row + d), zero)
            .store_unaligned(out + d);
      }
      for (; d < width; ++d) {
        const float value = base[d] + row[d];
        out[d] = value < 0 ? 0.0f : value;
      }
    }
  }

  // tanh as a quotient of polynomials, odd over even, after clamping to where float tanh is 1.
  // Within 5e-7 of the true value everywhere (a test measures it); libm's is 50 times slower.
  static BARKER_INLINE Vec tanh(const Vec& value) {
    const Vec x =
        xsimd::max(xsimd::min(value, Vec(7.90531110763549805f)), Vec(-7.90531110763549805f));
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
    return x * p / q;
  }

  static void attention_scores(const float* table, size_t width, const uint32_t* rows, size_t count,
                               const float* base, const float* z, float* out) {
    for (size_t i = 0; i < count; ++i) {
      if (i + 2 < count) {
        const float* ahead = table + size_t{rows[i + 2]} * width;
        for (size_t d = 0; d < width; d += 16) __builtin_prefetch(ahead + d);
      }
      const float* row = table + size_t{rows[i]} * width;
      Vec acc(0.0f);
      size_t d = 0;
      for (; d + kLanes <= width; d += kLanes) {
        const Vec hidden = tanh(Vec::load_unaligned(base + d) + Vec::load_unaligned(row + d));
        acc = multiply_add(hidden, Vec::load_unaligned(z + d), acc);
      }
      float total = sum(acc);
      if (d < width) {  // the same polynomial for the rest, so that no length changes the function
        alignas(64) float rest[kLanes] = {};
        for (size_t r = d; r < width; ++r) rest[r - d] = base[r] + row[r];
        tanh(Vec::load_aligned(rest)).store_aligned(rest);
        for (size_t r = d; r < width; ++r) total += rest[r - d] * z[r];
      }
      out[i] = total;
    }
  }

  static void softmax(float* values, size_t count) {
    if (count == 0) return;
    float largest = values[0];
    for (size_t i = 1; i < count; ++i) largest = values[i] > largest ? values[i] : largest;
    float total = 0;
    for (size_t i = 0; i < count; ++i) {
      values[i] = ::expf(values[i] - largest);
      total += values[i];
    }
    for (size_t i = 0; i < count; ++i) values[i] /= total;
  }

  static void sigmoid(const float* in, size_t count, float scale, float offset, float* out) {
    for (size_t i = 0; i < count; ++i) out[i] = 1.0f / (1.0f + ::expf(-(scale * in[i] + offset)));
  }

  static constexpr KernelTable table(Isa isa) {
    return {isa, pool, dense, folded_first_layer, dot, attention_scores, softmax, sigmoid};
  }
};

}  // namespace
}  // namespace barker
