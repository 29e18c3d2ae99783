// What the rest of barker and the kernel units (kernels_baseline.cpp, kernels_avx2.cpp, ...) agree
// on: plain structs, and one table of function pointers per instruction set (ISA).
//
// A kernel unit is compiled with its ISA's flags, so this header includes no container, no xtensor
// and nothing else that has inline functions: a copy of one, compiled for AVX-512, could be linked
// for every CPU. Callers use scoring/kernels.h, which takes tensor views and checks their shapes.
//
// Ownership: pointers are borrowed for the duration of a call. Threads: kernels have no state. No
// kernel allocates or throws. Lengths may be anything, 0 included. Pointers need no alignment
// unless stated, but are fastest at 64 bytes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "scoring/isa.h"

namespace barker {

enum class Element : uint8_t { kF32, kF16 };  // the number format of a table's elements

// The rows of a table (scoring/tensor.h) as a kernel unit sees them: row r starts at data + r *
// width elements.
struct RawTable {
  const void* data = nullptr;
  Element element = Element::kF32;
  uint32_t width = 0;
};

// The number format of the layers behind the first one. Sums are always float or int32.
//   kBf16  inputs and weights are rounded to bfloat16
//   kInt8  inputs become 0..127 with one scale a row, weights -127..127 with one scale an output;
//          these ranges are so small that no ISA saturates, and therefore all ISAs agree
enum class Compute : uint8_t { kF32, kBf16, kInt8 };

// How exact the tanh of `attend` is: within 5e-7, or within 1.2e-4 in less time.
enum class Tanh : uint8_t { kExact, kRough };

// A bag whose weights sum up to less than this pools to the zero vector, as an empty bag does. It
// is the smallest normal float: the reciprocal of a smaller number may be infinite.
inline constexpr float kLeastTotal = 0x1p-126f;

inline constexpr uint32_t kPackedLanes = 16;  // outputs are padded to a multiple of this
inline constexpr size_t kMostTileRows = 8;    // the most rows that go through the layers together

// A dense layer y = W x + b in the order in which the kernels read it (packed_network.h packs it).
// A word holds an output's weights for one step: one float, two bfloat16 or four int8.
struct PackedLayer {
  const uint32_t* words = nullptr;  // [steps, padded_out]; the outputs past `out` are 0
  const float* bias = nullptr;      // [padded_out]
  const float* scale = nullptr;     // [padded_out], for kInt8 only: weight = scale * int8
  uint32_t in = 0, steps = 0, out = 0, padded_out = 0;
  Compute compute = Compute::kF32;
};

// What follows the first layer: further layers with ReLU, then head . h + bias, which is a logit.
struct PackedMlp {
  const PackedLayer* layers = nullptr;
  size_t count = 0;
  const float* head = nullptr;  // [padded width of the last layer]
  float bias = 0;
  uint32_t stride = 0;  // floats from one row of activations to the next; fits the widest layer
};

// The floats of scratch memory that score_rows needs.
inline constexpr size_t scratch_size(uint32_t stride) { return 3 * kMostTileRows * stride; }

// The floats that `attend` needs for the weights of so many keywords: whole vectors of any ISA.
inline constexpr size_t padded_count(size_t count) {
  return (count + kPackedLanes - 1) / kPackedLanes * kPackedLanes;
}

// The kernels of one ISA. Callers pass the table along. It is not a global variable, so that tests
// can run every ISA in one process. The result for a row does not depend on which other rows are in
// the same call: scores repeat bit for bit.
struct KernelTable {
  Isa isa;
  bool has_bf16, has_int8;  // whether score_rows accepts layers in that format

  // out[width] = sum_i w_i * table[rows[i]] / sum_i w_i, with w_i = 1 where `weights` is null; the
  // zero vector for an empty bag or a sum of weights below kLeastTotal (Eq. 4).
  void (*pool)(const RawTable& table, const uint32_t* rows, const float* weights, size_t count,
               float* out);

  // out[m, o] = b[o] + sum_k x[m, k] W[o, k], and max(0, .) of it with relu (Eq. 6-7). The layer is
  // kF32. Rows of x and of out are a stride apart; the stride of out is at least layer.out.
  void (*dense)(const PackedLayer& layer, const float* x, size_t x_stride, size_t batch, bool relu,
                float* out, size_t out_stride);

  // logits[i] += mlp(relu(base + table[rows[i]])): the candidate stage, its first layer folded into
  // the table (Eq. 6-8). base: [table.width]. scratch: scratch_size(mlp.stride) floats, aligned to
  // 64 bytes, any content.
  void (*score_rows)(const RawTable& table, const uint32_t* rows, size_t count, const float* base,
                     const PackedMlp& mlp, float* scratch, float* logits);

  // logits[i] += x . table[rows[i]] + bias[rows[i]]: late interaction. `bias` may be null.
  void (*dot_rows)(const RawTable& table, const uint32_t* rows, size_t count, const float* x,
                   const float* bias, float* logits);

  // out[j] = z . tanh(base + table[rows[j]]) (Eq. 11, with base = W_u e_u + W_q e_q).
  void (*attention_scores)(const RawTable& table, const uint32_t* rows, size_t count,
                           const float* base, const float* z, float* out);

  // A title with the keywords rows[0 .. count): weights = the softmax of their attention scores
  // over `keys`, and out[values.width] = sum_j weights_j values[rows[j]] (Eq. 11-13); the zero
  // vector without keywords. Meanwhile the caches are asked for the rows of the title that comes
  // next. weights: room for padded_count(count) floats, aligned to 64 bytes; those past `count` are
  // overwritten.
  void (*attend)(const RawTable& keys, const RawTable& values, const uint32_t* rows, size_t count,
                 const uint32_t* next, size_t next_count, const float* base, const float* z,
                 Tanh tanh, float* weights, float* out);

  // The softmax of `values` in place; the maximum is subtracted first (Eq. 12).
  void (*softmax)(float* values, size_t count);

  // out[i] = sigma(scale * in[i] + offset) (Eq. 8). `out` may be `in`.
  void (*sigmoid)(const float* in, size_t count, float scale, float offset, float* out);

  // The cosine of two rows; 0 where one of them is the zero vector.
  float (*cosine)(const RawTable& table, uint32_t x, uint32_t y);
};

// The table of an ISA, which the machine must support (choose_isa).
const KernelTable& kernels_for(Isa isa) noexcept;

}  // namespace barker
