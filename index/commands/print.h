// Prints search results, for people or for programs. Pure functions. [any thread]
#pragma once

#include <iosfwd>

#include "index/engine/search_result.h"

namespace barker {

// A table that shows each ad before and after, with its selling points and their scores.
void print_table(const SearchResult& result, size_t limit, std::ostream& out);

// One JSON object and a newline. Its field names are stable: query, user, status, reason, generation,
// timing_us, auction[bid_matches, title_matches, denied, out_of_budget, below_reserve, reserve, cut,
// is_cut], ads[id, rank, first_pass_rank, score, bid, price, match, term, pctr, title, original_title,
// selling_points[text, score, begin, end]], and explain where it was asked for. pctr is null where the
// model predicts none, and term where the texts matched.
void print_json(const SearchResult& result, size_t limit, std::ostream& out);

}  // namespace barker
