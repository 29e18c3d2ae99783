#include "index/retrieval/bid_tokens.h"

#include <algorithm>
#include <bit>
#include <span>
#include <unordered_set>

#include "models/base/random.h"

namespace barker {
namespace {

constexpr char kWordEnd = '\x1f';           // occurs in no word
constexpr char kTypes[] = {'b', 'p', 'e'};  // by BidMatch

constexpr size_t kWordsOfBlock = 8;
constexpr size_t kBitsOfToken = 16;  // one in a thousand others passes with kProbes
constexpr size_t kProbes = 6;

uint64_t first_hash(char type, size_t language) noexcept {
  return mix_bits((static_cast<uint64_t>(type) << 8) + language);
}

uint64_t next_hash(uint64_t hash, Fingerprint word) noexcept { return mix_bits(hash + word); }

uint64_t hash_of_broad_word(size_t language, Fingerprint word) noexcept {
  return next_hash(first_hash('w', language), word);
}

// The query's tokens of one language.
class QueryTokens {
 public:
  QueryTokens(const std::vector<std::string>& words, size_t language, const TokenFilter& filter,
              const std::function<void(const std::string&)>& use)
      : words_(words), language_(language), filter_(filter), use_(use) {
    for (const std::string& word : words_) fingerprints_.push_back(fingerprint(word));
  }

  bool run() {
    add_runs();
    return add_sets() && words_.size() <= kMostQueryWords;
  }

 private:
  void look_up(BidMatch match, uint64_t hash, const std::vector<std::string>& words) {
    if (filter_.may_have(hash)) use_(term_token(match, language_, words));
  }

  // Exact: all words. Phrase: every run of them.
  void add_runs() {
    const size_t count = std::min(words_.size(), kMostQueryWords);
    for (size_t begin = 0; begin < count; ++begin) {
      uint64_t phrase = start(BidMatch::kPhrase), exact = start(BidMatch::kExact);
      for (size_t i = begin; i < count; ++i) {
        phrase = next_hash(phrase, fingerprints_[i]);
        const auto run = [&] {
          return std::vector<std::string>(words_.begin() + static_cast<ptrdiff_t>(begin),
                                          words_.begin() + static_cast<ptrdiff_t>(i + 1));
        };
        if (filter_.may_have(phrase)) use_(term_token(BidMatch::kPhrase, language_, run()));
        if (begin != 0) continue;
        exact = next_hash(exact, fingerprints_[i]);
        const bool is_whole = i + 1 == words_.size();
        if (is_whole && filter_.may_have(exact))
          use_(term_token(BidMatch::kExact, language_, run()));
      }
    }
  }

  // Broad: every set of up to kMostBroadWords of the words that some broad term has.
  bool add_sets() {
    std::unordered_set<std::string_view> seen;
    bool is_whole = true;
    for (size_t i = 0; i < words_.size(); ++i) {
      if (!filter_.may_have_broad_word(language_, fingerprints_[i])) continue;
      if (!seen.insert(words_[i]).second) continue;
      is_whole = broad_.size() < kMostBroadQueryWords;
      if (!is_whole) break;
      broad_.push_back(i);
    }
    std::ranges::sort(broad_, {}, [&](size_t i) -> const std::string& { return words_[i]; });
    extend_set(0, start(BidMatch::kBroad));
    return is_whole;
  }

  void extend_set(size_t from, uint64_t hash) {
    for (size_t i = from; i < broad_.size(); ++i) {
      const uint64_t extended = next_hash(hash, fingerprints_[broad_[i]]);
      set_.push_back(words_[broad_[i]]);
      look_up(BidMatch::kBroad, extended, set_);
      if (set_.size() < kMostBroadWords) extend_set(i + 1, extended);
      set_.pop_back();
    }
  }

  uint64_t start(BidMatch match) const {
    return first_hash(kTypes[static_cast<size_t>(match)], language_);
  }

  const std::vector<std::string>& words_;
  const size_t language_;
  const TokenFilter& filter_;
  const std::function<void(const std::string&)>& use_;
  std::vector<Fingerprint> fingerprints_;
  std::vector<size_t> broad_;     // places in words_, sorted by word
  std::vector<std::string> set_;  // that extend_set() has made so far
};

std::vector<std::string> distinct(std::vector<std::string> words) {
  std::ranges::sort(words);
  const auto [first, last] = std::ranges::unique(words);
  words.erase(first, last);
  return words;
}

}  // namespace

void BroadWords::add(const std::vector<std::string>& words) {
  for (const std::string& word : distinct(words)) ++terms_[word];
}

std::vector<std::string> BroadWords::rarest(const std::vector<std::string>& words) const {
  std::vector<std::string> all = distinct(words);
  if (all.size() <= kMostBroadWords) return all;
  const auto terms = [&](const std::string& word) {
    const auto at = terms_.find(word);
    return at == terms_.end() ? 0 : at->second;
  };
  std::ranges::stable_sort(all, {}, terms);
  all.resize(kMostBroadWords);
  std::ranges::sort(all);
  return all;
}

std::string term_token(BidMatch match, size_t language, const std::vector<std::string>& words) {
  if (words.empty()) return "";
  std::string token = {kTypes[static_cast<size_t>(match)], static_cast<char>('0' + language)};
  for (const std::string& word : words) {
    token += word;
    token += kWordEnd;
  }
  return token;
}

TokenFilter::TokenFilter(size_t tokens)
    : blocks_(std::bit_ceil(std::max<size_t>(1, tokens * kBitsOfToken / 512)) * kWordsOfBlock),
      mask_(blocks_.size() / kWordsOfBlock - 1) {}

void TokenFilter::add(uint64_t hash) noexcept {
  uint64_t* const block = &blocks_[(hash & mask_) * kWordsOfBlock];
  uint64_t bits = mix_bits(hash);
  for (size_t i = 0; i < kProbes; ++i, bits >>= 9) block[(bits >> 6) & 7] |= 1ULL << (bits & 63);
}

void TokenFilter::add(std::string_view token) {
  if (token.size() < 3) return;
  const auto language = static_cast<size_t>(token[1] - '0');
  uint64_t hash = first_hash(token[0], language);
  for (size_t begin = 2; begin < token.size();) {
    const size_t end = std::min(token.find(kWordEnd, begin), token.size());
    const Fingerprint word = fingerprint(token.substr(begin, end - begin));
    hash = next_hash(hash, word);
    if (token[0] == kTypes[0]) add(hash_of_broad_word(language, word));
    begin = end + 1;
  }
  add(hash);
}

bool TokenFilter::may_have(uint64_t hash) const noexcept {
  const uint64_t* const block = &blocks_[(hash & mask_) * kWordsOfBlock];
  uint64_t bits = mix_bits(hash);
  for (size_t i = 0; i < kProbes; ++i, bits >>= 9) {
    if ((block[(bits >> 6) & 7] >> (bits & 63) & 1) == 0) return false;
  }
  return true;
}

bool TokenFilter::may_have_broad_word(size_t language, Fingerprint word) const noexcept {
  return may_have(hash_of_broad_word(language, word));
}

bool for_each_query_token(const std::vector<std::vector<std::string>>& words,
                          const TokenFilter& filter,
                          const std::function<void(const std::string&)>& use) {
  bool is_whole = true;
  for (size_t language = 0; language < words.size(); ++language) {
    is_whole &= QueryTokens(words[language], language, filter, use).run();
  }
  return is_whole;
}

}  // namespace barker
