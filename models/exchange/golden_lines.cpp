#include "models/exchange/golden_lines.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "models/base/number_text.h"
#include "models/data/json_fields.h"
#include "models/text/keywords.h"

namespace barker {
namespace {

using json_fields::Json;
using json_fields::Wrong;

constexpr std::string_view kHashPrefix = "xxh3:";
constexpr size_t kHashDigits = 16;

bool read_hash(std::string_view token, Fingerprint& out) {
  if (!token.starts_with(kHashPrefix) || token.size() != kHashPrefix.size() + kHashDigits) {
    return false;
  }
  const char* const end = token.data() + token.size();
  return std::from_chars(token.data() + kHashPrefix.size(), end, out, 16).ptr == end;
}

std::vector<float> read_logits(const Json& line, const char* field, size_t expected) {
  std::vector<float> logits;
  if (const Json* values = json_fields::member(line, field)) {
    for (const Json& value : json_fields::read_array(*values, field)) {
      if (!value.is_number()) {
        throw Wrong{std::string(field) + ": expected numbers" + json_fields::found(value)};
      }
      logits.push_back(value.get<float>());
    }
  }
  if (logits.size() != expected) {
    throw Wrong{std::string(field) + ": expected " + std::to_string(expected) +
                " logits, one for each input, found " + std::to_string(logits.size())};
  }
  return logits;
}

}  // namespace

GoldenLines::GoldenLines(const ModelSpec& model) : model_(model) {
  for (const std::string& name : model.names) names_.emplace(fingerprint(name), &name);
}

// The fingerprint of a name that has a row.
Fingerprint GoldenLines::row_of(Fingerprint name, const std::string& text,
                                const std::string& field) const {
  if (names_.contains(name)) return name;
  throw Wrong{field + ": \"" + text + "\" is not in the vocabulary"};
}

BagSpec GoldenLines::read_bag(const GroupSpec& group, const FeatureGroup& tokens) const {
  BagSpec bag;
  bag.weights = tokens.weights;
  for (const std::string& token : tokens.tokens) {
    Fingerprint found = 0;
    if (!read_hash(token, found)) {
      found = group.keywords ? keyword_fingerprint(token) : feature_fingerprint(group.name, token);
    }
    bag.fingerprints.push_back(
        group.hash_buckets > 0 ? found : row_of(found, token, "groups." + group.name));
  }
  return bag;
}

BagSpec GoldenLines::read_keywords(const std::vector<std::string>& words,
                                   const std::string& field) const {
  BagSpec bag;
  for (const std::string& word : words) {
    Fingerprint found = 0;
    if (!read_hash(word, found)) found = keyword_fingerprint(word);
    bag.fingerprints.push_back(row_of(found, word, field));
  }
  return bag;
}

GoldenSpec GoldenLines::read_fields(const Json& line) const {
  GoldenSpec golden;
  const std::vector<GroupSpec>& groups = model_.architecture.groups;
  golden.groups.resize(groups.size());
  if (const Json* given = json_fields::member(line, "groups")) {
    for (const FeatureGroup& tokens : json_fields::read_groups(*given)) {
      const auto group = std::ranges::find(groups, tokens.name, &GroupSpec::name);
      if (group == groups.end()) {
        throw Wrong{"groups." + tokens.name + ": the model has no such group"};
      }
      golden.groups[static_cast<size_t>(group - groups.begin())] = read_bag(*group, tokens);
    }
  }
  if (const Json* words = json_fields::member(line, "candidates")) {
    golden.candidates =
        read_keywords(json_fields::read_strings(*words, "candidates"), "candidates").fingerprints;
  }
  golden.main_logits = read_logits(line, "main_logits", golden.candidates.size());
  if (const Json* titles = json_fields::member(line, "titles")) {
    for (const Json& title : json_fields::read_array(*titles, "titles")) {
      golden.titles.push_back(read_keywords(json_fields::read_strings(title, "titles"), "titles"));
    }
  }
  golden.aux_logits = read_logits(line, "aux_logits", golden.titles.size());
  if (!golden.titles.empty() && !model_.architecture.has_auxiliary) {
    throw Wrong{"titles: the model has no auxiliary task"};
  }
  if (golden.candidates.empty() && golden.titles.empty()) {
    throw Wrong{"expected candidates or titles, found neither"};
  }
  return golden;
}

Result<GoldenSpec> GoldenLines::read(std::string_view line) const {
  const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return bad_data("not JSON");
  if (!json.is_object()) return bad_data("expected an object" + json_fields::found(json));
  static constexpr const char* kMembers[] = {"groups", "candidates", "main_logits", "titles",
                                             "aux_logits"};
  for (const auto& [name, unused] : json.items()) {
    if (std::ranges::find(kMembers, name) == std::end(kMembers)) {
      return bad_data("no such field: \"" + name + "\"");
    }
  }
  try {
    return read_fields(json);
  } catch (const Wrong& wrong) {
    return bad_data(wrong.reason);
  }
}

std::string GoldenLines::text_of(Fingerprint fingerprint, const std::string& prefix) const {
  const auto name = names_.find(fingerprint);
  if (name != names_.end() && name->second->starts_with(prefix)) {
    return name->second->substr(prefix.size());
  }
  return std::string(kHashPrefix) + hex_text(fingerprint);
}

std::string GoldenLines::write(const GoldenSpec& golden) const {
  const auto words = [this](const std::vector<Fingerprint>& fingerprints,
                            const std::string& prefix = "") {
    Json out = Json::array();
    for (const Fingerprint f : fingerprints) out.push_back(text_of(f, prefix));
    return out;
  };
  Json line = {{"groups", Json::object()}};
  for (size_t g = 0; g < golden.groups.size(); ++g) {
    const GroupSpec& group = model_.architecture.groups[g];
    const BagSpec& bag = golden.groups[g];
    const std::string prefix = group.keywords ? "" : group.name + "=";
    const Json tokens = words(bag.fingerprints, prefix);
    Json& out = line["groups"][group.name];
    out = tokens;
    if (std::ranges::all_of(bag.weights, [](float weight) { return weight == 1; })) continue;
    out = Json::object();
    for (size_t i = 0; i < tokens.size(); ++i) {
      const std::string& token = tokens[i].get_ref<const std::string&>();
      out[token] = out.value(token, 0.0f) + bag.weights[i];
    }
  }
  line["candidates"] = words(golden.candidates);
  line["main_logits"] = golden.main_logits;
  if (!golden.titles.empty()) {
    line["titles"] = Json::array();
    for (const BagSpec& title : golden.titles) line["titles"].push_back(words(title.fingerprints));
    line["aux_logits"] = golden.aux_logits;
  }
  return line.dump();
}

}  // namespace barker
