// Users as the engine knows them: keywords of recent clicks and named features. They are read from a
// JSON Lines file, one user a line, keywords with the newest first:
//
//   {"user": "anna", "keywords": ["waterproof"], "groups": {"profile": ["gender=f"]}}
#pragma once

#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "models/base/lines.h"
#include "models/base/result.h"

namespace barker {

struct Profile {
  std::string user;
  std::vector<std::string> keywords;  // newest first
  std::vector<std::pair<std::string, std::vector<std::string>>> groups;
};

// Returns the profiles by user id. If a user has several lines, the last one counts. Numbers and
// booleans are taken for texts, one text for a list of it; blank lines are skipped. A line without a
// user, a value that was dropped and a field whose name is misspelt are reported in `bad`.
Result<std::unordered_map<std::string, Profile>> read_profiles(const std::string& path,
                                                               BadLines& bad);

}  // namespace barker
