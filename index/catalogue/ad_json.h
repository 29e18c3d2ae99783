// Ads and changes of ads as JSON lines: how an index keeps its own source, and how changes come.
//
// Pure functions. [any thread]
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "index/catalogue/catalogue.h"
#include "index/catalogue/feed_notes.h"
#include "models/base/result.h"

namespace barker {

// The ad as a line of JSON without its end. parse_ad_line() gives the same ad again; parse_ad()
// would not, because it cleans texts, and these are clean.
std::string ad_line(const CatalogueAd& ad);
Result<CatalogueAd> parse_ad_line(std::string_view line);

// A change of a catalogue.
struct CatalogueChange {
  enum class Kind : uint8_t {
    kUpsert,  // `ad` is added, or takes the place of the ad with its id
    kDelete,  // the ad with this id is removed
    kSet,     // some values of the ad with this id become others
  };

  Kind kind = Kind::kUpsert;
  std::string id = {};
  CatalogueAd ad = {};  // of kUpsert

  // Of kSet; what is absent stays.
  std::optional<double> bid = {};  // also of the ad's terms that have no bid of their own
  std::optional<std::optional<double>> daily_budget = {};  // of which none is no limit
  std::optional<bool> opt_out = {};

  bool operator==(const CatalogueChange&) const = default;
};

// Reads a change as people and programs write it (CATALOGUE.md, "Changes"). What is dropped of an
// ad is noted. A change whose meaning is not certain is refused as a whole.
Result<CatalogueChange> parse_change(std::string_view line, FeedNotes& notes);

// The change as a line without its end, and the same change again.
std::string change_line(const CatalogueChange& change);
Result<CatalogueChange> parse_change_line(std::string_view line);

}  // namespace barker
