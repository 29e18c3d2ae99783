// A tensor of a workspace: memory of its own that only grows, viewed in the shape of the network
// at hand. One thread at a time.
#pragma once

#include <array>
#include <cstdlib>
#include <memory>
#include <new>

#include "scoring/tensor.h"

namespace barker {

template <size_t kRank>
class ScratchTensor {
 public:
  // Gives the view this shape. The numbers are lost. Allocates only where the memory must grow;
  // throws std::bad_alloc, after which the tensor is empty.
  void resize(const std::array<size_t, kRank>& shape) {
    const size_t size = product(shape);
    if (size > capacity_) {
      // The old block is freed before the new one is allocated, so that a failed allocation leaves
      // an empty tensor and not one whose view is wrong.
      view_ = no_tensor<TensorView<float, kRank>>();
      capacity_ = 0;
      memory_.reset();
      const size_t bytes = (size * sizeof(float) + kAlignment - 1) / kAlignment * kAlignment;
      memory_.reset(static_cast<float*>(std::aligned_alloc(kAlignment, bytes)));
      if (!memory_) throw std::bad_alloc();
      capacity_ = size;
    }
    view_ = tensor_view(memory_.get(), shape);
  }

  TensorView<float, kRank>& out() { return view_; }
  TensorView<const float, kRank> in() const { return read(view_); }

 private:
  static constexpr size_t kAlignment = 64;  // a cache line, and the widest vector

  struct Free {
    void operator()(float* p) const { std::free(p); }
  };
  std::unique_ptr<float[], Free> memory_;
  size_t capacity_ = 0;
  TensorView<float, kRank> view_ = no_tensor<TensorView<float, kRank>>();
};

}  // namespace barker
