#include "plugin/adapters/sphinx/control_file.h"

#include <cstdlib>
#include <filesystem>
#include <map>
#include <string_view>

#include "models/base/file_bytes.h"
#include "models/base/toml_text.h"

namespace barker::sphinx {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxSize = 64 << 10;

Status bad(const std::string& path, std::string_view key, const std::string& expected) {
  return {Code::kBadConfiguration, path + ": " + std::string(key) + ": expected " + expected};
}

std::string absolute(const std::string& file, const std::string& path) {
  return path.empty() ? path : (fs::path(file).parent_path() / path).string();
}

}  // namespace

Result<ControlFile> read_control_file(const std::string& path, const std::string& library) {
  const Result<std::string> text = read_small_file(path, kMaxSize);
  if (!text.ok()) return text.status();
  const Result<toml::table> table = parse_toml(*text);
  if (!table.ok()) return Status{Code::kBadConfiguration, path + ": " + table.status().message()};
  ControlFile control;
  control.library = library;
  const std::map<std::string_view, std::string*> paths = {
      {"weights", &control.weights}, {"library", &control.library},
      {"plugin", &control.plugin},   {"rules", &control.rules},
      {"admin", &control.admin},     {"experiments", &control.experiments},
      {"log", &control.log},
  };
  for (const auto& [key, node] : *table) {
    if (const auto found = paths.find(key.str()); found != paths.end()) {
      if (!node.is_string()) return bad(path, key.str(), "a path");
      *found->second = absolute(path, **node.as_string());
    } else if (key.str() == "shared_directory") {
      if (!node.is_boolean()) return bad(path, key.str(), "true or false");
      control.shared_directory = **node.as_boolean();
    } else if (key.str() == "probation_seconds") {
      const auto seconds = node.value<double>();
      if (!seconds || !(*seconds >= 0)) return bad(path, key.str(), "a number of seconds");
      control.probation_seconds = *seconds;
    } else {
      return bad(path, key.str(), "a key of a control file");
    }
  }
  if (control.weights.empty()) return bad(path, "weights", "a path, found nothing");
  return control;
}

std::string control_file_path(const std::string& library) {
  const char* const named = std::getenv("BARKER_SPHINX_CONFIG");
  if (named && *named) return named;
  return (fs::path(library).parent_path() / "barker_sphinx.toml").string();
}

}  // namespace barker::sphinx
