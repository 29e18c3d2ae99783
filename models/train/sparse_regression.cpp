#include "models/train/sparse_regression.h"

#include <algorithm>
#include <cmath>

#include "models/base/logistic.h"

namespace barker {
namespace {

double dot_of(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// Adds factor times row i to `out`.
void add_row(const SparseRows& x, size_t i, double factor, std::vector<double>& out) {
  for (size_t k = x.offsets[i]; k < x.offsets[i + 1]; ++k) {
    out[x.columns[k]] += factor * x.values[k];
  }
}

// (X^T W X + penalty I) b.
std::vector<double> normal_product(const SparseRows& x, std::span<const double> weight,
                                   double penalty, const std::vector<double>& b) {
  std::vector<double> out(b.size());
  for (size_t i = 0; i < out.size(); ++i) out[i] = penalty * b[i];
  for (size_t i = 0; i < x.size(); ++i) add_row(x, i, weight[i] * x.dot(i, b), out);
  return out;
}

}  // namespace

void SparseRows::add_difference(const SparseRows& from, size_t plus, size_t minus) {
  for (size_t k = from.offsets[plus]; k < from.offsets[plus + 1]; ++k) {
    add(from.columns[k], from.values[k]);
  }
  for (size_t k = from.offsets[minus]; k < from.offsets[minus + 1]; ++k) {
    add(from.columns[k], -from.values[k]);
  }
  end_row();
}

double SparseRows::dot(size_t row, std::span<const double> coefficients) const {
  double sum = 0;
  for (size_t k = offsets[row]; k < offsets[row + 1]; ++k) {
    sum += values[k] * coefficients[columns[k]];
  }
  return sum;
}

std::vector<double> ridge_regression(const SparseRows& x, std::span<const double> y,
                                     std::span<const double> weight, double penalty) {
  constexpr double kTolerance = 1e-6;  // of the residual, relative to the right-hand side
  constexpr int kSteps = 1000;
  std::vector<double> b(x.width, 0), residual(x.width, 0);
  for (size_t i = 0; i < x.size(); ++i) add_row(x, i, weight[i] * y[i], residual);
  std::vector<double> direction = residual;
  double square = dot_of(residual, residual);
  const double enough = kTolerance * kTolerance * square;
  for (int step = 0; step < kSteps && square > enough; ++step) {
    const std::vector<double> product = normal_product(x, weight, penalty, direction);
    const double length = square / dot_of(direction, product);
    for (size_t i = 0; i < b.size(); ++i) {
      b[i] += length * direction[i];
      residual[i] -= length * product[i];
    }
    const double before = square;
    square = dot_of(residual, residual);
    for (size_t i = 0; i < b.size(); ++i) {
      direction[i] = residual[i] + square / before * direction[i];
    }
  }
  return b;
}

std::vector<double> logistic_regression(const SparseRows& x, std::span<const double> sign,
                                        std::span<const double> weight, double penalty) {
  constexpr int kSteps = 25;
  constexpr double kTolerance = 1e-5;  // of the largest change of a coefficient
  std::vector<double> b(x.width, 0), target(x.size()), curvature(x.size());
  for (int step = 0; step < kSteps; ++step) {
    for (size_t i = 0; i < x.size(); ++i) {
      const double logit = x.dot(i, b), p = sigmoid(logit);
      const double slope = std::max(p * (1 - p), 1e-6);
      curvature[i] = weight[i] * slope;
      target[i] = logit + ((sign[i] > 0 ? 1 : 0) - p) / slope;
    }
    const std::vector<double> next = ridge_regression(x, target, curvature, penalty);
    double change = 0;
    for (size_t i = 0; i < b.size(); ++i) change = std::max(change, std::fabs(next[i] - b[i]));
    b = next;
    if (change < kTolerance) break;
  }
  return b;
}

}  // namespace barker
