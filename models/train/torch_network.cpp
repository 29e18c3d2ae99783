#include "models/train/torch_network.h"

#include <algorithm>
#include <cmath>

namespace barker {
namespace {

// The batch outlives every tensor made of it: autograd is done before the next batch.
torch::Tensor view_of(const std::vector<int64_t>& values) {
  return torch::from_blob(const_cast<int64_t*>(values.data()),
                          {static_cast<int64_t>(values.size())}, torch::kInt64);
}

torch::Tensor view_of(const std::vector<float>& values, std::vector<int64_t> shape) {
  return torch::from_blob(const_cast<float*>(values.data()), shape, torch::kFloat32);
}

torch::Tensor pooled(const torch::Tensor& table, const Bags& bags) {  // Eq. 4
  constexpr int64_t kSum = 0, kMean = 1;
  const bool weighted = !bags.weights.empty();
  c10::optional<torch::Tensor> weights;
  if (weighted) weights = view_of(bags.weights, {static_cast<int64_t>(bags.weights.size())});
  return std::get<0>(torch::embedding_bag(table, view_of(bags.values), view_of(bags.offsets), false,
                                          weighted ? kSum : kMean, false, weights));
}

}  // namespace

TorchNetwork::TorchNetwork(const ModelPlan& plan, const ModelOptions& options, uint64_t seed)
    : options_(options), groups_(static_cast<int64_t>(plan.groups.size())) {
  torch::manual_seed(seed);
  const auto dim = static_cast<int64_t>(options.dim);
  if (options.dot != DotHead::kAlone) {
    add_chain("mlp", (groups_ + 1) * dim, options.hidden);
    const int64_t last = options.hidden.back();
    const double bound = 1 / std::sqrt(static_cast<double>(last));
    add("head.main.weight", {last}, bound);
    add("head.main.bias", {1}, bound);
    if (options.auxiliary()) add("head.aux.weight", {last}, bound);
  }
  if (options.auxiliary()) {
    add("head.aux.bias", {1}, 0);
    const double bound = 1 / std::sqrt(static_cast<double>(dim));
    for (const char* part : {"attention.user", "attention.query", "attention.title"}) {
      add(part, {dim, dim}, bound);
    }
    add("attention.score", {dim}, bound);
  }
  if (options.dot != DotHead::kNone) {
    std::vector<uint32_t> chain = options.dot_hidden;
    chain.push_back(options.dot_dim);
    add_chain("dot.context", groups_ * dim, chain);
    const double bound = 1 / std::sqrt(static_cast<double>(dim));
    add("dot.target.weight", {static_cast<int64_t>(options.dot_dim), dim}, bound);
    add("dot.target.popularity", {dim}, bound);
  }
}

torch::Tensor TorchNetwork::add(const std::string& name, std::vector<int64_t> shape, double bound) {
  torch::Tensor value = torch::empty(shape, torch::kFloat32);
  value.uniform_(-bound, bound);
  value.set_requires_grad(true);
  parameters_.push_back({name, value});
  return value;
}

void TorchNetwork::add_chain(const std::string& prefix, int64_t in,
                             const std::vector<uint32_t>& outs) {
  for (size_t i = 0; i < outs.size(); ++i) {
    const double bound = 1 / std::sqrt(static_cast<double>(in));
    const std::string layer = prefix + "." + std::to_string(i);
    add(layer + ".weight", {outs[i], in}, bound);
    add(layer + ".bias", {outs[i]}, bound);
    in = outs[i];
  }
}

const torch::Tensor& TorchNetwork::at(const std::string& name) const {
  for (const Parameter& p : parameters_) {
    if (p.name == name) return p.value;
  }
  throw std::logic_error("no parameter " + name);
}

torch::Tensor TorchNetwork::title_vectors(const Batch& batch, const torch::Tensor& table,
                                          const torch::Tensor& user,
                                          const torch::Tensor& query) const {
  const torch::Tensor words = view_of(batch.titles.values);
  const torch::Tensor title_of_word = view_of(batch.title_of_word);
  // Eq. 11. W_a Em(d) is taken once for each keyword of the batch, not for each place it stands at.
  const torch::Tensor base = torch::matmul(user, at("attention.user").t()) +
                             torch::matmul(query, at("attention.query").t());
  const torch::Tensor projected = torch::matmul(table, at("attention.title").t());
  const torch::Tensor search_of_word = view_of(batch.search).index_select(0, title_of_word);
  const torch::Tensor scores = torch::mv(
      torch::tanh(base.index_select(0, search_of_word) + projected.index_select(0, words)),
      at("attention.score"));
  // Eq. 12 over lists of different lengths; the maximum cancels out and carries no gradient.
  std::vector<float> largest(batch.instances, -INFINITY);
  const torch::Tensor plain = scores.detach().contiguous();
  const float* score = plain.data_ptr<float>();
  for (size_t w = 0; w < batch.title_of_word.size(); ++w) {
    float& m = largest[static_cast<size_t>(batch.title_of_word[w])];
    m = std::max(m, score[w]);
  }
  const auto instances = static_cast<int64_t>(batch.instances);
  const torch::Tensor shift = torch::tensor(largest);
  const torch::Tensor weight = torch::exp(scores - shift.index_select(0, title_of_word));
  const torch::Tensor total = torch::zeros({instances}).index_add(0, title_of_word, weight);
  const torch::Tensor alpha = weight / total.index_select(0, title_of_word);
  return std::get<0>(torch::embedding_bag(table, words, view_of(batch.titles.offsets), false,
                                          /*mode=sum*/ 0, false, alpha));  // Eq. 13
}

torch::Tensor TorchNetwork::logits(const Batch& batch, const torch::Tensor& table) const {
  const auto dim = static_cast<int64_t>(options_.dim);
  const auto searches = static_cast<int64_t>(batch.searches);
  const auto instances = static_cast<int64_t>(batch.instances);
  std::vector<torch::Tensor> parts;
  for (const Bags& bags : batch.groups) parts.push_back(pooled(table, bags));
  torch::Tensor context = torch::cat(parts, 1);
  torch::Tensor target = batch.task == Task::kMain
                             ? table.index_select(0, view_of(batch.target))
                             : title_vectors(batch, table, parts[0], parts[1]);
  if (!batch.context_mask.empty()) {
    context = context * view_of(batch.context_mask, {searches, groups_ * dim});
    target = target * view_of(batch.target_mask, {instances, dim});
  }
  const torch::Tensor search = view_of(batch.search);
  torch::Tensor out;
  if (options_.dot != DotHead::kAlone) {
    // Eq. 5-6: the context's part of the first layer once a search, the target's once an instance.
    const torch::Tensor& first = at("mlp.0.weight");
    const torch::Tensor context_part =
        torch::addmm(at("mlp.0.bias"), context, first.slice(1, 0, groups_ * dim).t());
    torch::Tensor h =
        torch::relu(torch::addmm(context_part.index_select(0, search), target,
                                 first.slice(1, groups_ * dim, (groups_ + 1) * dim).t()));
    for (size_t i = 1; i < options_.hidden.size(); ++i) {  // Eq. 7
      const std::string layer = "mlp." + std::to_string(i);
      h = torch::relu(torch::addmm(at(layer + ".bias"), h, at(layer + ".weight").t()));
    }
    const std::string head = batch.task == Task::kMain ? "head.main" : "head.aux";
    out = torch::mv(h, at(head + ".weight")) + at(head + ".bias");  // Eq. 8
  }
  if (options_.dot != DotHead::kNone) {
    torch::Tensor c = context;
    for (size_t i = 0; i <= options_.dot_hidden.size(); ++i) {
      const std::string layer = "dot.context." + std::to_string(i);
      c = torch::addmm(at(layer + ".bias"), c, at(layer + ".weight").t());
      if (i < options_.dot_hidden.size()) c = torch::relu(c);
    }
    const torch::Tensor p = torch::matmul(target, at("dot.target.weight").t());
    torch::Tensor dot = (c.index_select(0, search) * p).sum(1);
    if (batch.task == Task::kMain) {
      dot = dot + torch::mv(target, at("dot.target.popularity"));
    } else if (!out.defined()) {
      dot = dot + at("head.aux.bias");
    }
    out = out.defined() ? out + dot : dot;
  }
  return out;
}

}  // namespace barker
