// The Lucene++ index of titles, brands, categories and descriptions, for what no bid term finds. It
// is written by title_writer.h. Lucene++'s headers stay in the .cpp, because they leak macros and
// take five seconds to compile.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "index/matching/matching.h"
#include "models/base/result.h"

namespace barker {

struct Hit {
  uint32_t document;
  float score;
};

struct TitleHits {
  std::vector<Hit> best;  // the best first, and of equal ones the earlier
  bool is_cut = false;    // a bound on the work of one query was reached (title_search.h)
};

// A query in the forms by which ads are found.
struct MatchingQuery {
  MatchingForms forms;                // of MatchingSide::kQuery
  std::vector<std::string> synonyms;  // folded words that mean what the query says
  // For each word of the query, all forms that stand for it: forms.by_word and its synonyms.
  std::vector<std::vector<std::string>> by_word;
};

// An index that is open to be searched. Immutable.
//
// Threads: open() must return before the first search; then any number of threads search at once.
// Lucene++ 3.0.8 makes its singletons, and the norms and term dictionary of each field, at the
// first use, and not safely where several threads are first. open() uses all of them once, on its
// thread.
class TitleIndex {
 public:
  static Result<TitleIndex> open(const std::string& directory);
  // One index of the documents of several, numbered through in their order. Words are worth in it
  // what they are worth in all of them together, so that its scores can be compared.
  static Result<TitleIndex> join(const std::vector<const TitleIndex*>& parts);
  ~TitleIndex();
  TitleIndex(TitleIndex&&) noexcept;

  // Each returns the best `limit` documents. A word in its exact form is worth more than in its
  // folded one, and that more than a part of a word, a joined form or a synonym. [any thread]

  // Ads whose title, brand and category have all words of the query.
  Result<TitleHits> search_all(const MatchingQuery& query, size_t limit) const;
  // Ads without bid terms that have any of them.
  Result<TitleHits> search_any(const MatchingQuery& query, size_t limit) const;
  // Ads without bid terms whose description has any of them. Reads all postings of these words.
  Result<TitleHits> search_descriptions(const MatchingQuery& query, size_t limit) const;

  // Returns the best documents that have both words of one of the pairs in their titles. Reads all
  // postings of these words. [any thread]
  Result<TitleHits> search_pairs(const std::vector<std::pair<std::string, std::string>>& pairs,
                                 size_t limit) const;

  size_t documents() const;

 private:
  TitleIndex();
  Status warm_up() const;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace barker
