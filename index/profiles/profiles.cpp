#include "index/profiles/profiles.h"

#include <nlohmann/json.hpp>

#include "index/catalogue/catalogue.h"
#include "models/text/text.h"

namespace barker {

Result<std::unordered_map<std::string, Profile>> read_profiles(const std::string& path,
                                                               BadLines& bad) {
  using Json = nlohmann::json;  // not the ordered type, for the reason given in catalogue.cpp
  Result<LineReader> lines = LineReader::open(path);
  if (!lines.ok()) return lines.status();
  std::unordered_map<std::string, Profile> profiles;
  std::string_view line;
  while (lines->next(line)) {
    try {
      const Json json = Json::parse(sanitize_utf8(line));
      Profile profile;
      profile.user = json.at("user").get<std::string>();
      if (json.contains("keywords"))
        profile.keywords = json["keywords"].get<std::vector<std::string>>();
      if (json.contains("groups")) {
        for (const auto& [name, tokens] : json["groups"].items()) {
          profile.groups.emplace_back(name, tokens.get<std::vector<std::string>>());
        }
      }
      profiles[profile.user] = std::move(profile);
    } catch (const Json::exception& e) {
      bad.add(lines->number(), reportable(e.what()));
    }
  }
  if (!lines->status().ok()) return lines->status();
  return profiles;
}

}  // namespace barker
