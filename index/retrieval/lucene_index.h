// The Lucene++ index of bid terms and titles. Lucene++'s headers stay in lucene_index.cpp, because
// they leak macros and take five seconds to compile.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "index/catalogue/catalogue.h"
#include "models/base/result.h"
#include "models/text/keywords.h"

namespace barker {

struct Hit {
  uint32_t document;
  float score;
};

// Writes the keywords of each ad's bid terms (of its title where it has none), title, brand and
// category, in the order of the ads.
Status write_lucene_index(const std::vector<CatalogueAd>& ads, const KeywordSplitter& splitter,
                          const std::string& directory);

// An index that is open to be searched. Immutable.
//
// Threads: open() must return before the first search; then any number of threads search at once.
// Lucene++ 3.0.8 makes its singletons, and the norms and term dictionary of each field, at the first
// use, and not safely where several threads are first. open() uses all of them once, on its thread.
class LuceneIndex {
 public:
  static Result<LuceneIndex> open(const std::string& directory);
  ~LuceneIndex();
  LuceneIndex(LuceneIndex&&) noexcept;

  // Returns the best `limit` documents that have any of the keywords, best first, and of equal ones
  // the earlier first. [any thread]
  Result<std::vector<Hit>> search(const std::vector<Keyword>& keywords, size_t limit) const;

  size_t documents() const;

 private:
  LuceneIndex();
  Status warm_up() const;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace barker
