#include <algorithm>
#include <limits>
#include <numeric>

#include "models/baselines/mars_torch.h"
#include "models/train/ridge_torch.h"

namespace barker {
namespace {

constexpr double kRidge = 1e-6;
constexpr double kKnotCost = 3;  // degrees of freedom of choosing a knot, Friedman's d

// The list without its entry at `index`.
std::vector<int64_t> without(const std::vector<int64_t>& from, size_t index) {
  std::vector<int64_t> out = from;
  out.erase(out.begin() + static_cast<ptrdiff_t>(index));
  return out;
}

// A least-squares problem by its normal equations, so that leaving out functions costs no pass over
// the rows.
class NormalEquations {
 public:
  NormalEquations(const torch::Tensor& basis, const torch::Tensor& y)
      : rows_(static_cast<double>(basis.size(0))), squares_(y.square().sum().item<double>()) {
    const torch::Tensor b = basis.to(torch::kDouble);
    gram_ = torch::mm(b.t(), b);
    product_ = torch::mm(b.t(), y.to(torch::kDouble).unsqueeze(1));
  }

  // Generalised cross-validation of these functions, of which one is the constant (Friedman's eq.
  // 30).
  double criterion(const std::vector<int64_t>& kept) const {
    const torch::Tensor index = torch::tensor(kept, torch::kInt64);
    torch::Tensor gram = gram_.index_select(0, index).index_select(1, index);
    const torch::Tensor product = product_.index_select(0, index);
    gram = gram + torch::eye(gram.size(0), torch::kDouble) *
                      (kRidge * gram.diagonal().mean().item<double>());
    const torch::Tensor weights = torch::linalg_solve(gram, product);
    const double explained = (weights * product).sum().item<double>();
    const auto functions = static_cast<double>(kept.size());
    const double freedom = 1 - (functions + kKnotCost * (functions - 1)) / rows_;
    if (freedom <= 0) return std::numeric_limits<double>::infinity();
    return std::max(squares_ - explained, 0.0) / rows_ / (freedom * freedom);
  }

 private:
  const double rows_, squares_;
  torch::Tensor gram_, product_;
};

}  // namespace

torch::Tensor apply(MarsKernel kernel, const torch::Tensor& z) {
  switch (kernel) {
    case MarsKernel::kLinear:
      return torch::relu(z);
    case MarsKernel::kRadial:
      return torch::exp(-(z / 0.2).square());
    case MarsKernel::kSigmoid:
      return torch::sigmoid(z * 10);
    case MarsKernel::kPolynomial:
      return torch::relu(z).square();
  }
  return z;
}

Mars Mars::fit(const torch::Tensor& x, const torch::Tensor& y, const Options& options) {
  Mars mars;
  mars.kernel_ = options.kernel;
  const torch::Tensor shares = torch::tensor(std::vector<float>{0, 0.25, 0.5, 0.75});
  mars.knots_ = torch::quantile(x, shares, 0).t().contiguous();
  const torch::Tensor columns = mars.columns_at(x);
  mars.grow(columns, y, options.most_functions);
  mars.prune(mars.basis_at(x), y);
  mars.weights_ = ridge_fit(mars.basis_at(x), y.unsqueeze(1), kRidge);
  return mars;
}

torch::Tensor Mars::predict(const torch::Tensor& x) const {
  return torch::mm(basis_at(x), weights_).squeeze(1);
}

torch::Tensor Mars::columns_at(const torch::Tensor& x) const {
  const torch::Tensor z = (x.unsqueeze(2) - knots_.unsqueeze(0)).flatten(1);
  return apply(kernel_, torch::cat({z, -z}, 1));
}

torch::Tensor Mars::basis_at(const torch::Tensor& x) const {
  const torch::Tensor columns = columns_at(x);
  std::vector<torch::Tensor> basis;
  for (const Function& f : functions_) {
    torch::Tensor product = torch::ones({x.size(0)});
    for (const int64_t column : f.columns) product = product * columns.select(1, column);
    basis.push_back(product);
  }
  return torch::stack(basis, 1);
}

void Mars::grow(const torch::Tensor& columns, const torch::Tensor& y, uint32_t most) {
  functions_ = {Function()};
  torch::Tensor basis = torch::ones({columns.size(0), 1});
  const torch::Tensor squares = columns.square();
  // Of the functions that are there, those of fewer than two kernels, which may be multiplied by
  // another.
  std::vector<int64_t> parents = {0};
  for (uint32_t added = 0; added < most; ++added) {
    const torch::Tensor weights = ridge_fit(basis, y.unsqueeze(1), kRidge);
    const torch::Tensor left = (y.unsqueeze(1) - torch::mm(basis, weights));
    const torch::Tensor of_parents = basis.index_select(1, torch::tensor(parents, torch::kInt64));
    // How much of the residuals' squares each product explains by itself: [parents, columns].
    const torch::Tensor along = torch::mm((of_parents * left).t(), columns);
    const torch::Tensor length = torch::mm(of_parents.square().t(), squares) + 1e-6;
    const torch::Tensor explained = along.square() / length;
    const auto best = explained.argmax().item<int64_t>();
    if (explained.flatten()[best].item<double>() < 1e-6 * y.square().sum().item<double>()) return;
    const int64_t column = best % columns.size(1);
    const auto parent = static_cast<size_t>(parents[static_cast<size_t>(best / columns.size(1))]);
    Function next = functions_[parent];
    next.columns.push_back(column);
    const torch::Tensor product =
        basis.select(1, static_cast<int64_t>(parent)) * columns.select(1, column);
    basis = torch::cat({basis, product.unsqueeze(1)}, 1);
    if (next.columns.size() < 2) parents.push_back(static_cast<int64_t>(functions_.size()));
    functions_.push_back(std::move(next));
  }
}

void Mars::prune(const torch::Tensor& basis, const torch::Tensor& y) {
  const NormalEquations equations(basis, y);
  std::vector<int64_t> kept(functions_.size());
  std::iota(kept.begin(), kept.end(), int64_t{0});
  std::vector<int64_t> best = kept;
  double least = equations.criterion(kept);
  while (kept.size() > 1) {
    std::vector<int64_t> smaller;
    double of_smaller = std::numeric_limits<double>::infinity();
    for (size_t i = 1; i < kept.size(); ++i) {  // the constant stays
      std::vector<int64_t> candidate = without(kept, i);
      const double found = equations.criterion(candidate);
      if (!smaller.empty() && found >= of_smaller) continue;
      of_smaller = found;
      smaller = std::move(candidate);
    }
    kept = smaller;
    if (of_smaller > least) continue;
    least = of_smaller;
    best = kept;
  }
  std::vector<Function> functions;
  for (const int64_t f : best) functions.push_back(functions_[static_cast<size_t>(f)]);
  functions_ = std::move(functions);
}

}  // namespace barker
