// Users as the engine knows them: keywords of recent clicks and named features. They are read from
// a JSON Lines file, one user a line, keywords with the newest first:
//
//   {"user": "anna", "keywords": ["waterproof"], "groups": {"profile": ["gender=f"]}}
//
// What a store exports has more fields, which a file may lack: "keyword_times" and "sf_times", the
// seconds since 1970 of each of the keywords and of each token of the group "sfhist"; "last_click";
// and "learned": {"version": 1, "hex": "00ff"}.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "models/base/lines.h"
#include "models/base/result.h"

namespace barker {

// The name and the tokens of a group of features.
using ProfileGroup = std::pair<std::string, std::vector<std::string>>;

// The group that holds the SFs which the user clicked, newest first (models/weights/groups.h).
inline constexpr char kClickedSfs[] = "sfhist";

struct TimedText {
  std::string text;
  int64_t time = 0;  // seconds since 1970; 0: unknown
  bool operator==(const TimedText&) const = default;
};

// What some algorithm keeps of a user. Stores carry it and do not look into it.
struct LearnedState {
  uint16_t version = 0;  // which algorithm and form the bytes are of
  std::string bytes;
  bool operator==(const LearnedState&) const = default;
};

// The version of a user's own state as the plugin takes it (barker.learn/1 of plugin/barker.h).
// The engine neither uses nor replaces a state of another version.
inline constexpr uint16_t kPluginState = 1;

struct Profile {
  std::string user;
  std::vector<std::string> keywords;  // newest first
  std::vector<ProfileGroup> groups;
  LearnedState learned = {};

  // Empties all but the id, and keeps the memory.
  void forget() {
    keywords.clear();
    groups.clear();
    learned.version = 0;
    learned.bytes.clear();
  }
};

// All that is kept of a user.
struct StoredProfile {
  std::string user;
  std::vector<TimedText> keywords;   // newest first
  std::vector<TimedText> sfs;        // the group "sfhist", newest first
  std::vector<ProfileGroup> groups;  // the others
  int64_t last_click = 0;            // seconds since 1970; 0: unknown
  LearnedState learned;
  bool operator==(const StoredProfile&) const = default;
};

// Calls `take` with each user of a file and the number of the line, and stops with the first error
// of `take`. Numbers and booleans are taken for texts, one text for a list of it; blank lines are
// skipped. A line without a user, a value that was dropped and a field whose name is misspelt are
// reported in `bad`. Takes the memory of one line.
Status for_each_profile(const std::string& path, BadLines& bad,
                        const std::function<Status(StoredProfile&&, uint64_t line)>& take);

// Returns the profiles of a file by user id. If a user has several lines, the last one counts.
Result<std::unordered_map<std::string, Profile>> read_profiles(const std::string& path,
                                                               BadLines& bad);

// The line of a user, without its end, in the form that for_each_profile() reads.
std::string profile_line(const StoredProfile& profile);

}  // namespace barker
