// Prints search results, for people or for programs. Pure functions. [any thread]
#pragma once

#include <iosfwd>

#include "index/engine/search_result.h"

namespace barker {

// A table that shows each ad before and after, with its selling points and their scores.
void print_table(const SearchResult& result, size_t limit, std::ostream& out);

// One JSON object (index/engine/search_json.h) and a newline.
void print_json(const SearchResult& result, size_t limit, std::ostream& out);

}  // namespace barker
