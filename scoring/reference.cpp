// The forward pass as the equations are written: xtensor expressions in double, without folds and
// without kernels. It is independent of forward.cpp, and tests compare the two.
#include <cmath>
#include <xtensor/xmath.hpp>
#include <xtensor/xtensor.hpp>
#include <xtensor/xview.hpp>

#include "models/base/half.h"
#include "models/weights/format.h"
#include "scoring/forward.h"

namespace barker {
namespace {

using Vector = xt::xtensor<double, 1>;

// W x. The product is written out: xtensor has matrix products only with a BLAS beside it.
Vector product(const MatrixView& weight, const Vector& x) {
  return xt::sum(weight * xt::view(x, xt::newaxis(), xt::all()), {1});
}

// W x + b (Eq. 6-7 without the activation).
Vector affine(const DenseLayer& layer, const Vector& x) {
  return product(layer.weight, x) + layer.bias;
}

class Reference {
 public:
  explicit Reference(const Network& network) : n_(network) {}

  Vector embedding(uint32_t row) const {  // Em(row)
    if (n_.embedding.element() == Element::kF32) {
      return xt::view(n_.embedding.floats(), row, xt::all());
    }
    Vector out = xt::zeros<double>({size_t{n_.dim}});
    for (size_t d = 0; d < n_.dim; ++d) out(d) = half_to_float(n_.embedding.halves()(row, d));
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

  void set_context(std::span<const Bag> groups) {  // Eq. 4-5
    context_ = xt::zeros<double>({groups.size() * n_.dim});
    for (size_t g = 0; g < groups.size(); ++g) {
      xt::view(context_, xt::range(g * n_.dim, (g + 1) * n_.dim)) = pooled(groups[g]);
    }
    if (n_.matches_history()) history_ = groups[n_.match_group];
    dot_context_ = context_;
    for (size_t i = 0; i < n_.dot_context.size(); ++i) {
      dot_context_ = affine(n_.dot_context[i], dot_context_);
      if (i + 1 < n_.dot_context.size()) dot_context_ = xt::maximum(dot_context_, 0.0);
    }
  }

  // Eq. 5-8, a logit. `more` is added to the first layer; empty: nothing is.
  double mlp(const Vector& target, const Vector& more, const VectorView& head, double bias) const {
    Vector h = xt::concatenate(xt::xtuple(context_, target));
    for (size_t i = 0; i < n_.mlp.size(); ++i) {
      h = affine(n_.mlp[i], h);
      if (i == 0 && more.size() > 0) h += more;
      h = xt::maximum(h, 0.0);
    }
    return xt::sum(h * head)() + bias;
  }

  double dot(const Vector& target) const {  // late interaction
    return xt::sum(dot_context_ * product(n_.dot_target, target))();
  }

  double main_logit(uint32_t row) const {
    const Vector target = embedding(row);
    const Vector m = match(row);
    double logit = 0;
    if (!n_.mlp.empty()) logit = mlp(target, inputs(m), n_.main_weight, n_.main_bias);
    if (n_.dot_dim > 0) logit += dot(target) + n_.dot_target_bias(row);
    if (is_bound(n_.match_weight)) logit += n_.match_weight(0) * m(0) + n_.match_weight(1) * m(1);
    return logit;
  }

  // Whether the row is in the history, its share, 1 / (1 + rank) of the newest, faded.
  Vector match(uint32_t row) const {
    double in_history = 0, weight_of_row = 0, total = 0, last = 0, faded = 0;
    for (size_t i = 0; i < history_.count; ++i) {
      const double weight = history_.weights ? history_.weights[i] : 1.0;
      const auto rank = static_cast<double>(i);
      total += weight;
      if (history_.rows[i] != row) continue;
      in_history = 1;
      weight_of_row += weight;
      last = std::max(last, 1 / (1 + rank));
      faded += std::exp(-rank / kMatchFade);
    }
    const double share = total >= kLeastTotal ? weight_of_row / total : 0;
    return {in_history, share, last, faded};
  }

  Vector inputs(const Vector& match) const {
    if (!is_bound(n_.match_inputs)) return xt::zeros<double>({size_t{0}});
    return xt::sum(xt::view(match, xt::all(), xt::newaxis()) * n_.match_inputs, {0});
  }

  double aux_logit(const Bag& title, std::vector<double>& attention) const {
    const auto group = [&](size_t g) -> Vector {
      return xt::view(context_, xt::range(g * n_.dim, (g + 1) * n_.dim));
    };
    const Vector base = product(n_.attention_user, group(n_.attention_user_group)) +
                        product(n_.attention_query, group(n_.attention_query_group));
    std::vector<double> alpha;
    double largest = -INFINITY, total = 0;
    for (const uint32_t word : title.ids()) {  // Eq. 11
      const Vector hidden = xt::tanh(base + product(n_.attention_title, embedding(word)));
      alpha.push_back(xt::sum(hidden * n_.attention_score)());
      largest = std::max(largest, alpha.back());
    }
    for (double& a : alpha) total += a = std::exp(a - largest);  // Eq. 12
    Vector title_vector = xt::zeros<double>({size_t{n_.dim}});
    for (size_t j = 0; j < title.count; ++j) {  // Eq. 13
      alpha[j] /= total;
      title_vector += alpha[j] * embedding(title.rows[j]);
    }
    attention.insert(attention.end(), alpha.begin(), alpha.end());
    const Vector no_inputs = xt::zeros<double>({size_t{0}});
    double logit =
        n_.mlp.empty() ? n_.aux_bias : mlp(title_vector, no_inputs, n_.aux_weight, n_.aux_bias);
    if (n_.dot_dim > 0) logit += dot(title_vector);
    return logit;
  }

 private:
  const Network& n_;
  Vector context_, dot_context_;
  Bag history_ = {nullptr, nullptr, 0};
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
