// The forward pass as the equations say it: xtensor, double, nothing folded. Kernels are proven by
// it.
#include <cmath>
#include <xtensor/xadapt.hpp>
#include <xtensor/xmath.hpp>
#include <xtensor/xtensor.hpp>
#include <xtensor/xview.hpp>

#include "models/base/half.h"
#include "scoring/forward.h"

namespace barker {
namespace {

using Vector = xt::xtensor<double, 1>;

// A mapped [rows, columns] tensor without a copy.
auto matrix(const float* data, size_t rows, size_t columns) {
  return xt::adapt(data, rows * columns, xt::no_ownership(), std::array<size_t, 2>{rows, columns});
}

auto vector(const float* data, size_t size) {
  return xt::adapt(data, size, xt::no_ownership(), std::array<size_t, 1>{size});
}

// W x + b; b may be null.
Vector affine(const float* weight, const float* bias, size_t out, const Vector& x) {
  Vector y = xt::sum(matrix(weight, out, x.size()) * xt::view(x, xt::newaxis(), xt::all()), {1});
  if (bias) y += vector(bias, out);
  return y;
}

class Reference {
 public:
  explicit Reference(const Network& network) : n_(network) {}

  Vector embedding(uint32_t row) const {
    const size_t first = size_t{row} * n_.dim;
    if (n_.embedding.element == Element::kF32) {
      return vector(static_cast<const float*>(n_.embedding.data) + first, n_.dim);
    }
    const auto* halves = static_cast<const Half*>(n_.embedding.data) + first;
    Vector out = xt::zeros<double>({size_t{n_.dim}});
    for (size_t d = 0; d < n_.dim; ++d) out(d) = half_to_float(halves[d]);
    return out;
  }

  Vector pooled(const Bag& bag) const {  // Eq. 4
    Vector sum = xt::zeros<double>({size_t{n_.dim}});
    double total = 0;
    for (size_t i = 0; i < bag.count; ++i) {
      const double weight = bag.weights ? bag.weights[i] : 1.0;
      sum += weight * embedding(bag.rows[i]);
      total += weight;
    }
    if (total >= kLeastTotal) return sum / total;
    return xt::zeros<double>({size_t{n_.dim}});
  }

  void set_context(std::span<const Bag> groups) {
    context_ = xt::zeros<double>({groups.size() * n_.dim});
    for (size_t g = 0; g < groups.size(); ++g) {
      xt::view(context_, xt::range(g * n_.dim, (g + 1) * n_.dim)) = pooled(groups[g]);
    }
    dot_context_ = context_;
    for (size_t i = 0; i < n_.dot_context.size(); ++i) {
      const DenseLayer& layer = n_.dot_context[i];
      dot_context_ = affine(layer.weight, layer.bias, layer.out, dot_context_);
      if (i + 1 < n_.dot_context.size()) dot_context_ = xt::maximum(dot_context_, 0.0);
    }
  }

  double mlp(const Vector& target, const float* head, double bias) const {  // Eq. 5-8, a logit
    Vector h = xt::concatenate(xt::xtuple(context_, target));
    for (const DenseLayer& layer : n_.mlp) {
      h = xt::maximum(affine(layer.weight, layer.bias, layer.out, h), 0.0);
    }
    return xt::sum(h * vector(head, h.size()))() + bias;
  }

  double dot(const Vector& target) const {
    return xt::sum(dot_context_ * affine(n_.dot_target, nullptr, n_.dot_dim, target))();
  }

  double main_logit(uint32_t row) const {
    const Vector target = embedding(row);
    double logit = n_.mlp.empty() ? 0 : mlp(target, n_.main_weight, n_.main_bias);
    if (n_.dot_dim > 0) logit += dot(target) + n_.dot_target_bias[row];
    return logit;
  }

  double aux_logit(const Bag& title, std::vector<double>& attention) const {
    const size_t d = n_.dim;
    const Vector user = xt::view(
        context_, xt::range(n_.attention_user_group * d, (n_.attention_user_group + 1) * d));
    const Vector query = xt::view(
        context_, xt::range(n_.attention_query_group * d, (n_.attention_query_group + 1) * d));
    const Vector base = affine(n_.attention_user, nullptr, n_.attention_dim, user) +
                        affine(n_.attention_query, nullptr, n_.attention_dim, query);
    std::vector<double> alpha;
    double largest = -INFINITY, total = 0;
    for (size_t j = 0; j < title.count; ++j) {  // Eq. 11
      const Vector hidden = xt::tanh(
          base + affine(n_.attention_title, nullptr, n_.attention_dim, embedding(title.rows[j])));
      alpha.push_back(xt::sum(hidden * vector(n_.attention_score, n_.attention_dim))());
      largest = std::max(largest, alpha.back());
    }
    for (double& a : alpha) total += a = std::exp(a - largest);  // Eq. 12
    Vector title_vector = xt::zeros<double>({d});
    for (size_t j = 0; j < title.count; ++j) {  // Eq. 13
      alpha[j] /= total;
      title_vector += alpha[j] * embedding(title.rows[j]);
    }
    attention.insert(attention.end(), alpha.begin(), alpha.end());
    double logit = n_.mlp.empty() ? n_.aux_bias : mlp(title_vector, n_.aux_weight, n_.aux_bias);
    if (n_.dot_dim > 0) logit += dot(title_vector);
    return logit;
  }

 private:
  const Network& n_;
  Vector context_, dot_context_;
};

}  // namespace

ReferenceOutputs reference_forward(const Network& network, std::span<const Bag> groups,
                                   std::span<const uint32_t> target_rows,
                                   std::span<const Bag> titles) {
  Reference reference(network);
  reference.set_context(groups);
  ReferenceOutputs out;
  for (const uint32_t row : target_rows) out.main_logits.push_back(reference.main_logit(row));
  for (const Bag& title : titles) {
    out.aux_logits.push_back(reference.aux_logit(title, out.attention));
  }
  return out;
}

}  // namespace barker
