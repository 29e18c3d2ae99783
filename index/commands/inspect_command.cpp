#include <ctime>
#include <iomanip>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "index/commands/commands.h"
#include "models/base/exit_code.h"
#include "models/command/options.h"
#include "models/text/text.h"
#include "models/weights/weight_file.h"
#include "models/weights/weight_path.h"
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

Json describe(const WeightFile& file) {
  const fbs::Weights& w = file.metadata();
  const fbs::ModelCard& card = file.card();
  const fbs::Architecture& a = file.architecture();
  Json json = {{"file", file.path()},
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
                          {"dot_dim", a.dot_dim()}};
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

// Names, notes and metrics were written by others, so they are cleaned for the terminal.
void print(const Json& j, std::ostream& out) {
  const auto plain = [](const Json& value) {
    return visible(value.is_string() ? value.get<std::string>()
                                     : value.dump(-1, ' ', false, Json::error_handler_t::replace));
  };
  for (const char* key : {"file", "bytes", "format_version", "name", "version", "model", "created",
                          "data_digest", "keywords", "features", "golden_vectors"}) {
    out << std::left << std::setw(16) << key << plain(j[key]) << "\n";
  }
  for (const auto& [key, value] : j["architecture"].items()) {
    if (key != "groups") out << std::setw(16) << key << plain(value) << "\n";
  }
  for (const Json& g : j["architecture"]["groups"])
    out << std::setw(16) << "group" << plain(g) << "\n";
  for (const Json& m : j["metrics"]) {
    out << std::setw(16) << "metric" << std::setw(28) << plain(m["name"]) << std::fixed
        << std::setprecision(4) << m["value"].get<double>() << "  [" << m["low"].get<double>()
        << ", " << m["high"].get<double>() << "]\n";
  }
  for (const auto& [key, value] : j["notes"].items())
    out << std::setw(16) << "note" << visible(key) << ": " << plain(value) << "\n";
  for (const Json& t : j["tensors"]) {
    out << std::setw(16) << "tensor" << std::setw(28) << plain(t["name"]) << plain(t["dtype"])
        << " " << t["shape"].dump() << "\n";
  }
}

}  // namespace

Command add_inspect_command(CLI::App& app) {
  struct Options {
    std::string file;
    bool json = false;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("inspect", "Print what a weight file holds");
  command
      ->add_option("weights,--weights", options->file,
                   "Weight file, or weights directory for its CURRENT version")
      ->required()
      ->type_name(kFileOrDirectory);
  command->add_flag("--json", options->json, "Print JSON")->group(kOutput);
  return [options]() -> Result<int> {
    const Result<std::string> path = resolve_weights_path(options->file);
    if (!path.ok()) return path.status();
    const auto file = WeightFile::open(*path);
    if (!file.ok()) return file.status();
    const Json json = describe(**file);
    if (options->json) {
      std::cout << json.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
    } else {
      print(json, std::cout);
    }
    return kExitOk;
  };
}

}  // namespace barker
