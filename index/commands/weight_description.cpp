#include "index/commands/weight_description.h"

#include <ctime>

#include "models/weights/weights_generated.h"

namespace barker {
namespace {

using Json = nlohmann::ordered_json;

std::string utc(int64_t seconds) {
  const std::time_t time = seconds;
  std::tm parts{};
  gmtime_r(&time, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

std::string text(const flatbuffers::String* s) { return s ? s->str() : std::string(); }

}  // namespace

nlohmann::ordered_json describe_weights(const WeightFile& file) {
  const fbs::Weights& w = file.metadata();
  const fbs::ModelCard& card = file.card();
  const fbs::Architecture& a = file.architecture();
  char digest[40];
  file.write_digest(digest);
  Json json = {{"file", file.path()},
               {"digest", digest},
               {"bytes", file.header().file_size},
               {"format_version", file.header().format_version},
               {"name", text(card.name())},
               {"version", text(card.version())},
               {"model", text(card.model())},
               {"created", utc(card.created())},
               {"data_digest", text(card.data_digest())}};
  json["metrics"] = Json::array();
  if (card.metrics()) {
    for (const fbs::Metric* m : *card.metrics()) {
      json["metrics"].push_back({{"name", text(m->name())},
                                 {"value", m->value()},
                                 {"low", m->low()},
                                 {"high", m->high()}});
    }
  }
  json["notes"] = Json::object();
  if (card.notes()) {
    for (const fbs::Note* n : *card.notes()) json["notes"][text(n->key())] = text(n->value());
  }
  Json groups = Json::array();
  for (const fbs::Group* g : *a.groups()) {
    groups.push_back({{"name", text(g->name())},
                      {"keywords", g->keywords()},
                      {"max_tokens", g->max_tokens()},
                      {"hash_buckets", g->hash_buckets()}});
  }
  Json hidden = Json::array();
  if (a.hidden()) {
    for (const uint32_t size : *a.hidden()) hidden.push_back(size);
  }
  json["architecture"] = {{"dim", a.dim()},
                          {"groups", groups},
                          {"hidden", hidden},
                          {"folded_rows", a.folded_rows()},
                          {"auxiliary_task", a.has_auxiliary()},
                          {"attention_dim", a.attention_dim()},
                          {"dot_dim", a.dot_dim()},
                          {"history_match", a.history_match()},
                          {"match_inputs", a.match_inputs()}};
  json["keywords"] = w.keyword_rows();
  json["features"] = w.named_rows() - w.keyword_rows();
  json["golden_vectors"] = w.golden()->size();
  for (const fbs::Tensor* t : *w.tensors()) {
    Json shape = Json::array();
    for (const uint64_t extent : *t->shape()) shape.push_back(extent);
    json["tensors"].push_back({{"name", text(t->name())},
                               {"dtype", fbs::EnumNameDType(t->dtype())},
                               {"shape", shape},
                               {"bytes", t->size()}});
  }
  return json;
}

}  // namespace barker
