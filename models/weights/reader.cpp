// Turns a weight file back into the description from which it was written.
#include "models/base/half.h"
#include "models/weights/layout.h"
#include "models/weights/weight_file.h"
#include "models/weights/weights_generated.h"
#include "models/weights/writer.h"

namespace barker {
namespace {

BagSpec bag_of(const fbs::Bag& bag) {
  BagSpec out;
  if (bag.fingerprints()) {
    out.fingerprints.assign(bag.fingerprints()->begin(), bag.fingerprints()->end());
  }
  if (bag.weights()) out.weights.assign(bag.weights()->begin(), bag.weights()->end());
  return out;
}

template <typename T>
std::vector<T> list_of(const flatbuffers::Vector<T>* from) {
  return from ? std::vector<T>(from->begin(), from->end()) : std::vector<T>();
}

GoldenSpec golden_of(const fbs::GoldenVector& golden) {
  GoldenSpec out;
  for (const fbs::Bag* bag : *golden.groups()) out.groups.push_back(bag_of(*bag));
  out.candidates = list_of(golden.candidates());
  out.main_logits = list_of(golden.main_logits());
  if (golden.titles()) {
    for (const fbs::Bag* bag : *golden.titles()) out.titles.push_back(bag_of(*bag));
  }
  out.aux_logits = list_of(golden.aux_logits());
  return out;
}

ArchitectureSpec architecture_of(const fbs::Architecture& a) {
  ArchitectureSpec out;
  out.dim = a.dim();
  for (const fbs::Group* group : *a.groups()) {
    out.groups.push_back(
        {group->name()->str(), group->keywords(), group->max_tokens(), group->hash_buckets()});
  }
  out.hidden = list_of(a.hidden());
  out.has_auxiliary = a.has_auxiliary();
  out.attention_dim = a.attention_dim();
  if (a.has_auxiliary()) {
    out.attention_user_group = out.groups[a.attention_user_group()].name;
    out.attention_query_group = out.groups[a.attention_query_group()].name;
  }
  out.dot_dim = a.dot_dim();
  out.dot_hidden = list_of(a.dot_hidden());
  out.main_scale = a.main_scale();
  out.main_offset = a.main_offset();
  out.aux_scale = a.aux_scale();
  out.aux_offset = a.aux_offset();
  out.tables = a.tables() == fbs::DType_F16 ? TableElement::kF16 : TableElement::kF32;
  out.compute = static_cast<ComputeSpec>(a.compute());
  out.compute_bound = a.compute_bound();
  out.screen = a.screen();
  out.history_match = a.history_match();
  out.match_inputs = a.match_inputs();
  return out;
}

CardSpec card_of(const fbs::ModelCard& card) {
  CardSpec out;
  out.name = card.name()->str();
  out.version = card.version()->str();
  out.model = card.model()->str();
  out.created = card.created();
  if (card.data_digest()) out.data_digest = card.data_digest()->str();
  if (card.metrics()) {
    for (const fbs::Metric* m : *card.metrics()) {
      out.metrics.push_back({m->name()->str(), m->value(), m->low(), m->high()});
    }
  }
  if (card.notes()) {
    for (const fbs::Note* n : *card.notes())
      out.notes.emplace_back(n->key()->str(), n->value()->str());
  }
  return out;
}

}  // namespace

ModelSpec read_model(const WeightFile& file) {
  const fbs::Weights& w = file.metadata();
  ModelSpec model;
  model.architecture = architecture_of(file.architecture());
  model.card = card_of(file.card());
  for (uint32_t row = 0; row < w.named_rows(); ++row) {
    model.names.emplace_back(file.vocabulary().text(row));
  }
  model.keyword_rows = w.keyword_rows();
  model.phrases = file.phrases();
  model.folded_rows = file.architecture().folded_rows();
  for (const fbs::Tensor* tensor : *w.tensors()) {
    const std::string name = tensor->name()->str();
    if (!is_trained(name)) continue;
    std::vector<float>& values = model.tensors[name];
    if (tensor->dtype() == fbs::DType_F16) {
      const auto* halves = static_cast<const Half*>(file.table(name));
      const size_t count = tensor->size() / sizeof(Half);
      values.resize(count);
      for (size_t i = 0; i < count; ++i) values[i] = half_to_float(halves[i]);
    } else {
      const std::span<const float> floats = file.floats(name);
      values.assign(floats.begin(), floats.end());
    }
  }
  const auto copy = [](const auto& from, auto& to) { to.assign(from.begin(), from.end()); };
  const ClickRates& rates = file.click_rates();
  copy(rates.queries, model.click_rates.queries);
  copy(rates.begins, model.click_rates.begins);
  copy(rates.rows, model.click_rates.rows);
  copy(rates.values, model.click_rates.values);
  copy(rates.prior, model.click_rates.prior);
  copy(rates.evidence, model.click_rates.evidence);
  for (const fbs::GoldenVector* golden : *w.golden()) model.golden.push_back(golden_of(*golden));
  model.golden_tolerance = w.golden_tolerance();
  return model;
}

}  // namespace barker
