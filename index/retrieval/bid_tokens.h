// By which tokens the offers of a bid term are found. A term is one token of the Lucene++ index, so
// that one reading of one list finds its offers; a query is all tokens whose terms it could match:
//
//   exact   the words of the term      the words of the query
//   phrase  the words of the term      every run of words of the query
//   broad   its rarest words, sorted   every set of so many words of the query that broad terms have
//
// A broad term of more than kMostBroadWords words is found by the rarest of them, so that what is found
// must still be compared (bid_match.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "index/catalogue/catalogue.h"
#include "models/text/fingerprint.h"

namespace barker {

inline constexpr size_t kMostBroadWords = 4;

// Bounds on the tokens of one query. What they cut off is counted (BidTokens::is_cut).
inline constexpr size_t kMostQueryWords = 64;       // of an exact or phrase match
inline constexpr size_t kMostBroadQueryWords = 20;  // 6,195 sets of up to four

// How many broad terms of a catalogue have each word.
class BroadWords {
 public:
  void add(const std::vector<std::string>& words);  // of one term
  // The words by which a broad term with these words is found, sorted.
  std::vector<std::string> rarest(const std::vector<std::string>& words) const;

 private:
  std::unordered_map<std::string, uint32_t> terms_;
};

// The token of a term with these words in a language, which is named by its place in the list of the
// index. Of a broad term, the words are those of BroadWords::rarest(). Empty without words.
std::string term_token(BidMatch match, size_t language, const std::vector<std::string>& words);

// Which tokens an index has: a Bloom filter, which is asked before the dictionary, because most of a
// query's sets of words are in no term and Lucene++ never remembers a miss. [any thread]
class TokenFilter {
 public:
  explicit TokenFilter(size_t tokens = 0);
  void add(std::string_view token);
  // False: the index certainly lacks the token. Of the tokens that it lacks, about one in a thousand
  // gives true, too.
  bool may_have(uint64_t token_hash) const noexcept;
  bool may_have_broad_word(size_t language, Fingerprint word) const noexcept;

 private:
  void add(uint64_t hash) noexcept;

  std::vector<uint64_t> blocks_;  // eight words are a block, which is one cache line
  size_t mask_ = 0;
};

// Calls `use` for each token of the query that the index may have. `words`: the query's folded words
// for each language. Returns false where a bound cut something off.
bool for_each_query_token(const std::vector<std::vector<std::string>>& words,
                          const TokenFilter& filter,
                          const std::function<void(const std::string&)>& use);

}  // namespace barker
