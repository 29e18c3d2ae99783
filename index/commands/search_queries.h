// Searches for every line of a file on several threads and prints the answers in the order of the
// lines. The memory is bounded, however long the file and however slow one of its queries.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "index/engine/engine_session.h"
#include "index/engine/search_result.h"
#include "index/profiles/profiles.h"

namespace barker {

struct QueriesOptions {
  std::string file;      // one query a line; "-": standard input, whose answers are printed at once
  size_t threads = 1;    // 1: on the calling thread
  SearchOptions search;  // of every query
  std::function<std::string(const SearchResult&)> format;  // [any thread]
  std::function<void(const std::string&)> print;           // one call at a time
};

// The first error ends the search: answers to the lines before it are printed, later ones are not.
Status search_queries(const Engine& engine, const Profile& user, const QueriesOptions& options);

}  // namespace barker
