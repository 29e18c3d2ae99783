// Writes an index directory, all of it or nothing: titles/ and bids/ of Lucene++, bids.book, ads.store,
// matching.toml and the manifest of them.
#pragma once

#include <string>
#include <vector>

#include "index/catalogue/catalogue.h"
#include "index/matching/matching_file.h"
#include "models/base/result.h"

namespace barker {

// Builds beside `directory` and then renames into place; an index that stood there is replaced. A
// directory that is not an index of ours is not touched.
Status write_index(const std::vector<CatalogueAd>& ads, const std::string& directory,
                   const MatchingRules& rules = {});

}  // namespace barker
