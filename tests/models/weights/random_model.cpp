#include "tests/models/weights/random_model.h"

#include <random>

#include "models/weights/format.h"

namespace barker {

ModelSpec random_model(uint64_t seed, const RandomModelOptions& o) {
  std::mt19937_64 random(seed);
  std::normal_distribution<float> normal(0, 0.4f);
  ModelSpec model;
  ArchitectureSpec& a = model.architecture;
  a.dim = o.dim;
  a.groups = {{kHistoryGroup, true, 200, 0}, {kQueryGroup, true, 0, 0}, {"profile", false, 0, 0}};
  if (o.uid_buckets > 0) a.groups.push_back({kUserIdGroup, false, 0, o.uid_buckets});
  a.hidden = o.hidden;
  a.has_auxiliary = o.auxiliary;
  a.attention_dim = o.auxiliary ? o.dim + 3 : 0;
  a.dot_dim = o.dot_dim;
  if (o.dot_dim > 0) a.dot_hidden = {20};
  model.card = {"random",          "1", "AMTDL", 1'700'000'000, "0123", {{"auc", 0.7, 0.6, 0.8}},
                {{"key", "value"}}};
  for (uint32_t i = 0; i < o.keywords; ++i) model.names.push_back("word" + std::to_string(i));
  for (uint32_t i = 0; i < o.features; ++i) model.names.push_back("profile=f" + std::to_string(i));
  model.keyword_rows = o.keywords;
  model.folded_rows = o.folded;
  const auto tensor = [&](const std::string& name, size_t size) {
    std::vector<float>& values = model.tensors[name];
    values.resize(size);
    for (float& value : values) value = normal(random);
  };
  const size_t context = a.groups.size() * o.dim;
  tensor("embedding", (size_t{o.keywords} + o.features + o.uid_buckets) * o.dim);
  size_t in = context + o.dim;
  for (size_t i = 0; i < o.hidden.size(); ++i) {
    tensor("mlp." + std::to_string(i) + ".weight", in * o.hidden[i]);
    tensor("mlp." + std::to_string(i) + ".bias", o.hidden[i]);
    in = o.hidden[i];
  }
  if (!o.hidden.empty()) {
    tensor("head.main.weight", in);
    tensor("head.main.bias", 1);
  }
  if (o.auxiliary) {
    if (!o.hidden.empty()) tensor("head.aux.weight", in);
    tensor("head.aux.bias", 1);
    for (const char* part : {"attention.user", "attention.query", "attention.title"}) {
      tensor(part, size_t{a.attention_dim} * o.dim);
    }
    tensor("attention.score", a.attention_dim);
  }
  if (o.dot_dim > 0) {
    tensor("dot.context.0.weight", context * 20);
    tensor("dot.context.0.bias", 20);
    tensor("dot.context.1.weight", size_t{20} * o.dot_dim);
    tensor("dot.context.1.bias", o.dot_dim);
    tensor("dot.target.weight", size_t{o.dot_dim} * o.dim);
    tensor("dot.target.bias", model.names.size());
  }
  a.history_match = o.history_match;
  if (o.history_match) tensor("match.weight", 2);
  a.match_inputs = o.match_inputs;
  if (o.match_inputs) tensor("match.inputs", size_t{kMatchInputs} * o.hidden.front());
  if (o.click_rates) {
    ClickRateTable& rates = model.click_rates;
    for (uint32_t i = 0; i < o.keywords; ++i) {
      rates.prior.push_back(static_cast<float>(i % 10) / 10);
      rates.evidence.push_back(static_cast<float>(i));
    }
    rates.queries = {10, 20, 30};
    rates.begins = {0, 2, 4, 6};
    rates.rows = {1, 4, 0, 2, 3, 9};
    rates.values = {0.5f, 0.1f, 0, 1, 0.25f, 0.75f};
  }
  return model;
}

}  // namespace barker
