// The kernels as callers see them: every argument is a tensor view, every shape is asserted in
// debug builds. Behind each call is a function of one instruction set's KernelTable, which gets
// the bare pointers; in a release build nothing but that call is left.
//
// Owns nothing: the KernelTable is static, views belong to the caller. Any thread. No call
// allocates or throws. kernel_table.h says what each kernel computes, bit for bit.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>

#include "scoring/kernel_table.h"
#include "scoring/tensor.h"

namespace barker {

// The rows of a table that are pooled together. Unknown keywords are left out of it. Owns nothing.
struct Bag {
  const uint32_t* rows = nullptr;
  const float* weights = nullptr;  // one a row; null where each is 1
  size_t count = 0;

  std::span<const uint32_t> ids() const { return {rows, count}; }
};

enum class Activation : uint8_t { kNone, kRelu };

class Kernels {
 public:
  // Not explicit: a KernelTable is what programs choose once and pass around.
  Kernels(const KernelTable& table) : table_(&table) {}

  const KernelTable& table() const { return *table_; }
  bool has(Compute compute) const {
    return compute == Compute::kBf16   ? table_->has_bf16
           : compute == Compute::kInt8 ? table_->has_int8
                                       : true;
  }

  // out = the weighted mean of the bag's rows (Eq. 4).  out: [width]
  void pool(const Table& table, const Bag& bag, VectorOut out) const noexcept {
    assert(out.size() == table.width() && are_rows(bag.ids(), table));
    table_->pool(table.raw(), bag.rows, bag.weights, bag.count, out.data());
  }

  // out = activation(W x + b) (Eq. 6-7).  x: [in], out: [layer.out]
  void dense(const PackedLayer& layer, const VectorView& x, Activation activation,
             VectorOut out) const noexcept {
    assert(layer.compute == Compute::kF32 && x.size() == layer.in && out.size() == layer.out);
    table_->dense(layer, x.data(), layer.in, 1, activation == Activation::kRelu, out.data(),
                  layer.out);
  }

  // The same for every row.  x: [batch, in], out: [batch, at least layer.out]; columns past
  // layer.out are left alone.
  void dense(const PackedLayer& layer, const MatrixView& x, Activation activation,
             MatrixOut out) const noexcept {
    assert(layer.compute == Compute::kF32 && x.shape(1) == layer.in);
    assert(out.shape(0) == x.shape(0) && out.shape(1) >= layer.out);
    table_->dense(layer, x.data(), x.shape(1), x.shape(0), activation == Activation::kRelu,
                  out.data(), out.shape(1));
  }

  // logits[i] += mlp(relu(base + table[rows[i]])) (Eq. 6-8).
  // base: [width], scratch: [scratch_size(mlp.stride)] at 64 bytes, logits: [rows]
  void score_rows(const Table& table, std::span<const uint32_t> rows, const VectorView& base,
                  const PackedMlp& mlp, VectorOut scratch, VectorOut logits) const noexcept {
    assert(are_rows(rows, table) && base.size() == table.width() && logits.size() == rows.size());
    assert(mlp.count == 0 || (mlp.layers[0].in == table.width() && has(mlp.layers[0].compute)));
    assert(mlp.stride >= table.width() && scratch.size() >= scratch_size(mlp.stride));
    assert(reinterpret_cast<uintptr_t>(scratch.data()) % 64 == 0);
    table_->score_rows(table.raw(), rows.data(), rows.size(), base.data(), mlp, scratch.data(),
                       logits.data());
  }

  // logits[i] += x . table[rows[i]] + bias[rows[i]].
  // x: [width], bias: [at least the largest row + 1] or no_tensor(), logits: [rows]
  void dot_rows(const Table& table, std::span<const uint32_t> rows, const VectorView& x,
                const VectorView& bias, VectorOut logits) const noexcept {
    assert(are_rows(rows, table) && x.size() == table.width() && logits.size() == rows.size());
    assert(!is_bound(bias) || are_below(rows, bias.size()));
    table_->dot_rows(table.raw(), rows.data(), rows.size(), x.data(), bias.data(), logits.data());
  }

  // out[j] = z . tanh(base + table[rows[j]]) (Eq. 11).  base, z: [width], out: [rows]
  void attention_scores(const Table& table, std::span<const uint32_t> rows, const VectorView& base,
                        const VectorView& z, VectorOut out) const noexcept {
    assert(are_rows(rows, table) && out.size() == rows.size());
    assert(base.size() == table.width() && z.size() == table.width());
    table_->attention_scores(table.raw(), rows.data(), rows.size(), base.data(), z.data(),
                             out.data());
  }

  // weights = softmax_j(z . tanh(base + keys[title[j]])), out = sum_j weights_j values[title[j]]
  // (Eq. 11-13). Weights of the bags count for nothing; the rows of `next` are only prefetched.
  // base, z: [keys.width], weights: [padded_count(title.count)] at 64 bytes, out: [values.width]
  void attend(const Table& keys, const Table& values, const Bag& title, const Bag& next,
              const VectorView& base, const VectorView& z, Tanh tanh, VectorOut weights,
              VectorOut out) const noexcept {
    assert(are_rows(title.ids(), keys) && are_rows(title.ids(), values));
    assert(are_rows(next.ids(), keys) && are_rows(next.ids(), values));
    assert(base.size() == keys.width() && z.size() == keys.width());
    assert(weights.size() >= padded_count(title.count) && out.size() == values.width());
    assert(reinterpret_cast<uintptr_t>(weights.data()) % 64 == 0);
    table_->attend(keys.raw(), values.raw(), title.rows, title.count, next.rows, next.count,
                   base.data(), z.data(), tanh, weights.data(), out.data());
  }

  // values = softmax(values) (Eq. 12).
  void softmax(VectorOut values) const noexcept { table_->softmax(values.data(), values.size()); }

  // out[i] = sigma(scale * in[i] + offset) (Eq. 8). `out` may view what `in` views.
  void sigmoid(const VectorView& in, float scale, float offset, VectorOut out) const noexcept {
    assert(in.size() == out.size());
    table_->sigmoid(in.data(), in.size(), scale, offset, out.data());
  }

  // The cosine of two rows; 0 where one of them is the zero vector.
  float cosine(const Table& table, uint32_t x, uint32_t y) const noexcept {
    assert(x < table.rows() && y < table.rows());
    return table_->cosine(table.raw(), x, y);
  }

 private:
  static bool are_below(std::span<const uint32_t> rows, size_t limit) {
    return std::ranges::all_of(rows, [=](uint32_t row) { return row < limit; });
  }
  static bool are_rows(std::span<const uint32_t> rows, const Table& table) {
    return are_below(rows, table.rows());
  }

  const KernelTable* table_;
};

}  // namespace barker
