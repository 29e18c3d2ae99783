#include "index/retrieval/bid_tokens.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>

#include "models/base/random.h"

namespace barker {
namespace {

constexpr size_t kWordsOfBlock = 8;
constexpr size_t kBitsOfEntry = 16;  // with kProbes, one in a thousand others passes
constexpr size_t kProbes = 6;

constexpr size_t kDigits = 16;  // of a token's text

// What a token's hash begins with. Words of broad terms are no tokens, but the filter has them,
// too.
enum class HashKind : uint64_t { kBroad, kPhrase, kExact, kBroadWord };

uint64_t first_hash(HashKind kind, size_t language) noexcept {
  return mix_bits((static_cast<uint64_t>(kind) << 8) + language + 1);
}

uint64_t first_hash(BidMatch match, size_t language) noexcept {
  return first_hash(static_cast<HashKind>(match), language);
}

uint64_t next_hash(uint64_t hash, Fingerprint word) noexcept { return mix_bits(hash + word); }

uint64_t hash_of_broad_word(size_t language, Fingerprint word) noexcept {
  return next_hash(first_hash(HashKind::kBroadWord, language), word);
}

// The query's tokens of one language.
class QueryTokens {
 public:
  QueryTokens(const std::vector<Fingerprint>& words, size_t language, const TokenFilter& filter,
              const std::function<void(BidToken)>& use)
      : words_(words), language_(language), filter_(filter), use_(use) {}

  bool run() {
    add_runs();
    return add_sets() && words_.size() <= kMostQueryWords;
  }

 private:
  void look_up(BidToken token) {
    if (filter_.may_have(token)) use_(token);
  }

  // Exact: all words. Phrase: every run of them.
  void add_runs() {
    const size_t count = std::min(words_.size(), kMostQueryWords);
    for (size_t begin = 0; begin < count; ++begin) {
      uint64_t run = first_hash(BidMatch::kPhrase, language_);
      for (size_t i = begin; i < count; ++i) look_up(run = next_hash(run, words_[i]));
    }
    if (count > 0 && count == words_.size()) {
      look_up(term_token(BidMatch::kExact, language_, words_));
    }
  }

  // Broad: every set of up to kMostBroadWords of the words that some broad term has.
  bool add_sets() {
    std::vector<Fingerprint> broad;
    bool is_whole = true;
    for (const Fingerprint word : words_) {
      if (!filter_.may_have_broad_word(language_, word)) continue;
      if (std::ranges::find(broad, word) != broad.end()) continue;
      is_whole = broad.size() < kMostBroadQueryWords;
      if (!is_whole) break;
      broad.push_back(word);
    }
    std::ranges::sort(broad);
    extend_set(broad, first_hash(BidMatch::kBroad, language_), kMostBroadWords);
    return is_whole;
  }

  // Adds to the set whose hash is given each of the words and, of those behind it, up to `more` -
  // 1.
  void extend_set(std::span<const Fingerprint> words, uint64_t hash, size_t more) {
    for (size_t i = 0; more > 0 && i < words.size(); ++i) {
      const uint64_t extended = next_hash(hash, words[i]);
      look_up(extended);
      extend_set(words.subspan(i + 1), extended, more - 1);
    }
  }

  const std::vector<Fingerprint>& words_;
  const size_t language_;
  const TokenFilter& filter_;
  const std::function<void(BidToken)>& use_;
};

std::vector<Fingerprint> distinct(std::span<const Fingerprint> words) {
  std::vector<Fingerprint> sorted(words.begin(), words.end());
  std::ranges::sort(sorted);
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  return sorted;
}

}  // namespace

std::string token_text(BidToken token) {
  std::array<char, kDigits> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + kDigits, token, 16).ptr;
  const std::string text(digits.data(), end);
  return std::string(kDigits - text.size(), '0') + text;
}

BidToken parse_token(std::string_view text) {
  BidToken token = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), token, 16);
  return error == std::errc() && end == text.data() + text.size() ? token : 0;
}

BidToken term_token(BidMatch match, size_t language, std::span<const Fingerprint> words) noexcept {
  uint64_t hash = first_hash(match, language);
  for (const Fingerprint word : words) hash = next_hash(hash, word);
  return hash;
}

void BroadWords::add(std::span<const Fingerprint> words) {
  for (const Fingerprint word : distinct(words)) ++terms_[word];
}

std::vector<Fingerprint> BroadWords::rarest(std::span<const Fingerprint> words) const {
  std::vector<Fingerprint> all = distinct(words);
  if (all.size() <= kMostBroadWords) return all;
  const auto terms = [&](Fingerprint word) {
    const auto at = terms_.find(word);
    return at == terms_.end() ? 0 : at->second;
  };
  std::ranges::stable_sort(all, {}, terms);
  all.resize(kMostBroadWords);
  std::ranges::sort(all);
  return all;
}

TokenFilter::TokenFilter(size_t entries)
    : blocks_(std::bit_ceil(std::max<size_t>(1, entries * kBitsOfEntry / 512)) * kWordsOfBlock),
      mask_(blocks_.size() / kWordsOfBlock - 1) {}

void TokenFilter::add(BidToken token) noexcept {
  uint64_t* const block = &blocks_[(token & mask_) * kWordsOfBlock];
  uint64_t bits = mix_bits(token);
  for (size_t i = 0; i < kProbes; ++i, bits >>= 9) block[(bits >> 6) & 7] |= 1ULL << (bits & 63);
}

void TokenFilter::add_broad_word(size_t language, Fingerprint word) noexcept {
  add(hash_of_broad_word(language, word));
}

bool TokenFilter::may_have(BidToken token) const noexcept {
  const uint64_t* const block = &blocks_[(token & mask_) * kWordsOfBlock];
  uint64_t bits = mix_bits(token);
  for (size_t i = 0; i < kProbes; ++i, bits >>= 9) {
    if ((block[(bits >> 6) & 7] >> (bits & 63) & 1) == 0) return false;
  }
  return true;
}

bool TokenFilter::may_have_broad_word(size_t language, Fingerprint word) const noexcept {
  return may_have(hash_of_broad_word(language, word));
}

bool for_each_query_token(const QueryWords& query, const TokenFilter& filter,
                          const std::function<void(BidToken)>& use) {
  bool is_whole = true;
  for (size_t language = 0; language < query.size(); ++language) {
    is_whole &= QueryTokens(query[language], language, filter, use).run();
  }
  return is_whole;
}

}  // namespace barker
