// Search results for people and for programs.
#pragma once

#include <iosfwd>

#include "index/engine/engine.h"

namespace barker {

// A before/after table.
void print_table(const SearchResult& result, size_t limit, std::ostream& out);

// One JSON object and a newline. Field names are stable: query, user, status, reason, generation,
// timing_us, ads[id, rank, first_pass_rank, score, bid, pctr, title, original_title,
// selling_points[text, score, begin, end]], explain where asked for. pctr is null where the model
// predicts none.
void print_json(const SearchResult& result, size_t limit, std::ostream& out);

}  // namespace barker
