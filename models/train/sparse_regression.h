// Linear models of sparse rows, such as the words of titles, with a penalty on their coefficients.
// There is no constant term. In double. Pure functions; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace barker {

// Row i has the values[offsets[i]..offsets[i + 1]) in the columns of the same places. A column may
// occur twice in a row; its values then add up.
struct SparseRows {
  uint32_t width = 0;  // columns are below it
  std::vector<size_t> offsets = {0};
  std::vector<uint32_t> columns;
  std::vector<double> values;

  size_t size() const { return offsets.size() - 1; }
  void add(uint32_t column, double value) {
    columns.push_back(column);
    values.push_back(value);
  }
  void end_row() { offsets.push_back(columns.size()); }
  // Appends row `plus` of `from` minus row `minus`.
  void add_difference(const SparseRows& from, size_t plus, size_t minus);

  double dot(size_t row, std::span<const double> coefficients) const;
};

// The b that minimises sum_i w_i (y_i - x_i . b)^2 + penalty |b|^2, by conjugate gradients
// (Hestenes and Stiefel 1952). y and w have a number for each row; penalty > 0.
std::vector<double> ridge_regression(const SparseRows& x, std::span<const double> y,
                                     std::span<const double> weight, double penalty);

// The b that minimises sum_i w_i log(1 + exp(-s_i x_i . b)) + penalty / 2 |b|^2, where s_i is 1 or
// -1, by Newton's method, whose every step is a ridge regression (iteratively reweighted least
// squares; Hastie, Tibshirani, Friedman 2009, section 4.4.1).
std::vector<double> logistic_regression(const SparseRows& x, std::span<const double> sign,
                                        std::span<const double> weight, double penalty);

}  // namespace barker
