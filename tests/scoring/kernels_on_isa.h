// What the tests of kernels share: a fixture for each ISA of this machine, random tables of which
// the numbers are known as doubles, and scratch memory.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <random>
#include <vector>

#include "models/base/half.h"
#include "scoring/kernels.h"

namespace barker {

inline VectorView in(const std::vector<float>& values) {
  return vector_view(values.data(), values.size());
}
inline VectorOut out_of(std::vector<float>& values) {
  return vector_view(values.data(), values.size());
}

class KernelsOnIsa : public testing::TestWithParam<Isa> {
 protected:
  const Kernels k = kernels_for(GetParam());
  std::mt19937 random{42};

  // `offset` shifts the data off alignment.
  std::vector<float> numbers(size_t size, size_t offset = 0) {
    std::normal_distribution<float> normal(0, 1);
    std::vector<float> values(size + offset);
    for (float& value : values) value = normal(random);
    return values;
  }
  // A table for the kernels, and its numbers as doubles.
  struct TestTable {
    std::vector<float> floats;
    std::vector<Half> halves;
    Table view;
    double at(size_t row, size_t column) const {
      const size_t i = row * view.width() + column;
      return view.element() == Element::kF16 ? half_to_float(halves[i]) : floats[i];
    }
  };
  TestTable random_table(size_t row_count, size_t width, bool half) {
    TestTable table;
    table.floats = numbers(row_count * width);
    for (const float value : table.floats) table.halves.push_back(float_to_half(value));
    table.view = half ? Table(matrix_view<const Half>(table.halves.data(), row_count, width))
                      : Table(matrix_view<const float>(table.floats.data(), row_count, width));
    return table;
  }

  // Aligned scratch memory. It is full of NaN, because its content must not matter.
  class Scratch {
   public:
    explicit Scratch(size_t size)
        : data_(static_cast<float*>(std::aligned_alloc(64, (size * 4 + 63) / 64 * 64))),
          size_(size) {
      std::fill_n(data_.get(), size, NAN);
    }
    VectorOut view() const { return vector_view(data_.get(), size_); }

   private:
    struct Free {
      void operator()(float* p) const { std::free(p); }
    };
    std::unique_ptr<float, Free> data_;
    size_t size_;
  };

  std::vector<uint32_t> rows(size_t count, uint32_t below) {
    std::vector<uint32_t> out(count);
    for (uint32_t& row : out) row = static_cast<uint32_t>(random() % below);
    return out;
  }
};

}  // namespace barker
