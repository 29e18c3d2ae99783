#include "models/train/torch_network.h"

#include <algorithm>
#include <cmath>

#include "models/train/tensor_views_torch.h"
#include "models/weights/format.h"

namespace barker {
namespace {

// A few numbers that all instances share are learned faster than what they explain: a step of Adam
// moves each by no more than the learning rate, so that a short training, also from yesterday's
// weights, would end before it finds them.
constexpr double kSharedRate = 10;

// Softmax over lists of different lengths, where entry i belongs to list list_of[i]. The largest
// score of a list is subtracted first; it cancels out, so it carries no gradient.
torch::Tensor segment_softmax(const torch::Tensor& scores, const std::vector<int64_t>& list_of,
                              const torch::Tensor& lists, size_t count) {
  std::vector<float> largest(count, -INFINITY);
  const torch::Tensor plain = scores.detach().contiguous();
  const float* score = plain.data_ptr<float>();
  for (size_t i = 0; i < list_of.size(); ++i) {
    float& m = largest[static_cast<size_t>(list_of[i])];
    m = std::max(m, score[i]);
  }
  const torch::Tensor shift = torch::tensor(largest);
  const torch::Tensor weight = torch::exp(scores - shift.index_select(0, lists));
  const torch::Tensor total = torch::zeros_like(shift).index_add(0, lists, weight);
  return weight / total.index_select(0, lists);
}

torch::Tensor pooled(const torch::Tensor& table, const Bags& bags) {  // Eq. 4
  constexpr int64_t kSum = 0, kMean = 1;
  const bool weighted = !bags.weights.empty();
  c10::optional<torch::Tensor> weights;
  if (weighted) weights = view_of(bags.weights);
  return std::get<0>(torch::embedding_bag(table, view_of(bags.values), view_of(bags.offsets), false,
                                          weighted ? kSum : kMean, false, weights));
}

}  // namespace

TorchNetwork::TorchNetwork(const ModelPlan& plan, const TrainOptions& train)
    : options_(train.model),
      position_correction_(train.position_correction),
      examination_(train.examination),
      groups_(static_cast<int64_t>(plan.groups.size())) {
  const ModelOptions& options = options_;
  torch::manual_seed(train.seed);
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
  if (position_correction_) add("position", {kPlaces}, 0);
  if (options.exact_match) {
    add("match.weight", {2}, 0);
    parameters_.back().rate = kSharedRate;
  }
  if (options.dot != DotHead::kNone) {
    std::vector<uint32_t> chain = options.dot_hidden;
    chain.push_back(options.dot_dim);
    add_chain("dot.context", groups_ * dim, chain);
    const double bound = 1 / std::sqrt(static_cast<double>(dim));
    add("dot.target.weight", {static_cast<int64_t>(options.dot_dim), dim}, bound);
    add("dot.target.popularity", {dim}, bound);
  }
  if (options.match_inputs) add("match.inputs", {kMatchInputs, options.hidden[0]}, 0);
  add_observation(train);  // last, so that all else starts from the same draws with and without it
}

// How clicks on ads are observed.
void TorchNetwork::add_observation(const TrainOptions& train) {
  constexpr double kPointOffset = -3;  // a selling point before a title is the cause of few clicks
  if (train.examination) add("examination", {kPlaces - 1}, 0);
  if (train.attribution) add("points.offset", {1}, 0);
  for (Parameter& p : parameters_) {
    if (p.name == "examination" || p.name == "points.offset") p.rate = kSharedRate;
    if (p.name != "points.offset") continue;
    const torch::NoGradGuard no_grad;
    p.value.fill_(kPointOffset);
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
  // Eq. 11. W_a Em(d) is computed once for each keyword of the batch, however many titles have it.
  const torch::Tensor base = torch::matmul(user, at("attention.user").t()) +
                             torch::matmul(query, at("attention.query").t());
  const torch::Tensor projected = torch::matmul(table, at("attention.title").t());
  const torch::Tensor search_of_word = view_of(batch.search).index_select(0, title_of_word);
  const torch::Tensor scores = torch::mv(
      torch::tanh(base.index_select(0, search_of_word) + projected.index_select(0, words)),
      at("attention.score"));
  const torch::Tensor alpha = segment_softmax(scores, batch.title_of_word, title_of_word,
                                              batch.instances);  // Eq. 12
  return std::get<0>(torch::embedding_bag(table, words, view_of(batch.titles.offsets), false,
                                          /*mode=sum*/ 0, false, alpha));  // Eq. 13
}

torch::Tensor TorchNetwork::match_of(const Instances& instances) const {
  return view_of(instances.match, {static_cast<int64_t>(instances.search.size()), kMatchInputs});
}

torch::Tensor TorchNetwork::shared_layers(const Instances& instances, const torch::Tensor& context,
                                          const torch::Tensor& target) const {
  const torch::Tensor search = view_of(instances.search);
  // Eq. 5-6. The context's part of the first layer is computed once for each search, the target's
  // part once for each instance.
  const torch::Tensor& first = at("mlp.0.weight");
  const int64_t width = context.size(1);
  const torch::Tensor context_part =
      torch::addmm(at("mlp.0.bias"), context, first.slice(1, 0, width).t());
  torch::Tensor h = torch::addmm(context_part.index_select(0, search), target,
                                 first.slice(1, width, first.size(1)).t());
  if (options_.match_inputs && instances.task == Task::kMain) {
    h = torch::addmm(h, match_of(instances), at("match.inputs"));
  }
  h = torch::relu(h);
  for (size_t i = 1; i < options_.hidden.size(); ++i) {  // Eq. 7
    const std::string layer = "mlp." + std::to_string(i);
    h = torch::relu(torch::addmm(at(layer + ".bias"), h, at(layer + ".weight").t()));
  }
  return h;
}

TorchNetwork::Context TorchNetwork::context_of(const Batch& batch,
                                               const torch::Tensor& table) const {
  std::vector<torch::Tensor> parts;
  for (const Bags& bags : batch.groups) parts.push_back(pooled(table, bags));
  Context context{parts[0], parts[1], torch::cat(parts, 1)};
  if (!batch.context_mask.empty()) {
    context.groups = context.groups *
                     view_of(batch.context_mask, {static_cast<int64_t>(batch.searches),
                                                  groups_ * static_cast<int64_t>(options_.dim)});
  }
  return context;
}

torch::Tensor TorchNetwork::head_logits(const Context& context, const Instances& instances) const {
  const torch::Tensor search = view_of(instances.search);
  const torch::Tensor& target = instances.target;
  const bool is_main = instances.task == Task::kMain;
  torch::Tensor out;
  if (options_.dot != DotHead::kAlone) {
    const torch::Tensor h = shared_layers(instances, context.groups, target);
    const std::string head = is_main ? "head.main" : "head.aux";
    out = torch::mv(h, at(head + ".weight")) + at(head + ".bias");  // Eq. 8
  }
  if (options_.dot != DotHead::kNone) {
    torch::Tensor c = context.groups;
    for (size_t i = 0; i <= options_.dot_hidden.size(); ++i) {
      const std::string layer = "dot.context." + std::to_string(i);
      c = torch::addmm(at(layer + ".bias"), c, at(layer + ".weight").t());
      if (i < options_.dot_hidden.size()) c = torch::relu(c);
    }
    const torch::Tensor p = torch::matmul(target, at("dot.target.weight").t());
    torch::Tensor dot = (c.index_select(0, search) * p).sum(1);
    if (is_main) {
      dot = dot + torch::mv(target, at("dot.target.popularity"));
    } else if (!out.defined()) {
      dot = dot + at("head.aux.bias");
    }
    out = out.defined() ? out + dot : dot;
  }
  if (options_.exact_match && is_main) {
    out = out + torch::mv(match_of(instances).slice(1, 0, 2), at("match.weight"));
  }
  return out;
}

torch::Tensor TorchNetwork::batch_logits(const Batch& batch, const torch::Tensor& table,
                                         const Context& context) const {
  torch::Tensor target = batch.task == Task::kMain
                             ? table.index_select(0, view_of(batch.target))
                             : title_vectors(batch, table, context.user, context.query);
  if (!batch.target_mask.empty()) {
    target = target * view_of(batch.target_mask, {static_cast<int64_t>(batch.instances),
                                                  static_cast<int64_t>(options_.dim)});
  }
  return head_logits(context, {batch.task, target, batch.search, batch.match});
}

torch::Tensor TorchNetwork::point_logits(const Batch& batch, const torch::Tensor& table,
                                         const Context& context) const {
  const Batch::Points& points = batch.points;
  torch::Tensor target = table.index_select(0, view_of(points.target));
  if (!points.mask.empty()) target = target * view_of(points.mask, target.sizes().vec());
  return head_logits(context, {Task::kMain, target, points.search, points.match}) +
         at("points.offset");
}

torch::Tensor TorchNetwork::logits(const Batch& batch, const torch::Tensor& table) const {
  return batch_logits(batch, table, context_of(batch, table));
}

TrainingLogits TorchNetwork::training_logits(const Batch& batch, const torch::Tensor& table) const {
  const Context context = context_of(batch, table);
  TrainingLogits out{batch_logits(batch, table, context), {}, {}};
  if (batch.task == Task::kMain) {
    if (position_correction_) {
      out.instances = out.instances + at("position").index_select(0, view_of(batch.place));
    }
    return out;
  }
  if (!batch.points.target.empty()) out.points = point_logits(batch, table, context);
  if (examination_) out.log_examined = log_examination().index_select(0, view_of(batch.place));
  return out;
}

// [kPlaces] log P(looked at), which is 0 at the first place: from clicks alone, only ratios follow.
torch::Tensor TorchNetwork::log_examination() const {
  return torch::cat({torch::zeros({1}), torch::log_sigmoid(at("examination"))});
}

std::vector<float> TorchNetwork::examination() const {
  if (!examination_) return {};
  const torch::NoGradGuard no_grad;
  const torch::Tensor e = torch::exp(log_examination()).contiguous();
  return {e.data_ptr<float>(), e.data_ptr<float>() + e.numel()};
}

}  // namespace barker
