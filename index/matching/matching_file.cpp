#include "index/matching/matching_file.h"

#include <filesystem>

#include "index/matching/matching.h"
#include "models/base/file_bytes.h"
#include "models/base/output_file.h"
#include "models/base/toml_text.h"

namespace barker {
namespace {

constexpr size_t kMostBytes = 1 << 16;
constexpr const char* kName = "matching.toml";

Status other_rules(const std::string& path) {
  return bad_data(path +
                  ": the index was made by other rules of matching; run `barker index` again");
}

}  // namespace

Status write_matching_rules(const MatchingRules& rules, const std::string& directory) {
  toml::array languages;
  for (const std::string& language : rules.languages) languages.push_back(language);
  std::ostringstream text;
  text << toml::table{{"scheme", kMatchingScheme}, {"languages", std::move(languages)}} << '\n';
  OutputFile file = OutputFile::in(directory, kName);
  file.write(text.str());
  return file.close();
}

Result<MatchingRules> read_matching_rules(const std::string& directory) {
  const std::string path = directory + "/" + kName;
  if (!std::filesystem::exists(path)) return other_rules(path);
  const Result<std::string> text = read_small_file(path, kMostBytes);
  if (!text.ok()) return text.status();
  const Result<toml::table> table = parse_toml(*text);
  if (!table.ok()) return bad_data(path + ": " + table.status().message());
  const toml::array* languages = (*table)["languages"].as_array();
  if ((*table)["scheme"].value_or(0) != kMatchingScheme || !languages) return other_rules(path);
  MatchingRules rules;
  rules.languages.clear();
  for (const toml::node& language : *languages) {
    rules.languages.push_back(language.value_or(std::string()));
  }
  return rules;
}

}  // namespace barker
