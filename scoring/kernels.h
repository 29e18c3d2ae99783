// The kernels: the few loops in which a query spends its time, one table of function pointers per
// ISA.
//
// Written once as templates over a handful of vector operations (kernels_impl.h) and compiled in
// one unit per ISA (kernels_baseline.cpp, kernels_avx2.cpp, ...). The table is passed in, never
// global, so tests run every ISA in one process. Lengths may be anything, including 0; pointers
// need no alignment but are fastest at 64 bytes. No kernel allocates or throws. What a kernel says
// of one row never depends on which other rows it is called with: scores repeat bit for bit.
#pragma once

#include <cstddef>
#include <cstdint>

#include "scoring/isa.h"

namespace barker {

// A row-major [rows, width] tensor of a weight file.
enum class Element : uint8_t { kF32, kF16 };
struct Table {
  const void* data = nullptr;
  Element element = Element::kF32;
  uint32_t width = 0;
};

// In which numbers dense layers behind the first one are computed. Sums are float or int32.
//   kBf16  inputs and weights rounded to bfloat16
//   kInt8  inputs to 0..127 with one scale a row, weights to -127..127 with one scale an output:
//          small enough that no ISA saturates, so all of them agree
enum class Compute : uint8_t { kF32, kBf16, kInt8 };

// Weights of a bag that sum up to less pool to the zero vector, as an empty bag does: the reciprocal
// of what is smaller than the smallest normal number may be infinite.
inline constexpr float kLeastTotal = 0x1p-126f;

inline constexpr uint32_t kPackedLanes = 16;  // outputs are padded to a multiple of it
inline constexpr size_t kMostTileRows = 8;    // rows that go through the layers together, at most

// A dense layer y = W x + b, made ready for the kernels (packed_network.h). Every word holds what
// an output's weights are for one step: one float, two bfloat16 or four int8.
struct PackedLayer {
  const uint32_t* words = nullptr;  // [steps, padded_out]; outputs past `out` are 0
  const float* bias = nullptr;      // [padded_out]
  const float* scale = nullptr;     // [padded_out], kInt8 only: weight = scale * int8
  uint32_t in = 0, steps = 0, out = 0, padded_out = 0;
  Compute compute = Compute::kF32;
};

// What follows the first layer: further layers with ReLU, then head . h + bias. A logit.
struct PackedMlp {
  const PackedLayer* layers = nullptr;
  size_t count = 0;
  const float* head = nullptr;  // [padded width of the last layer]
  float bias = 0;
  uint32_t stride = 0;  // floats from one row of activations to the next; fits the widest layer
};

// Floats of scratch that score_rows needs.
inline constexpr size_t scratch_size(uint32_t stride) { return 3 * kMostTileRows * stride; }

struct KernelTable {
  Isa isa;
  bool has_bf16, has_int8;  // whether score_rows takes such layers

  // out[width] = sum_i w_i * table[rows[i]] / sum_i w_i; w_i = 1 where weights is null; zero vector
  // for an empty bag or a zero sum of weights (Eq. 4).
  void (*pool)(const Table& table, const uint32_t* rows, const float* weights, size_t count,
               float* out);

  // out[m, o] = b[o] + sum_k x[m, k] W[o, k], max(0, .) of it with relu (Eq. 6-7). The layer is
  // kF32; rows of x and out are strides apart, out's at least layer.out.
  void (*dense)(const PackedLayer& layer, const float* x, size_t x_stride, size_t batch, bool relu,
                float* out, size_t out_stride);

  // logits[i] += mlp(relu(base + table[rows[i]])): the candidate stage, first layer by the fold
  // (Eq. 6-8). base: [table.width]. scratch: scratch_size(mlp.stride) floats at 64 bytes, any
  // content.
  void (*score_rows)(const Table& table, const uint32_t* rows, size_t count, const float* base,
                     const PackedMlp& mlp, float* scratch, float* logits);

  // logits[i] += x . table[rows[i]] + bias[rows[i]]; bias may be null: late interaction.
  void (*dot_rows)(const Table& table, const uint32_t* rows, size_t count, const float* x,
                   const float* bias, float* logits);

  // out[j] = z . tanh(base + table[rows[j]]) (Eq. 11, with base = W_u e_u + W_q e_q).
  void (*attention_scores)(const Table& table, const uint32_t* rows, size_t count,
                           const float* base, const float* z, float* out);

  // In place softmax, maximum subtracted first (Eq. 12). count 0 is allowed.
  void (*softmax)(float* values, size_t count);

  // out[i] = sigma(scale * in[i] + offset). In place is allowed.
  void (*sigmoid)(const float* in, size_t count, float scale, float offset, float* out);

  // Cosine of two rows; 0 where one of them is the zero vector.
  float (*cosine)(const Table& table, uint32_t x, uint32_t y);
};

// Table of an ISA; the caller has made sure it is supported (choose_isa).
const KernelTable& kernels_for(Isa isa) noexcept;

}  // namespace barker
