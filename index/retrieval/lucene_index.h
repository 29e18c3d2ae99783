// The Lucene++ index of bid terms and titles. Lucene++'s headers stay in lucene_index.cpp: they
// leak macros and cost five seconds a unit.
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

// Keywords of each ad's bid terms (title where it has none), title, brand and category, in ad
// order.
Status write_lucene_index(const std::vector<CatalogueAd>& ads, const KeywordSplitter& splitter,
                          const std::string& directory);

class LuceneIndex {
 public:
  // Opens and warms up on this thread: Lucene++ 3.0.8 must not see its first queries concurrently.
  static Result<LuceneIndex> open(const std::string& directory);
  ~LuceneIndex();
  LuceneIndex(LuceneIndex&&) noexcept;

  // The best `limit` documents that have any of the keywords, best first, ties by document. [any
  // thread]
  Result<std::vector<Hit>> search(const std::vector<Keyword>& keywords, size_t limit) const;

  size_t documents() const;

 private:
  LuceneIndex();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace barker
