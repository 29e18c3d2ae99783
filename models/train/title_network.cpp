#include <algorithm>

#include "models/train/adam.h"
#include "models/train/freeze_torch.h"
#include "models/train/noise.h"
#include "models/train/tensor_views_torch.h"
#include "models/train/title_network_torch.h"
#include "models/train/word_pairs_torch.h"

namespace barker {
namespace {

ModelPlan plan_of(const TestedWords& words) {
  ModelPlan plan;
  plan.groups = {{kHistoryGroup, GroupSource::kHistory}, {kQueryGroup, GroupSource::kQuery}};
  plan.keywords = static_cast<uint32_t>(words.words.size());
  return plan;
}

constexpr double kCode = .1;  // by this a word's codes are smaller than its signs

}  // namespace

TitleNetwork::TitleNetwork(const TestedWords& words, const TitleOptions& options,
                           const LinearTitle* linear, const WordCodes& codes)
    : words_(words),
      options_(options),
      plan_(plan_of(words)),
      network_(plan_, options.train),
      is_linear_(linear != nullptr) {
  const torch::NoGradGuard no_grad;
  start_table(linear, codes);
  start_layers();
  if (linear) start_as(*linear, codes.size);
  moments_.push_back({torch::zeros_like(table_), torch::zeros_like(table_)});
  for (const Parameter& p : network_.parameters()) {
    moments_.push_back({torch::zeros_like(p.value), torch::zeros_like(p.value)});
  }
}

uint32_t TitleNetwork::most_codes(const ModelOptions& model) {
  if (model.dot == DotHead::kAlone || model.hidden.size() != 1) return 0;
  return std::min(model.hidden[0] / 2, model.dim / 2);
}

// Column 0 is what the linear model says of a word, the next ones are its codes.
void TitleNetwork::start_table(const LinearTitle* linear, const WordCodes& codes) {
  const TrainOptions& train = options_.train;
  const auto dim = static_cast<int64_t>(train.model.dim);
  torch::manual_seed(train.seed);
  table_ = torch::zeros({static_cast<int64_t>(plan_.rows()), dim});
  torch::Tensor rows = table_.slice(0, 0, static_cast<int64_t>(plan_.keywords));
  rows.normal_(0, train.init_deviation);
  if (train.init == Initialisation::kSvd) {
    PairCounts pairs(plan_.keywords);
    for (size_t t = 0; t < words_.of_training; ++t) pairs.add(words_.titles[t]);
    // The linear model's columns are taken.
    const auto begin = linear ? int64_t{1} + codes.size : int64_t{0};
    const torch::Tensor places =
        truncated_svd(pairs.ppmi(), static_cast<uint32_t>(dim - begin), train.seed);
    const double spread = std::max(places.std().item<double>(), 1e-12);
    rows.zero_();
    rows.slice(1, begin, begin + places.size(1)).copy_(places * (train.init_deviation / spread));
  }
  if (linear && codes.size > 0) {
    rows.slice(1, 1, 1 + codes.size)
        .copy_(view_of(codes.signs, {rows.size(0), codes.size}) * kCode);
  }
  start_ = table_.clone();
  if (linear) {
    const std::vector<float> scores(linear->words.begin(), linear->words.end());
    rows.select(1, 0).copy_(torch::tensor(scores));
    start_.select(1, 0).zero_();  // what a word scores is penalised as a whole
  }
  table_.set_requires_grad(true);
}

// Nothing is known of users and queries here, so what they enter by is zero. It gets no gradient
// and stays zero: a title scores the same for everybody.
void TitleNetwork::start_layers() {
  const ModelOptions& m = options_.train.model;
  const auto context = static_cast<int64_t>(plan_.groups.size() * m.dim);
  for (const char* part : {"attention.user", "attention.query"}) layer(part).zero_();
  layer("attention.score").zero_();  // attention starts as the mean
  layer("dot.target.popularity").zero_();
  layer("dot.context.0.weight").zero_();
  if (m.dot != DotHead::kAlone) layer("mlp.0.weight").slice(1, 0, context).zero_();
}

// Makes the network the linear model: c(context) = (1, 0, ...), P's first row takes the first
// number of a word, and pairs of units of the first layer take the absolute values of the codes.
void TitleNetwork::start_as(const LinearTitle& linear, uint32_t codes) {
  const ModelOptions& m = options_.train.model;
  const std::string last = "dot.context." + std::to_string(m.dot_hidden.size()) + ".";
  layer(last + "weight").zero_();
  layer(last + "bias").zero_();
  layer(last + "bias").slice(0, 0, 1).fill_(1);
  torch::Tensor projection = layer("dot.target.weight");
  projection.select(0, 0).zero_();
  projection.slice(0, 0, 1).slice(1, 0, 1).fill_(1);
  if (m.dot == DotHead::kAlone) return;
  torch::Tensor head = layer("head.aux.weight"), first = layer("mlp.0.weight");
  head.zero_();
  const auto context = static_cast<int64_t>(plan_.groups.size() * m.dim);
  for (int64_t unit = 0; unit < int64_t{2} * codes; ++unit) {
    first.select(0, unit).zero_();
    first.select(0, unit)
        .slice(0, context + 1 + unit / 2, context + 2 + unit / 2)
        .fill_(unit % 2 == 0 ? 1 : -1);
    layer("mlp.0.bias").slice(0, unit, unit + 1).zero_();
    head.slice(0, unit, unit + 1).fill_(linear.code / (codes * kCode));
  }
}

torch::Tensor TitleNetwork::layer(const std::string& name) const {
  return network_.at(name).detach();  // shares its memory
}

Batch TitleNetwork::batch_of(std::span<const uint32_t> titles, Noise key) const {
  Batch batch;
  batch.task = Task::kAuxiliary;
  batch.searches = 1;
  batch.instances = titles.size();
  batch.groups.resize(plan_.groups.size());
  for (Bags& group : batch.groups) group.offsets.push_back(0);
  batch.search.assign(titles.size(), 0);
  for (size_t i = 0; i < titles.size(); ++i) {
    batch.titles.offsets.push_back(static_cast<int64_t>(batch.titles.values.size()));
    const std::vector<uint32_t>& words = words_.titles[titles[i]];
    for (size_t w = 0; w < words.size(); ++w) {
      if (key && unit_interval(noise(noise(*key, titles[i]), w)) < options_.word_dropout) continue;
      batch.titles.values.push_back(words[w]);
      batch.title_of_word.push_back(static_cast<int64_t>(i));
    }
  }
  const double rate = options_.train.dropout;
  if (!key || rate <= 0) return batch;
  const size_t size = titles.size() * options_.train.model.dim;
  const auto kept = static_cast<float>(1 / (1 - rate));
  const uint64_t mask_key = noise(*key, ~uint64_t{0});
  for (size_t i = 0; i < size; ++i) {
    batch.target_mask.push_back(unit_interval(noise(mask_key, i)) < rate ? 0.0f : kept);
  }
  return batch;
}

torch::Tensor TitleNetwork::scores(std::span<const uint32_t> titles, Noise noise) const {
  batch_ = batch_of(titles, noise);
  return network_.logits(batch_, table_);
}

void TitleNetwork::take_step(const torch::Tensor& loss, double rate, double word_penalty) {
  std::vector<torch::Tensor> values = {table_};
  for (const Parameter& p : network_.parameters()) values.push_back(p.value);
  std::vector<torch::Tensor> gradients =
      torch::autograd::grad({loss}, values, {}, c10::nullopt, false, /*allow_unused=*/true);
  const torch::NoGradGuard no_grad;
  torch::Tensor beyond = (table_.detach() - start_) * options_.train.embedding_l2;
  if (is_linear_) beyond.select(1, 0).copy_(table_.detach().select(1, 0) * word_penalty);
  gradients[0] = gradients[0] + beyond;
  gradients[0].slice(0, plan_.keywords).zero_();  // an unknown word says nothing
  ++steps_;
  for (size_t i = 0; i < values.size(); ++i) {
    if (!gradients[i].defined()) continue;
    const torch::Tensor g = gradients[i].contiguous();
    adam({rate, steps_}, g.data_ptr<float>(), static_cast<size_t>(g.numel()),
         values[i].data_ptr<float>(), moments_[i].first.data_ptr<float>(),
         moments_[i].second.data_ptr<float>());
  }
}

TitleNetwork::Weights TitleNetwork::copy() const {
  Weights weights{table_.detach().clone(), {}};
  for (const Parameter& p : network_.parameters())
    weights.layers.push_back(p.value.detach().clone());
  return weights;
}

void TitleNetwork::restore(const Weights& weights) {
  const torch::NoGradGuard no_grad;
  table_.copy_(weights.table);
  for (size_t i = 0; i < weights.layers.size(); ++i) {
    network_.parameters()[i].value.copy_(weights.layers[i]);
  }
}

// A selling point was never shown, so it counts like a title of this one word: the main head is the
// auxiliary one, from which fine-tuning would start, too (Schedule::kPretrain).
ModelSpec TitleNetwork::model(double offset) const {
  const torch::NoGradGuard no_grad;
  ModelSpec model;
  describe_network(plan_, options_.train.model, model);
  model.names = words_.words;
  model.phrases.emplace();
  add_tensors(plan_, network_, table_.detach(), model);
  if (!model.architecture.hidden.empty()) {
    model.tensors["head.main.weight"] = model.tensors.at("head.aux.weight");
    model.tensors["head.main.bias"] = model.tensors.at("head.aux.bias");
  }
  model.architecture.aux_offset = static_cast<float>(offset);
  model.architecture.main_offset = static_cast<float>(offset);
  model.golden = golden();
  return model;
}

// The trainer's own outputs, which every machine that serves the file must reproduce.
std::vector<GoldenSpec> TitleNetwork::golden() const {
  constexpr size_t kVectors = 16, kTitles = 8;
  std::vector<GoldenSpec> all;
  const size_t titles = words_.titles.size();
  for (size_t v = 0; v < std::min(kVectors, titles); ++v) {
    std::vector<uint32_t> chosen;
    for (size_t i = 0; i < std::min(kTitles, titles); ++i) {
      chosen.push_back(static_cast<uint32_t>((v * kTitles + i) * titles / (kVectors * kTitles)));
    }
    GoldenSpec& golden = all.emplace_back();
    golden.groups.resize(plan_.groups.size());
    for (const uint32_t title : chosen) {
      BagSpec& bag = golden.titles.emplace_back();
      for (const uint32_t word : words_.titles[title]) {
        bag.fingerprints.push_back(fingerprint(words_.words[word]));
      }
    }
    const torch::Tensor logits = scores(chosen, std::nullopt).contiguous();
    golden.aux_logits.assign(logits.data_ptr<float>(), logits.data_ptr<float>() + logits.numel());
  }
  return all;
}

}  // namespace barker
