// The raw log: what the server showed, the clicks and the opt-outs, one JSON object a line, written
// at the moment when it happened. `join` (models/data/join.h) makes an event log of it.
// RAW_LOG.md documents the fields.
//
// A line is valid UTF-8 and at most kMaxRawLine bytes long, whatever the texts hold: invalid bytes
// are replaced by U+FFFD, texts are cut at a character's end, and lists are cut at their end. An
// impression and the clicks on it cut their ids in the same way, so that they still meet. Pure
// functions; any thread.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "models/base/result.h"
#include "models/data/events.h"

namespace barker {

// Limits of a line. The bytes of a text are counted as they stand in the line, escapes included.
inline constexpr size_t kMaxRawLine = 1 << 20;     // bytes, with the line end
inline constexpr size_t kMaxRawText = 4096;        // bytes of an id, a query, a title
inline constexpr size_t kMaxRawWord = 256;         // bytes of a keyword, a feature, an SP, an SF
inline constexpr size_t kMaxRawKeywords = 256;     // of the user's history, newest first
inline constexpr size_t kMaxRawFeatures = 64;      // that a page was narrowed to
inline constexpr size_t kMaxRawGroups = 32;        // groups of features
inline constexpr size_t kMaxRawTokens = 512;       // features, of all groups together
inline constexpr size_t kMaxRawSfs = 64;           // SFs of a page
inline constexpr size_t kMaxRawArms = 16;          // of a user
inline constexpr size_t kMaxRawSellingPoints = 8;  // SPs of an ad
// Milliseconds since the epoch: the last moment of the year 9999. A line is no older than 0.
inline constexpr int64_t kMaxRawTime = 253'402'300'799'999;

struct RawAd {
  std::string id;
  uint32_t position = 0;    // on the page, from 1
  double bid = 0;           // currency units
  double price = 0;         // of a click
  double propensity = NAN;  // probability with which it was put there; NaN: not known
  std::string match;        // "exact", "phrase", "broad", "title"
  std::string title;        // as shown, with the SPs
  // The title of the catalogue, which the model predicts the click from; empty: it is `title`.
  std::string original_title;
  std::vector<std::string> selling_points;  // shown in front of the title
  double sp_propensity = NAN;  // probability with which these SPs were shown; NaN: not known
};

struct RawArm {  // of an experiment that the user was in
  std::string layer, experiment, arm;
  std::string policy = {};  // digest of what the arm does; empty: not known
};

struct RawSf {
  std::string keyword;
  uint32_t position = 0;    // in the bar, from 1
  double propensity = NAN;  // as above
};

struct RawImpression {
  std::string request;  // id of the search, not empty; clicks name it
  int64_t time = 0;     // milliseconds since the epoch
  std::string user;     // empty: not known
  std::string visitor;  // what placed a stranger in experiments; may be empty
  std::string query;
  std::vector<std::string> features;       // all of which an ad had to have to be on the page
  std::string surface;                     // width profile of the titles; empty: none
  std::vector<RawArm> arms;                // by which it was answered
  bool explored = false;                   // the SPs were drawn
  uint64_t generation = 0;                 // of the weights that answered; 0: none
  std::string weights;                     // their digest; empty: not known
  std::vector<std::string> user_keywords;  // the history that the model saw, newest first
  std::vector<FeatureGroup> groups;        // the features that the model saw
  std::vector<RawAd> ads;                  // in the order shown
  std::vector<RawSf> sfs;
  double took_us = NAN;       // microseconds that the search took; NaN: not known
  uint32_t ads_left_out = 0;  // of the page, because the line would be too long
};

struct RawClick {
  enum class Kind : uint8_t { kAd, kSf };

  std::string event;    // id of the click, not empty; a click that is sent twice has the same
  int64_t time = 0;     // milliseconds since the epoch
  std::string request;  // id of the search whose page was clicked, not empty
  Kind kind = Kind::kAd;
  std::string object;     // the ad's id, or the SF's keyword; not empty
  uint32_t position = 0;  // from 1; 0: not known
};

// A user asked for titles as the merchants wrote them, or for results that are not personal.
struct RawOptOut {
  std::string event;    // id of the event, not empty; one that is sent twice has the same
  int64_t time = 0;     // milliseconds since the epoch
  std::string request;  // id of the search whose page led to it, not empty
};

using RawEvent = std::variant<RawImpression, RawClick, RawOptOut>;

// One line with its end. Ads that the line has no place for are left out, the last ones first, and
// counted in `ads_left_out`. A number that is not finite is not written.
std::string to_line(const RawImpression& impression);
std::string to_line(const RawClick& click);
std::string to_line(const RawOptOut& opt_out);

// Reads a line, with or without its end. An error says what is wrong with it, but not which file
// and line it is. Unknown fields are ignored.
Result<RawEvent> parse_raw_event(std::string_view line);

}  // namespace barker
