// Writes an index directory, all of it or nothing: titles/ and bids/ of Lucene++, bids.book, ads.store,
// matching.toml, ads.jsonl, which is what the index was made of, and the manifest of them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "index/catalogue/catalogue.h"
#include "index/matching/matching.h"
#include "index/matching/matching_file.h"
#include "models/base/result.h"

namespace barker {

// The source of an index, which ad_json.h reads: an ad a line, in the order of their numbers.
inline std::string source_in(const std::string& directory) { return directory + "/ads.jsonl"; }

// Where the changes of an index stand (index/live/change_log.h). A new index has an empty one, which is also
// what is locked (flock) while another index takes the directory's place.
inline std::string change_log_in(const std::string& directory) {
  return directory + "/changes.log";
}

// Writes titles/, bids/, bids.book and ads.store into a directory that exists. Nothing is synced.
Status write_segment(const std::vector<CatalogueAd>& ads, const MatchingAnalyzer& analyzer,
                     const std::string& directory);

// What is done with a whole new index, at the path that it is given, before it takes its place. Nobody
// changes the old one meanwhile. What it writes it must sync.
using BeforeInPlace = std::function<Status(const std::string& building)>;

// Builds beside `directory` and then renames into place; an index that stood there is replaced. A
// directory that is not an index of ours is not touched.
Status write_index(const std::vector<CatalogueAd>& ads, const std::string& directory,
                   const MatchingRules& rules = {}, const BeforeInPlace& before = {});

}  // namespace barker
