// Which words stand together in short lists, such as titles, and vectors of words that follow from
// it. Embeddings start from them (initialise.h), and words that training never saw get their rows
// by them (extend.h). For one thread at a time.
#pragma once

#include <torch/torch.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

namespace barker {

// A symmetric matrix. A row is a list of column and value, ascending by column.
struct SparseMatrix {
  std::vector<std::vector<std::pair<uint32_t, float>>> rows;

  // The product with a matrix of as many rows, [rows, columns of `dense`].
  torch::Tensor times(const torch::Tensor& dense) const;
};

// Counts how often two words stand in the same list. Memory grows with the number of different
// pairs.
class PairCounts {
 public:
  // Words are numbers below `words`.
  explicit PairCounts(size_t words) : count_(words, 0) {}

  // Of a list, the first 30 known words count; kUnknownKeyword stands for an unknown one.
  void add(std::span<const uint32_t> list);

  // Positive pointwise mutual information, log p(a, b) / (p(a) p(b)) where that is above 0 (Church
  // and Hanks 1990).
  SparseMatrix ppmi() const;

 private:
  std::unordered_map<uint64_t, float> pairs_;
  std::vector<double> count_;
  double total_ = 0;
  std::vector<uint32_t> known_;
};

// Vectors [rows, at most dim] whose products approximate the matrix: its eigenvectors of the
// largest absolute eigenvalues, times the roots of these. By randomised subspace iteration (Halko,
// Martinsson, Tropp 2011), which needs the matrix only to multiply with it. Equal seeds give equal
// vectors. The matrix must have rows.
torch::Tensor truncated_svd(const SparseMatrix& matrix, uint32_t dim, uint64_t seed);

}  // namespace barker
