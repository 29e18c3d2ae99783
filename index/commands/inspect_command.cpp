#include <iomanip>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "index/commands/commands.h"
#include "index/commands/weight_description.h"
#include "models/base/exit_code.h"
#include "models/command/options.h"
#include "models/text/text.h"
#include "models/weights/weight_file.h"
#include "models/weights/weight_path.h"

namespace barker {
namespace {

using Json = nlohmann::ordered_json;

// Names, notes and metrics were written by others, so they are cleaned for the terminal.
void print(const Json& j, std::ostream& out) {
  const auto plain = [](const Json& value) {
    return visible(value.is_string() ? value.get<std::string>()
                                     : value.dump(-1, ' ', false, Json::error_handler_t::replace));
  };
  for (const char* key : {"file", "digest", "bytes", "format_version", "name", "version", "model",
                          "created", "data_digest", "keywords", "features", "golden_vectors"}) {
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
  CLI::App* command = add_subcommand(app, "inspect", "Print what a weight file holds");
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
    const Json json = describe_weights(**file);
    if (options->json) {
      std::cout << json.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
    } else {
      print(json, std::cout);
    }
    return kExitOk;
  };
}

}  // namespace barker
