// A plugin's answer as a page, for the engine's own ads and for those of a caller. Pure functions.
// Only index/engine includes this.
#pragma once

#include <cstddef>
#include <string>

#include "index/engine/search_result.h"
#include "plugin/host/session.h"

namespace barker {

// An ad at a rank (from 1), with the score of the first pass.
AdShown show_ad(const barker_ad& ad, size_t rank, size_t first_pass_rank, std::string title);

// How the session's query was answered: status, generation, arms and times.
void read_outcome(const Session& session, SearchResult& page);

// The ad at a rank (from 0) of the session's answer, but for the texts of its selling points.
AdShown read_ad(const Session& session, size_t rank);

}  // namespace barker
