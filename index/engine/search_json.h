// The answer of a search as JSON, the same from `barker search --json` and from the server. Written
// straight into a text, because a tree of values would take as long as half of a search. Pure
// functions. [any thread]
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "index/engine/search_result.h"

namespace barker {

// Which ads of the page are written, and whether what only an auction knows is.
struct JsonPart {
  size_t from = 0, count = SIZE_MAX;
  bool auction = true;
  bool sfs = false;             // the feature keywords (SFs) that the page offers
  std::string request_id = {};  // the first field; empty: it is left out
};

// One object on one line, without the line's end. Invalid UTF-8 is replaced. The field names are
// stable: request_id, query, user, status, reason, profile where a history was to be read,
// generation, arms[layer, experiment, arm, policy], explored, timing_us, auction[bid_matches,
// title_matches, denied, out_of_budget, below_reserve, without_features, reserve, cut, is_cut],
// ads[id, rank, first_pass_rank, score, bid, price, match, term, pctr, title, original_title,
// selling_points[text, score, begin, end], propensity], sfs[keyword, position, propensity,
// attraction, ads] and explain where they were asked for.
// propensity and pctr are null where they are not known, pctr where the model predicts none, term
// where the texts matched, and attraction where the model cannot say. Without the auction, the
// fields auction, price, match and term and the times of the first pass are missing.
std::string search_json(const SearchResult& result, const JsonPart& part = {});

}  // namespace barker
