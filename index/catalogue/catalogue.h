// The catalogue (CATALOGUE.md): ads as merchants deliver them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "index/catalogue/feed_notes.h"
#include "models/base/lines.h"
#include "models/base/result.h"
#include "plugin/barker.h"

namespace barker {

// The plugin shows an ad beyond its limits without selling points (BARKER_RESULT_BAD_AD). So a text
// that is too long is dropped here and reported.
inline constexpr size_t kLongestText = BARKER_MAX_TEXT_SIZE;  // of id, title, category, ...
inline constexpr size_t kMostSellingPoints = BARKER_MAX_AD_SELLING_POINTS;

// Terms beyond these limits are dropped and reported: nobody searches for a term of a page, and
// each term of an ad costs time in every auction that the ad may win.
inline constexpr size_t kLongestBidTerm = 256;  // bytes
inline constexpr size_t kMostBidTerms = 1024;   // of an ad, and as many negative keywords

// When a bid term takes part in the auction of a query. Words are compared by their folded forms
// (index/matching/matching.h). The more exact type is the greater value.
enum class BidMatch : uint8_t {
  kBroad,   // all words of the term occur in the query
  kPhrase,  // they stand in the query one after another
  kExact,   // they are the query
};

const char* match_name(BidMatch match);  // as the catalogue writes it: "broad", "phrase", "exact"

struct BidTerm {
  std::string text = {};
  BidMatch match = BidMatch::kBroad;
  std::optional<double> bid = {};  // none: the ad's

  bool operator==(const BidTerm&) const = default;
};

struct CatalogueAd {
  std::string id;
  std::string title;  // character references decoded, HTML tags dropped, as in all other texts
  std::vector<BidTerm> bid_terms;
  std::vector<BidTerm>
      negative_keywords;  // without bids; a query that one matches never has the ad
  double bid = 1;
  std::optional<double> daily_budget;  // none: without a limit
  std::string merchant, category, brand, description;
  std::vector<std::string> selling_points;
  std::vector<std::pair<std::string, std::string>> attributes;
  bool opt_out = false;

  bool operator==(const CatalogueAd&) const = default;
};

// Reads an ad as feeds have it: a number or a boolean is taken where a text is expected, a text
// where a number is, one text where a list is. A value that cannot be taken is dropped and noted.
// The ad is refused only when the line is not a JSON object or has no id or title.
Result<CatalogueAd> parse_ad(std::string_view json_line, FeedNotes& notes);

// Quotes a part of a line for a report, shortened and cleaned for the terminal.
std::string reportable(std::string_view reason);

struct CatalogueCounts {
  uint64_t lines = 0;  // read; = ads + bad lines. Blank lines are not counted.
  uint64_t ads = 0;
  FeedNotes notes;
};

// Calls `use` for each ad of a file in its order, until it fails. A file that is not JSON Lines at
// all is refused with a message that says what to type.
Result<CatalogueCounts> for_each_ad(const std::string& path, BadLines& bad,
                                    const std::function<Status(CatalogueAd ad)>& use);

struct Catalogue {
  std::vector<CatalogueAd> ads;
  uint64_t lines = 0;  // as in CatalogueCounts
  FeedNotes notes;
};

// The same, with all ads in memory.
Result<Catalogue> read_catalogue(const std::string& path, BadLines& bad);

}  // namespace barker
