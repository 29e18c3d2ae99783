#include "index/profiles/profiles.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <unordered_set>

#include "index/catalogue/catalogue.h"
#include "index/profiles/profile_record.h"
#include "models/text/group_name.h"
#include "models/text/text.h"

namespace barker {
namespace {

using Json = nlohmann::json;  // not the ordered type, for the reason given in catalogue.cpp

const std::vector<std::string_view> kFields = {"user",     "keywords",   "groups", "keyword_times",
                                               "sf_times", "last_click", "learned"};

std::optional<std::string> scalar(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number() || value.is_boolean()) return value.dump();
  return std::nullopt;
}

// The bytes that hexadecimal digits stand for.
std::optional<std::string> bytes_of_hex(const std::string& hex) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  if (hex.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(hex.size() / 2);
  for (size_t i = 0; i < hex.size(); i += 2) {
    const size_t high = kDigits.find(hex[i]), low = kDigits.find(hex[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    bytes.push_back(static_cast<char>(high * 16 + low));
  }
  return bytes;
}

std::string hex_of(const std::string& bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    hex.push_back(kDigits[byte >> 4]);
    hex.push_back(kDigits[byte & 15]);
  }
  return hex;
}

std::vector<TimedText> without_times(std::vector<std::string> texts) {
  std::vector<TimedText> timed;
  timed.reserve(texts.size());
  for (std::string& text : texts) timed.push_back({std::move(text), 0});
  return timed;
}

// Reads the lines of one file. What is dropped of a user is reported beside the lines that are bad.
class UserLines {
 public:
  UserLines(const LineReader& lines, BadLines& bad) : lines_(lines), bad_(bad) {}

  std::optional<StoredProfile> read(std::string_view line) {
    const Json json = Json::parse(sanitize_utf8(line), nullptr, false);
    if (!json.is_object()) {
      report(json.is_discarded() ? "not JSON" : "expected a JSON object");
      return std::nullopt;
    }
    look_for_misspelt_fields(json);
    StoredProfile profile;
    const auto user = json.find("user");
    if (user != json.end()) profile.user = scalar(*user).value_or("");
    if (profile.user.empty()) {
      report("user: missing or no text");
      return std::nullopt;
    }
    if (json.contains("keywords")) {
      profile.keywords = without_times(texts(json["keywords"], "keywords"));
    }
    read_groups(json, profile);
    read_times(json, "keyword_times", "keywords", profile.keywords);
    read_times(json, "sf_times", std::string("groups.") + kClickedSfs, profile.sfs);
    if (json.contains("last_click")) {
      profile.last_click = time_of(json["last_click"], "last_click").value_or(0);
    }
    read_learned(json, profile.learned);
    return profile;
  }

 private:
  void report(const std::string& what) { bad_.add(lines_.number(), reportable(what)); }

  void read_groups(const Json& json, StoredProfile& profile) {
    const auto groups = json.find("groups");
    if (groups == json.end() || groups->is_null()) return;
    if (!groups->is_object()) {
      report(std::string("groups: expected an object, found ") + groups->type_name() +
             "; it was dropped");
      return;
    }
    for (const auto& [name, tokens] : groups->items()) {
      if (!is_group_name(name)) {
        report(std::string("groups: expected ") + kGroupNameRule + ", found \"" + name +
               "\"; the group was dropped");
        continue;
      }
      std::vector<std::string> all = texts(tokens, "groups." + name);
      if (name == kClickedSfs) {
        profile.sfs = without_times(std::move(all));
      } else {
        profile.groups.emplace_back(name, std::move(all));
      }
    }
  }

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

  std::optional<int64_t> time_of(const Json& value, const std::string& field) {
    if (value.is_number_integer()) {
      const auto time = value.get<int64_t>();
      if (time >= 0 && time <= UINT32_MAX) return time;
    }
    report(field + ": expected seconds since 1970, found " + value.dump() + "; it was dropped");
    return std::nullopt;
  }

  // All times or none: a list that lacks one would give the others to the wrong texts.
  void read_times(const Json& json, const std::string& field, const std::string& of,
                  std::vector<TimedText>& history) {
    const auto values = json.find(field);
    if (values == json.end() || values->is_null()) return;
    if (!values->is_array() || values->size() != history.size()) {
      report(field + ": expected a list as long as " + of + "; it was dropped");
      return;
    }
    std::vector<int64_t> times;
    for (const Json& value : *values) {
      const std::optional<int64_t> time = time_of(value, field);
      if (!time) return;
      times.push_back(*time);
    }
    for (size_t i = 0; i < times.size(); ++i) history[i].time = times[i];
  }

  void read_learned(const Json& json, LearnedState& learned) {
    const auto state = json.find("learned");
    if (state == json.end() || state->is_null()) return;
    if (state->is_object() && state->contains("version") && state->contains("hex")) {
      const Json& version = (*state)["version"];
      const Json& hex = (*state)["hex"];
      const std::optional<std::string> bytes =
          hex.is_string() ? bytes_of_hex(hex.get<std::string>()) : std::nullopt;
      if (version.is_number_unsigned() && version.get<uint64_t>() <= UINT16_MAX && bytes) {
        learned = {version.get<uint16_t>(), *bytes};
        return;
      }
    }
    report("learned: expected {\"version\": NUMBER, \"hex\": \"00ff\"}; it was dropped");
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

Status for_each_profile(const std::string& path, BadLines& bad,
                        const std::function<Status(StoredProfile&&, uint64_t line)>& take) {
  Result<LineReader> lines = LineReader::open(path);
  if (!lines.ok()) return lines.status();
  UserLines reader(*lines, bad);
  std::string_view line;
  while (lines->next(line)) {
    if (is_blank(line)) continue;
    if (std::optional<StoredProfile> profile = reader.read(line)) {
      if (Status s = take(*std::move(profile), lines->number()); !s.ok()) return s;
    }
  }
  return lines->status();
}

Result<std::unordered_map<std::string, Profile>> read_profiles(const std::string& path,
                                                               BadLines& bad) {
  std::unordered_map<std::string, Profile> profiles;
  const Status read = for_each_profile(path, bad, [&](StoredProfile&& profile, uint64_t) {
    profiles[profile.user] = profile_of(profile);
    return Status();
  });
  if (!read.ok()) return read;
  return profiles;
}

std::string profile_line(const StoredProfile& profile) {
  nlohmann::ordered_json json;
  json["user"] = profile.user;
  const auto put_history = [&](const std::vector<TimedText>& history, nlohmann::ordered_json& texts,
                               const char* times) {
    texts = nlohmann::ordered_json::array();
    json[times] = nlohmann::ordered_json::array();
    for (const TimedText& text : history) {
      texts.push_back(text.text);
      json[times].push_back(text.time);
    }
  };
  nlohmann::ordered_json keywords, sfs;
  put_history(profile.keywords, keywords, "keyword_times");
  json["keywords"] = std::move(keywords);
  nlohmann::ordered_json groups = nlohmann::ordered_json::object();
  for (const auto& [name, tokens] : profile.groups) groups[name] = tokens;
  if (!profile.sfs.empty()) {
    put_history(profile.sfs, sfs, "sf_times");
    groups[kClickedSfs] = std::move(sfs);
  }
  json["groups"] = std::move(groups);
  json["last_click"] = profile.last_click;
  if (!profile.learned.bytes.empty()) {
    json["learned"] = {{"version", profile.learned.version},
                       {"hex", hex_of(profile.learned.bytes)}};
  }
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace barker
