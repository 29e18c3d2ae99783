// The catalogue (CATALOGUE.md): ads as merchants deliver them.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/base/lines.h"
#include "models/base/result.h"
#include "plugin/barker.h"

namespace barker {

// The plugin shows an ad beyond its limits without selling points (BARKER_RESULT_BAD_AD). Such an
// ad is a mistake in the feed, so it is reported here.
inline constexpr size_t kLongestText = BARKER_MAX_TEXT_SIZE;  // of id, title, category, ...
inline constexpr size_t kMostSellingPoints = BARKER_MAX_AD_SELLING_POINTS;

struct CatalogueAd {
  std::string id;
  std::string title;  // entities decoded
  std::vector<std::string> bid_terms;
  double bid = 1;
  std::string merchant, category, brand, description;
  std::vector<std::string> selling_points;
  std::vector<std::pair<std::string, std::string>> attributes;
  bool opt_out = false;
};

Result<CatalogueAd> parse_ad(std::string_view json_line, uint64_t* invalid_utf8);

// Quotes a part of a line for a report, shortened and cleaned for the terminal.
std::string reportable(std::string_view reason);

struct Catalogue {
  std::vector<CatalogueAd> ads;
  uint64_t lines = 0;         // read; = ads + bad lines
  uint64_t invalid_utf8 = 0;  // sequences replaced
};

Result<Catalogue> read_catalogue(const std::string& path, BadLines& bad);

}  // namespace barker
