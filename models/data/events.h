// The event log: what users were shown and clicked, one search on each line (EVENTS.md documents
// the JSON). A SearchEvent holds the values of a line. Reading checks every field, and what is
// written reads back as the same event. Pure functions; any thread.
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
  double true_probability = NAN;  // known in simulated logs only
  // When it was clicked, on the clock of the event. If absent, at the time of the event.
  std::optional<int64_t> click_time = {};
  // The probability with which the bar's policy put it at its place; NaN: not known.
  double propensity = NAN;
  uint32_t position = 0;  // in the bar, from 1; 0: as it stands in the list
};

// An ad of a search result. Its keywords are `keywords` if there are any, otherwise those of its
// title.
struct AdImpression {
  std::string id;
  std::string title;
  std::vector<std::string> keywords;
  bool clicked = false;
  double true_probability = NAN;
  std::optional<int64_t> click_time = {};  // as above
  // The selling points (SPs) that stood before the title, and the probability with which the policy
  // shows these; NaN: not known.
  std::vector<std::string> selling_points = {};
  double sp_propensity = NAN;
  uint32_t position = 0;  // on the page, from 1; 0: as it stands in the list
};

struct FeatureGroup {
  std::string name;
  std::vector<std::string> tokens;
  std::vector<float> weights = {};  // finite, >= 0, one for each token; if empty, each is 1
};

struct SearchEvent {
  int64_t time = 0;  // seconds since 1970, or of any other clock that goes forward
  std::string user;
  std::string search;  // id of the result page; may be empty
  std::string query;
  // The query's keywords, if the log has them. Otherwise `query` is split into keywords.
  std::optional<std::vector<std::string>> query_keywords;
  std::string category;  // for reports by slice; may be empty
  std::vector<FeatureGroup> groups;
  // The history that the engine used when it served, newest first. If the log does not have it, it
  // is made of the keywords of what this user clicked strictly before `time`; a click that came
  // later than its search counts from its own time on.
  std::optional<std::vector<std::string>> user_keywords;
  std::vector<SfImpression> sfs;  // in the order shown
  std::vector<AdImpression> ads;  // in the order shown
  std::optional<Split> split;     // if absent, the split is by time
  bool history_only = false;      // clicks count as history, but nothing here is an instance
};

// An error says what is wrong with the line, but not which file and line it is. The line is UTF-8,
// or text of the named encoding (models/text/encoding.h).
// Fields that events do not have are ignored; their names, such as "usr" or "sfs.txt", are added to
// `unknown` if it is given, also where the line is no event.
Result<SearchEvent> parse_event(std::string_view json_line, const std::string& encoding = {},
                                std::vector<std::string>* unknown = nullptr);

// The fields of an event, or of an element of its list "sfs" or "ads".
std::vector<std::string_view> event_fields(std::string_view list = {});
// Appends one JSON object and a line end.
void append_event(const SearchEvent& event, std::string& out);

}  // namespace barker
