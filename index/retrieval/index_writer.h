// Writes an index directory, all of it or nothing: titles/ and bids/ of Lucene++, bids.book,
// ads.store, matching.toml, ads.jsonl, which is what the index was made of, and the manifest of
// them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "index/catalogue/catalogue.h"
#include "index/matching/matching_file.h"
#include "models/base/result.h"

namespace barker {

// The source of an index, which ad_json.h reads: an ad a line, in the order of their numbers.
inline std::string source_in(const std::string& directory) { return directory + "/ads.jsonl"; }

// Where the changes of an index stand (index/live/change_log.h). A new index has an empty one,
// which is also what is locked (flock) while another index takes the directory's place.
inline std::string change_log_in(const std::string& directory) {
  return directory + "/changes.log";
}

// What is done with a whole new index, at the path that it is given, before it takes its place.
// Nobody changes the old one meanwhile. What it writes it must sync.
using BeforeInPlace = std::function<Status(const std::string& building)>;

// Builds beside `directory`, and puts what it built in its place; an index that stood there is
// replaced. A symbolic link is followed. Refused before the work begins are a directory that is not
// an index of ours, one that holds any other file (index_files.h), and a mount point. Without
// finish() nothing is left. What killed processes left beside `directory` is removed
// (work_directory.h).
//
// Ads come one at a time and are not kept (segment_writer.h). For one thread at a time.
class IndexWriter {
 public:
  static Result<IndexWriter> open(const std::string& directory, const MatchingRules& rules = {});
  IndexWriter(IndexWriter&&) noexcept;
  ~IndexWriter();

  Status add(CatalogueAd ad);
  Status finish(const BeforeInPlace& before = {});

 private:
  struct Impl;
  explicit IndexWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The same of ads that are in memory.
Status write_index(const std::vector<CatalogueAd>& ads, const std::string& directory,
                   const MatchingRules& rules = {});

}  // namespace barker
