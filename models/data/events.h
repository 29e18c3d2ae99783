// The event log: what users were shown and clicked, one search a line (EVENTS.md documents the
// JSON). A SearchEvent is such a line as plain values. Reading checks every field; writing
// round-trips.
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/base/result.h"

namespace barker {

enum class Split : uint8_t { kTrain = 0, kValidation = 1, kTest = 2 };

// A specific feature keyword (SF) in the bar of a search result.
struct SfImpression {
  std::string text;
  bool clicked = false;
  double true_probability = NAN;  // only known in simulated logs
};

// An ad of a search result. Its keywords are `keywords` where given, else the split title.
struct AdImpression {
  std::string id;
  std::string title;
  std::vector<std::string> keywords;
  bool clicked = false;
  double true_probability = NAN;
};

struct FeatureGroup {
  std::string name;
  std::vector<std::string> tokens;
  std::vector<float> weights = {};  // finite, >= 0, one a token; empty: 1 each
};

struct SearchEvent {
  int64_t time = 0;  // seconds since 1970, or any other clock that ascends
  std::string user;
  std::string search;  // id, may be empty
  std::string query;
  // The query's keywords where the log has them; `query` is split where it has not.
  std::optional<std::vector<std::string>> query_keywords;
  std::string category;  // for reports by slice, may be empty
  std::vector<FeatureGroup> groups;
  // The history the engine used when it served, newest first. Where absent it is built from the
  // log: the keywords of what this user clicked strictly before `time`.
  std::optional<std::vector<std::string>> user_keywords;
  std::vector<SfImpression> sfs;  // in the order shown
  std::vector<AdImpression> ads;  // in the order shown
  std::optional<Split> split;     // absent: by time
  bool history_only = false;      // clicks count as history, impressions are no instances
};

Result<SearchEvent> parse_event(std::string_view json_line);  // error: reason without file and line
void append_event(const SearchEvent& event, std::string& out);  // one JSON object and '\n'

}  // namespace barker
