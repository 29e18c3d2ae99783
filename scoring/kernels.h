// The kernels: the few loops in which a query spends its time, one table of function pointers per
// ISA.
//
// Written once as templates over xsimd batches (kernels_impl.h) and compiled in one unit per ISA
// (kernels_baseline.cpp, kernels_avx2.cpp, kernels_avx512.cpp). The table is passed in, never
// global, so tests run every ISA in one process. All matrices are row-major float; pointers need no
// alignment but are fastest at 64 bytes. Lengths may be anything, including 0. No kernel allocates
// or throws.
#pragma once

#include <cstddef>
#include <cstdint>

#include "scoring/isa.h"

namespace barker {

struct KernelTable {
  Isa isa;

  // out[dim] = sum_i w_i * table[rows[i]] / sum_i w_i; w_i = 1 where weights is null; zero vector
  // for an empty bag or a zero sum of weights (Eq. 4).
  void (*pool)(const float* table, size_t dim, const uint32_t* rows, const float* weights,
               size_t count, float* out);

  // out[m, o] = b[o] + sum_k x[m, k] W[o, k]; W has row stride w_stride (>= in), x row stride
  // x_stride, out row stride out_stride. b may be null. relu != 0 applies max(0, .) (Eq. 6-7).
  void (*dense)(const float* x, size_t x_stride, const float* w, size_t w_stride, const float* b,
                size_t batch, size_t in, size_t out_size, int relu, float* out, size_t out_stride);

  // h[m] = relu(base + table[rows[m]]): first layer of a candidate by the fold. Stride of h and
  // table: width.
  void (*folded_first_layer)(const float* table, size_t width, const uint32_t* rows, size_t count,
                             const float* base, float* h);

  // Sum of x[i] * y[i].
  float (*dot)(const float* x, const float* y, size_t size);

  // out[j] = z . tanh(base + table[rows[j]]) (Eq. 11, with base = W_u e_u + W_q e_q).
  void (*attention_scores)(const float* table, size_t width, const uint32_t* rows, size_t count,
                           const float* base, const float* z, float* out);

  // In place softmax, maximum subtracted first (Eq. 12). count 0 is allowed.
  void (*softmax)(float* values, size_t count);

  // out[i] = sigma(scale * in[i] + offset). In place is allowed.
  void (*sigmoid)(const float* in, size_t count, float scale, float offset, float* out);
};

// Table of an ISA; the caller has made sure it is supported (choose_isa).
const KernelTable& kernels_for(Isa isa) noexcept;

}  // namespace barker
