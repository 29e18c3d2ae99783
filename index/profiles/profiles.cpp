#include "index/profiles/profiles.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <unordered_set>

#include "index/catalogue/catalogue.h"
#include "models/text/text.h"

namespace barker {
namespace {

using Json = nlohmann::json;  // not the ordered type, for the reason given in catalogue.cpp

const std::vector<std::string_view> kFields = {"user", "keywords", "groups"};

std::optional<std::string> scalar(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number() || value.is_boolean()) return value.dump();
  return std::nullopt;
}

// Reads the lines of one file. What is dropped of a user is reported beside the lines that are bad.
class ProfileReader {
 public:
  ProfileReader(const LineReader& lines, BadLines& bad) : lines_(lines), bad_(bad) {}

  std::optional<Profile> read(std::string_view line) {
    const Json json = Json::parse(sanitize_utf8(line), nullptr, false);
    if (!json.is_object()) {
      report(json.is_discarded() ? "not JSON" : "expected a JSON object");
      return std::nullopt;
    }
    look_for_misspelt_fields(json);
    Profile profile;
    const auto user = json.find("user");
    if (user != json.end()) profile.user = scalar(*user).value_or("");
    if (profile.user.empty()) {
      report("user: missing or no text");
      return std::nullopt;
    }
    if (json.contains("keywords")) profile.keywords = texts(json["keywords"], "keywords");
    const auto groups = json.find("groups");
    if (groups == json.end() || groups->is_null()) return profile;
    if (!groups->is_object()) {
      report(std::string("groups: expected an object, found ") + groups->type_name() +
             "; it was dropped");
      return profile;
    }
    for (const auto& [name, tokens] : groups->items()) {
      profile.groups.emplace_back(name, texts(tokens, "groups." + name));
    }
    return profile;
  }

 private:
  void report(const std::string& what) { bad_.add(lines_.number(), reportable(what)); }

  // One text where a list is expected is a list of it.
  std::vector<std::string> texts(const Json& value, const std::string& field) {
    std::vector<std::string> all;
    const auto add = [&](const Json& item) {
      if (item.is_null()) return;
      if (std::optional<std::string> text = scalar(item)) {
        all.push_back(*std::move(text));
      } else {
        report(field + ": expected texts, found " + item.type_name() + "; it was dropped");
      }
    };
    if (value.is_array()) {
      for (const Json& item : value) add(item);
    } else {
      add(value);
    }
    return all;
  }

  // Names a field that resembles one of ours once.
  void look_for_misspelt_fields(const Json& json) {
    for (const auto& [name, value] : json.items()) {
      if (unknown_.size() >= FeedNotes::kMostUnknownNames) return;
      if (std::ranges::find(kFields, name) != kFields.end()) continue;
      if (!unknown_.insert(name).second) continue;
      const std::string_view meant = probably_meant(name, kFields);
      if (meant.empty()) continue;
      report("the field \"" + name + "\" is not read; did you mean \"" + std::string(meant) +
             "\"?");
    }
  }

  const LineReader& lines_;
  BadLines& bad_;
  std::unordered_set<std::string> unknown_;
};

}  // namespace

Result<std::unordered_map<std::string, Profile>> read_profiles(const std::string& path,
                                                               BadLines& bad) {
  Result<LineReader> lines = LineReader::open(path);
  if (!lines.ok()) return lines.status();
  std::unordered_map<std::string, Profile> profiles;
  ProfileReader reader(*lines, bad);
  std::string_view line;
  while (lines->next(line)) {
    if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
    if (std::optional<Profile> profile = reader.read(line)) {
      Profile& known = profiles[profile->user];
      known = *std::move(profile);
    }
  }
  if (!lines->status().ok()) return lines->status();
  return profiles;
}

}  // namespace barker
