// Linear maps between vectors of words, fitted to the words of which both are known (ridge
// regression, Hoerl and Kennard 1970). Pure functions; any thread.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <vector>

namespace barker {

// X [columns of a, columns of b] that minimises |A X - B|^2 + r |X|^2, where r is `ridge` times the
// mean of A^T A's diagonal. A and B have as many rows.
torch::Tensor ridge_fit(const torch::Tensor& a, const torch::Tensor& b, double ridge = 1e-3);

// An affine map: y = mean of y + (x - mean of x) X.
struct AffineMap {
  torch::Tensor mean_x, mean_y, map;

  torch::Tensor apply(const torch::Tensor& x) const { return mean_y + torch::mm(x - mean_x, map); }
};

// The map that fits y [n, b] to x [n, a] best, where row i counts weight[i] > 0 times.
AffineMap affine_fit(const torch::Tensor& x, const torch::Tensor& y, const torch::Tensor& weight,
                     double ridge);

// How much the embedding row of a word counts where a map is fitted to such rows: at least as one
// impression. Evidence (ClickRateTable::evidence; it may be empty) adds to that, but no word
// outweighs hundreds of others.
float weight_of_row(const std::vector<float>& evidence, uint32_t row);

struct RidgeChoice {
  double ridge = 0;
  // How much of y's weighted variance the map explains in the rows that it was not fitted to: 1 is
  // all of it, and 0 is what the mean of y explains.
  double explained = 0;
};

// The ridge with which affine_fit() explains best the rows that it was not fitted to. Each fold,
// the rows with the same fold[i], is left out once. Of ridges that explain equally much, the
// largest.
RidgeChoice choose_ridge(const torch::Tensor& x, const torch::Tensor& y,
                         const torch::Tensor& weight, const std::vector<uint32_t>& fold);

}  // namespace barker
