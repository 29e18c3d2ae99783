// Typed views of tensors: a pointer and a shape, as xtensor expressions of static rank.
//
//   VectorView, MatrixView   read only: weights of a mapped file, inputs of a kernel
//   VectorOut, MatrixOut     may be written: scratch memory, outputs of a kernel
//   Table                    rows of floats or of binary16 numbers: embeddings and folded layers
//
// Ownership: a view owns nothing. What it views belongs to the weight file, to a ScratchTensor
// (scoring/scratch.h) or to the caller, and must outlive it. Making, copying and assigning a view
// allocates nothing; assigning a view to a view rebinds it and copies no numbers, whereas assigning
// an expression writes the numbers that are viewed. All tensors are row-major and without gaps.
//
// Debug builds (NDEBUG not defined) assert shapes: a mistake stops at the call that makes it.
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>
#include <xtensor/xtensor.hpp>

#include "models/base/half.h"
#include "scoring/kernel_table.h"

namespace barker {

// The type that xt::adapt(pointer, size, xt::no_ownership(), shape) returns. The allocator is that
// of xtensor's temporaries; a view itself never uses it.
template <typename T, size_t kRank>
using TensorView = xt::xtensor_adaptor<
    xt::xbuffer_adaptor<T*, xt::no_ownership, std::allocator<std::remove_const_t<T>>>, kRank,
    xt::layout_type::row_major>;

using VectorView = TensorView<const float, 1>;
using MatrixView = TensorView<const float, 2>;
using HalfMatrixView = TensorView<const Half, 2>;
using VectorOut = TensorView<float, 1>;
using MatrixOut = TensorView<float, 2>;

template <size_t kRank>
constexpr size_t product(const std::array<size_t, kRank>& shape) {
  size_t size = 1;
  for (const size_t extent : shape) size *= extent;
  return size;
}

// The shape has a static rank on purpose: with a std::vector as shape every view would allocate.
template <typename T, size_t kRank>
TensorView<T, kRank> tensor_view(T* data, const std::array<size_t, kRank>& shape) {
  using Buffer = typename TensorView<T, kRank>::storage_type;
  return TensorView<T, kRank>(Buffer(std::move(data), product(shape)), shape);
}

template <typename T>
TensorView<T, 1> vector_view(T* data, size_t size) {
  return tensor_view(data, std::array<size_t, 1>{size});
}

template <typename T>
TensorView<T, 2> matrix_view(T* data, size_t rows, size_t columns) {
  return tensor_view(data, std::array<size_t, 2>{rows, columns});
}

// A view of nothing: every extent is 0. It stands for a tensor that the model lacks.
template <typename View>
View no_tensor() {
  return View(typename View::storage_type());
}

template <typename View>
bool is_bound(const View& view) {
  return view.data() != nullptr;
}

// A writable view as an input. xtensor has no such conversion.
inline VectorView read(const VectorOut& view) { return vector_view(view.data(), view.size()); }
inline MatrixView read(const MatrixOut& view) {
  return matrix_view(view.data(), view.shape(0), view.shape(1));
}

// Row r of a matrix, and a whole matrix [rows, columns] as the vector [rows * columns]: rows that
// stand next to each other are a concatenation already (Eq. 5).
inline VectorView row_of(const MatrixView& matrix, size_t r) {
  assert(r < matrix.shape(0));
  return vector_view(matrix.data() + r * matrix.shape(1), matrix.shape(1));
}
inline VectorOut row_of(MatrixOut& matrix, size_t r) {
  assert(r < matrix.shape(0));
  return vector_view(matrix.data() + r * matrix.shape(1), matrix.shape(1));
}
inline VectorView flat(const MatrixView& matrix) {
  return vector_view(matrix.data(), matrix.shape(0) * matrix.shape(1));
}

// A row-major [rows, width] tensor whose rows are looked up by number: the embedding (Eq. 4) or a
// folded layer. Its elements are floats or binary16 numbers, as the weight file chose.
class Table {
 public:
  Table() = default;  // a view of nothing, [0, 0]
  explicit Table(const MatrixView& floats)
      : Table(floats.data(), Element::kF32, floats.shape(0), floats.shape(1)) {}
  explicit Table(const HalfMatrixView& halves)
      : Table(halves.data(), Element::kF16, halves.shape(0), halves.shape(1)) {}
  Table(const void* data, Element element, size_t rows, size_t width)
      : raw_{data, element, static_cast<uint32_t>(width)}, rows_(rows) {}

  bool is_bound() const { return raw_.data != nullptr; }
  Element element() const { return raw_.element; }
  size_t rows() const { return rows_; }
  uint32_t width() const { return raw_.width; }

  // The elements as numbers of their own type; element() must be that type.
  MatrixView floats() const {
    assert(element() == Element::kF32);
    return matrix_view(static_cast<const float*>(raw_.data), rows_, raw_.width);
  }
  HalfMatrixView halves() const {
    assert(element() == Element::kF16);
    return matrix_view(static_cast<const Half*>(raw_.data), rows_, raw_.width);
  }

  size_t row_size() const {  // in bytes
    return raw_.width * (element() == Element::kF16 ? sizeof(Half) : sizeof(float));
  }

  const RawTable& raw() const { return raw_; }  // for the kernel units

 private:
  RawTable raw_;
  size_t rows_ = 0;
};

}  // namespace barker
