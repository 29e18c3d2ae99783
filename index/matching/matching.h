// What the first pass compares a query with an ad by. Each word of a text has its exact form, the
// model's keyword, and a folded form (folding.h, stems.h) in which spellings are the same that a
// searcher takes for the same. Words that are made of others also have parts, and neighbours that
// others write together have a joined form:
//
//   "Sony WH-1000XM5"   exact  sony, wh-1000xm5
//                       folded soni, wh1000xm5
//                       parts  wh, 1000xm5
//   "GSR 12V"           joined gsr12v
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "index/matching/stems.h"
#include "models/base/result.h"
#include "models/text/keywords.h"

namespace barker {

struct MatchingForms {
  std::vector<std::string> exact;   // in the order of the text, repeats kept
  std::vector<std::string> folded;  // the same; of several languages, those of a word in turn
  std::vector<std::string> parts;   // folded, of words that are made of others
  std::vector<std::string> joined;  // folded, of neighbours within a clause
  // Of a query: for each of its words, the folded and joined forms that stand for it.
  std::vector<std::vector<std::string>> by_word;
};

// An ad is searched by what it may be called, a query by all that may be meant. So every pair of
// neighbours of a query is joined ("wi fi" finds "wifi"), but of an ad only those around digits.
enum class MatchingSide { kAd, kQuery };

class MatchingAnalyzer {
 public:
  // `languages`: two letters each, not empty. Each word is stemmed in every one of them.
  static Result<MatchingAnalyzer> create(const std::vector<std::string>& languages);

  // Throws std::bad_alloc, and std::runtime_error if ICU fails. For one thread at a time.
  MatchingForms analyse(std::string_view text, MatchingSide side) const;

  // The folded words of a text in its order, for each language: what bid terms are compared by.
  std::vector<std::vector<std::string>> words(std::string_view text) const;
  size_t languages() const { return stemmers_.size(); }

  // The folded halves of every way to cut a word of the text in two, such as smart|watch. For a
  // query that finds nothing, where both halves in one title are the best guess. Bounded by
  // kMostHalves.
  std::vector<std::pair<std::string, std::string>> halves(std::string_view text) const;
  static constexpr size_t kMostHalves = 100;

  // The folded forms of one word in normal form, without repeats, one for each language at most.
  std::vector<std::string> fold(std::string_view word) const;

 private:
  explicit MatchingAnalyzer(std::vector<Stemmer> stemmers) : stemmers_(std::move(stemmers)) {}

  void add_parts(std::string_view word, MatchingSide side, std::vector<std::string>& parts) const;

  KeywordSplitter splitter_;
  std::vector<Stemmer> stemmers_;
};

// Number of the rules in this room. An index of other rules must be built again.
inline constexpr int kMatchingScheme = 2;

}  // namespace barker
