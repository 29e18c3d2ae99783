// The Lucene++ index of bid terms and titles. Lucene++'s headers stay in lucene_index.cpp, because
// they leak macros and take five seconds to compile.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "index/catalogue/catalogue.h"
#include "index/matching/matching.h"
#include "models/base/result.h"

namespace barker {

struct Hit {
  uint32_t document;
  float score;
};

// A query in the forms by which ads are found.
struct MatchingQuery {
  MatchingForms forms;                // of MatchingSide::kQuery
  std::vector<std::string> synonyms;  // folded words that mean what the query says
};

// Writes the words of each ad's bid terms (of its title where it has none), title, brand,
// category and description, in the order of the ads.
Status write_lucene_index(const std::vector<CatalogueAd>& ads, const MatchingAnalyzer& analyzer,
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

  // Returns the best `limit` documents that have any of the query's words, best first, and of equal
  // ones the earlier first. A word in its exact form is worth more than in its folded one, and that
  // more than a part of a word, a joined form or a synonym. Descriptions are searched only where the
  // other texts have none of the words. [any thread]
  Result<std::vector<Hit>> search(const MatchingQuery& query, size_t limit) const;

  // Returns the best documents that have both words of one of the pairs in their titles.
  // [any thread]
  Result<std::vector<Hit>> search_pairs(
      const std::vector<std::pair<std::string, std::string>>& pairs, size_t limit) const;

  size_t documents() const;

 private:
  LuceneIndex();
  Status warm_up() const;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace barker
