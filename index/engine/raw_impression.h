// A page as a line of the raw log (models/data/RAW_LOG.md). Pure; any thread.
#pragma once

#include <cstddef>

#include "index/engine/search_result.h"
#include "index/profiles/profiles.h"
#include "models/data/raw_event.h"

namespace barker {

// The ads [from, end) of the page, its bar, its arms, and what the model saw of the user. The
// caller adds request, time and visitor.
RawImpression raw_impression_of(const SearchResult& page, const Profile& user, size_t from,
                                size_t end);

}  // namespace barker
