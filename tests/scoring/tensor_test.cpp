// Views rebind and cost no allocation, scratch tensors grow, and in debug builds a wrong shape
// stops at the call.
#include "scoring/tensor.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>
#include <xtensor/xnoalias.hpp>

#include "scoring/kernels.h"
#include "scoring/scratch.h"
#include "tests/scoring/allocations.h"

namespace barker {
namespace {

TEST(TensorView, CostsNoAllocationToMakeCopyAndRebind) {
  ASSERT_TRUE(allocations_are_counted());
  const std::vector<float> numbers = {1, 2, 3, 4, 5, 6};
  const long before = allocations();
  MatrixView matrix = no_tensor<MatrixView>();
  matrix = matrix_view(numbers.data(), 2, 3);
  const MatrixView copy = matrix;
  const VectorView second = row_of(copy, 1), all = flat(copy);
  const Table table(copy);
  const MatrixView again = table.floats();
  EXPECT_EQ(allocations(), before);
  EXPECT_EQ(matrix(1, 0), 4);
  EXPECT_EQ(second(2), 6);
  EXPECT_EQ(all.size(), 6u);
  EXPECT_EQ(again(0, 1), 2);
}

TEST(TensorView, OfNothingHasNoElements) {
  EXPECT_FALSE(is_bound(no_tensor<VectorView>()));
  EXPECT_EQ(no_tensor<VectorView>().size(), 0u);
  EXPECT_EQ(no_tensor<MatrixView>().shape(0), 0u);
  EXPECT_EQ(no_tensor<MatrixView>().shape(1), 0u);
}

TEST(TensorView, IsReboundByAViewAndWrittenThroughByAnExpression) {
  std::vector<float> first = {1, 2}, second = {3, 4};
  VectorOut view = vector_view(first.data(), 2);
  view = vector_view(second.data(), 2);
  EXPECT_EQ(view.data(), second.data());
  EXPECT_EQ(first, (std::vector<float>{1, 2})) << "rebinding must not copy numbers";
  xt::noalias(view) = 2.0f * vector_view(first.data(), 2);
  EXPECT_EQ(second, (std::vector<float>{2, 4}));
}

TEST(Table, GivesItsRowsInTheirOwnNumberFormat) {
  const std::vector<float> floats = {1, 2, 3, 4};
  const std::vector<Half> halves = {float_to_half(5), float_to_half(6), float_to_half(7)};
  const Table of_floats(matrix_view(floats.data(), 2, 2));
  EXPECT_EQ(of_floats.element(), Element::kF32);
  EXPECT_EQ(of_floats.floats()(1, 1), 4);
  EXPECT_EQ(of_floats.row_size(), 2 * sizeof(float));
  const Table of_halves(matrix_view(halves.data(), 3, 1));
  EXPECT_EQ(of_halves.element(), Element::kF16);
  EXPECT_EQ(half_to_float(of_halves.halves()(2, 0)), 7);
  EXPECT_EQ(of_halves.row_size(), sizeof(Half));
  EXPECT_FALSE(Table().is_bound());
}

TEST(ScratchTensor, KeepsItsMemoryUntilItMustGrow) {
  ScratchTensor<2> tensor;
  tensor.resize({4, 16});
  const float* memory = tensor.out().data();
  EXPECT_EQ(reinterpret_cast<uintptr_t>(memory) % 64, 0u);
  tensor.resize({2, 3});
  EXPECT_EQ(tensor.out().data(), memory);
  EXPECT_EQ(tensor.in().shape(0), 2u);
  EXPECT_EQ(tensor.in().shape(1), 3u);
  tensor.resize({100, 100});
  tensor.out()(99, 99) = 1;
  EXPECT_EQ(tensor.in()(99, 99), 1);
}

TEST(ScratchTensor, IsEmptyAfterAnAllocationFails) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizer ends a program that asks for so much";
#endif
  ScratchTensor<1> tensor;
  tensor.resize({16});
  EXPECT_THROW(tensor.resize({SIZE_MAX / 16}), std::bad_alloc);
  EXPECT_EQ(tensor.in().size(), 0u);
  EXPECT_FALSE(is_bound(tensor.in()));
  tensor.resize({16});
  EXPECT_EQ(tensor.in().size(), 16u);
}

// Calls kernels with one wrong shape each. Only debug builds assert shapes.
class KernelsWithAWrongShapeDeathTest : public testing::Test {
 protected:
  void SetUp() override {
#ifdef NDEBUG
    GTEST_SKIP() << "shapes are asserted in debug builds alone";
#endif
  }

  const Kernels k_ = kernels_for(Isa::kBaseline);
  std::vector<float> numbers_ = std::vector<float>(64, 1.0f);
  const Table table_{matrix_view<const float>(numbers_.data(), 8, 4)};
  const std::vector<uint32_t> rows_ = {0, 7}, beyond_ = {8};
  std::vector<float> memory_ = std::vector<float>(64);

  VectorView in(size_t size) const { return vector_view<const float>(numbers_.data(), size); }
  VectorOut out(size_t size) { return vector_view(memory_.data(), size); }
};

TEST_F(KernelsWithAWrongShapeDeathTest, StopAtTheCall) {
  EXPECT_DEATH(k_.pool(table_, {rows_.data(), nullptr, 2}, out(5)), "width");
  EXPECT_DEATH(k_.pool(table_, {beyond_.data(), nullptr, 1}, out(4)), "are_rows");
  EXPECT_DEATH(k_.dot_rows(table_, rows_, in(3), no_tensor<VectorView>(), out(2)), "width");
  EXPECT_DEATH(k_.dot_rows(table_, rows_, in(4), in(7), out(2)), "bias");
  EXPECT_DEATH(k_.dot_rows(table_, rows_, in(4), no_tensor<VectorView>(), out(3)), "logits");
  EXPECT_DEATH(k_.attention_scores(table_, rows_, in(4), in(5), out(2)), "width");
  EXPECT_DEATH(k_.sigmoid(in(4), 1, 0, out(5)), "size");
  EXPECT_DEATH(k_.cosine(table_, 0, 8), "rows");
  const PackedLayer layer{.in = 4, .out = 2};
  EXPECT_DEATH(k_.dense(layer, in(5), Activation::kNone, out(2)), "in");
  EXPECT_DEATH(k_.dense(layer, in(4), Activation::kNone, out(3)), "out");
}

}  // namespace
}  // namespace barker
