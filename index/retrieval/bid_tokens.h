// By which tokens the offers of a bid term are found. A term is one token of the Lucene++ index, so
// that one reading of one list finds its offers; a query is all tokens whose terms it could match:
//
//   exact   the words of the term      the words of the query
//   phrase  the words of the term      every run of words of the query
//   broad   its rarest words, sorted every set of so many words of the query that broad terms have
//
// A broad term of more than kMostBroadWords words is found by the rarest of them, so that what is
// found must still be compared (bid_match.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "index/catalogue/catalogue.h"
#include "index/retrieval/bid_match.h"
#include "models/text/fingerprint.h"

namespace barker {

inline constexpr size_t kMostBroadWords = 4;

// Bounds on the tokens of one query. for_each_query_token() says where they cut something off.
inline constexpr size_t kMostQueryWords = 64;       // of an exact or phrase match
inline constexpr size_t kMostBroadQueryWords = 20;  // 6,195 sets of up to four

// The token of a term, as a number: a hash of match type, language and words. Different terms have
// the same one so rarely that it costs nothing, for what a token finds is compared anyway.
using BidToken = uint64_t;

// How Lucene++ writes it: 16 hexadecimal digits.
std::string token_text(BidToken token);
BidToken parse_token(std::string_view text);  // 0 where it is none

// `words`: fingerprints, at least one. Of a broad term they are those of BroadWords::rarest().
// `language`: its place in the list of the index.
BidToken term_token(BidMatch match, size_t language, std::span<const Fingerprint> words) noexcept;

// How many broad terms of a catalogue have each word of one language.
class BroadWords {
 public:
  void add(std::span<const Fingerprint> words);  // of one term
  // The words by which a broad term with these words is found, sorted.
  std::vector<Fingerprint> rarest(std::span<const Fingerprint> words) const;

 private:
  std::unordered_map<Fingerprint, uint32_t> terms_;
};

// Which tokens an index has: a Bloom filter, which is asked before the dictionary, because most of
// a query's sets of words are in no term and Lucene++ never remembers a miss. [any thread]
class TokenFilter {
 public:
  // Room for so many tokens and words of broad terms together.
  explicit TokenFilter(size_t entries = 0);
  void add(BidToken token) noexcept;
  void add_broad_word(size_t language, Fingerprint word) noexcept;
  // False: the index certainly lacks it. Of what it lacks, about one in a thousand gives true, too.
  bool may_have(BidToken token) const noexcept;
  bool may_have_broad_word(size_t language, Fingerprint word) const noexcept;

 private:
  std::vector<uint64_t> blocks_;  // eight words are a block, which is one cache line
  size_t mask_ = 0;
};

// Calls `use` for each token of the query that the index may have. Returns false where a bound cut
// something off.
bool for_each_query_token(const QueryWords& query, const TokenFilter& filter,
                          const std::function<void(BidToken)>& use);

}  // namespace barker
