// Words that mean the same to searchers, from a file that people write:
//
//   # comment
//   tv, television, telly          each finds the others
//   pants => trousers, slacks      pants finds trousers and slacks, not the reverse
//   tennis shoe, sneaker           a phrase finds only where its words follow each other in the
//                                  query
//
// A query is widened by them, an index is not, so that a changed file needs no rebuild.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "index/matching/matching.h"
#include "models/base/result.h"

namespace barker {

// Immutable: any thread may read it.
class Synonyms {
 public:
  // An error names file and line. `analyzer`: that of the index, because words are compared in
  // their folded forms.
  static Result<Synonyms> read(const std::string& path, const MatchingAnalyzer& analyzer);

  // The folded words of all that the words of a query may be said as, without repeats and without
  // the query's own words. `folded`: MatchingForms::folded.
  std::vector<std::string> widen(const std::vector<std::string>& folded) const;

  // Those single words that mean what one word, in any of its folded forms, means alone.
  std::vector<std::string> words_for(const std::vector<std::string>& forms) const;

  size_t size() const { return others_.size(); }  // phrases that have synonyms

 private:
  using Phrase = std::vector<std::string>;

  std::map<Phrase, std::vector<Phrase>> others_;
  size_t longest_ = 0;  // words of the longest phrase
};

}  // namespace barker
