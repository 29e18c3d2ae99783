// Multivariate adaptive regression splines (Friedman 1991) with other kernels than the source's, of
// inputs in [0, 1]. Pure functions of tensors; any thread.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <vector>

namespace barker {

// What a function makes of a signed distance z = +-(w x - c).
enum class MarsKernel { kLinear, kRadial, kSigmoid, kPolynomial };
inline constexpr int kMarsKernels = 4;
// max(0, z), exp(-(z / .2)^2), 1 / (1 + exp(-10 z)) or max(0, z)^2.
torch::Tensor apply(MarsKernel kernel, const torch::Tensor& z);

class Mars {
 public:
  struct Options {
    MarsKernel kernel = MarsKernel::kLinear;
    uint32_t most_functions = 15;  // beside the constant
  };

  // x [rows, inputs], already weighted; y [rows]. Forward, the function that the residuals go with
  // most is added, alone or times one that is there, so that two kernels are multiplied at most.
  // Backward, functions are dropped one by one, and those are kept whose generalised
  // cross-validation is least.
  static Mars fit(const torch::Tensor& x, const torch::Tensor& y, const Options& options);

  torch::Tensor predict(const torch::Tensor& x) const;  // [rows]
  size_t functions() const { return functions_.size(); }

 private:
  // The product of `columns` of all kernels; the constant has none.
  struct Function {
    std::vector<int64_t> columns;
  };

  // All kernels at x: [rows, 2 knots * inputs].
  torch::Tensor columns_at(const torch::Tensor& x) const;
  torch::Tensor basis_at(const torch::Tensor& x) const;  // [rows, functions]
  void grow(const torch::Tensor& columns, const torch::Tensor& y, uint32_t most);
  void prune(const torch::Tensor& basis, const torch::Tensor& y);

  MarsKernel kernel_ = MarsKernel::kLinear;
  torch::Tensor knots_;  // [inputs, knots]
  std::vector<Function> functions_;
  torch::Tensor weights_;  // [functions, 1]
};

}  // namespace barker
