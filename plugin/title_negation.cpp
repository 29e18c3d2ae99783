#include "plugin/title_negation.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "models/text/negation_words.h"
#include "plugin/title_text.h"

namespace barker {
namespace {

constexpr int kWordsBefore = 3;

// How far from a place words are read, in bytes, so that a long title takes time in proportion to
// its length: four long words, eight characters of a script without spaces, a long sentence.
constexpr size_t kWordReach = 128, kCharacterReach = 24, kSentenceReach = 512;

// What denies in titles beside the words of models/text/negation_words.h: a number sticks to its
// unit in this form. In other texts these words are no denial: "anti-slip sole", "less than 5 mm".
constexpr auto kDenyingInTitles = std::to_array<std::string_view>({"anti", "less", "0", "0\x1f%"});
constexpr std::string_view kZeroPercent = "0\x1f%";  // denies the word before it, too

constexpr auto kPrefixes = std::to_array<std::string_view>({"non", "un", "не", "без"});
constexpr auto kSuffixes =
    std::to_array<std::string_view>({"less", "free", "frei", "freie", "freies", "freier", "freien",
                                     "los", "lose", "loser", "loses", "vrij", "fri"});

// Directly behind a word these deny it. Elsewhere "レス" ends other words, such as "ワイヤレス",
// and the others deny what follows them in Chinese.
constexpr auto kDenyingDirectlyBehind = std::to_array<std::string_view>(
    {"レス", "不対応", "非対応", "未対応", "不使用", "未使用", "不要", "無配合", "無添加", "不含"});
constexpr auto kParticles =
    std::to_array<std::string_view>({"は", "が", "を", "に", "で", "も", "の", "性"});

// Of each first byte, the sizes of the words that deny and of those that begin a pair: it tells
// fast that most words are none of them.
constexpr auto kSizesByFirstByte = [] {
  std::array<uint64_t, 0x100> sizes{};
  const auto add = [&](std::string_view word) {
    sizes[static_cast<unsigned char>(word.front())] |= uint64_t{1} << word.size();
  };
  for (const std::string_view word : kDenyingWords) add(word);
  for (const std::string_view word : kDenyingInTitles) add(word);
  for (const auto& [first, second] : kDenyingPairs) add(first);
  return sizes;
}();

// Whether one of kDenyingPhrases, which all begin with a character of three bytes, is in `text`.
// The last of these bytes tells fast that most characters begin none.
bool has_denying_phrase(std::string_view text) noexcept {
  static constexpr uint64_t kThirdBytes = [] {
    uint64_t bytes = 0;
    for (const std::string_view s : kDenyingPhrases) {
      bytes |= uint64_t{1} << (static_cast<unsigned char>(s[2]) & 0x3F);
    }
    return bytes;
  }();
  for (size_t at = 0; at + 3 <= text.size(); ++at) {
    if (static_cast<unsigned char>(text[at]) < 0xE0) continue;  // not such a character's first byte
    if ((kThirdBytes >> (static_cast<unsigned char>(text[at + 2]) & 0x3F) & 1) == 0) continue;
    const std::string_view rest = text.substr(at);
    if (std::ranges::any_of(kDenyingPhrases, [&](auto s) { return rest.starts_with(s); })) {
      return true;
    }
  }
  return false;
}

// Where the clause of the byte before `begin` begins, but no further away than `reach`.
size_t clause_begin(std::string_view title, size_t begin, size_t reach) noexcept {
  const size_t first = begin > reach ? begin - reach : 0;
  size_t at = begin;
  while (at > first && !is_clause_edge(title[at - 1])) --at;
  return at;
}

// The word that ends before `end`, which moves to its begin; empty where the clause begins, and
// where the word begins before `first`.
std::string_view previous_word(std::string_view title, size_t first, size_t& end) noexcept {
  if (end > first && is_between_words(title[end - 1])) {
    if (is_clause_edge(title[end - 1])) return {};
    --end;
  }
  const size_t last = end;
  while (end > first && !is_between_words(title[end - 1])) --end;
  if (end > 0 && !is_between_words(title[end - 1])) return {};
  return title.substr(end, last - end);
}

// The word that begins at `begin` or one byte behind it; the begin of a word that is too long.
std::string_view next_word(std::string_view title, size_t begin) noexcept {
  if (begin < title.size() && (title[begin] == kWordSpace || title[begin] == kHyphen)) ++begin;
  const size_t most = std::min(title.size(), begin + kWordReach);
  size_t end = begin;
  while (end < most && !is_between_words(title[end])) ++end;
  return title.substr(begin, end - begin);
}

bool are_denying(std::string_view word, std::string_view behind) noexcept {
  if (word.empty() || word.size() >= 64) return false;
  const uint64_t sizes = kSizesByFirstByte[static_cast<unsigned char>(word.front())];
  if ((sizes >> word.size() & 1) == 0) return false;
  return is_one_of(word, kDenyingWords) || is_one_of(word, kDenyingInTitles) ||
         std::ranges::any_of(kDenyingPairs, [&](const auto& pair) {
           return word == pair.first && behind == pair.second;
         });
}

bool is_denied_by_next_word(std::string_view title, size_t end) noexcept {
  const std::string_view word = next_word(title, end);
  return word == kZeroPercent || is_one_of(word, kDenyingWordsBehind);
}

bool is_denied_by_words_before(std::string_view title, size_t begin) noexcept {
  const size_t first = begin > kWordReach ? begin - kWordReach : 0;
  std::string_view behind;  // the word behind the one that is looked at
  for (int i = 0; i < kWordsBefore; ++i) {
    const std::string_view word = previous_word(title, first, begin);
    if (word.empty()) return false;
    if (are_denying(word, behind)) return true;
    behind = word;
  }
  return false;
}

// "0酒精", but not "10片".
bool ends_with_zero(std::string_view text) noexcept {
  constexpr std::string_view kZero = "0\x1f";
  if (!text.ends_with(kZero)) return false;
  text.remove_suffix(kZero.size());
  return text.empty() || is_between_words(text.back()) ||
         static_cast<unsigned char>(text.back()) >= 0x80;
}

bool is_denied_by_characters_before(std::string_view title, size_t begin) noexcept {
  const size_t first = clause_begin(title, begin, kCharacterReach);
  std::string_view before = title.substr(first, begin - first);
  if (ends_with_zero(before)) return true;
  while (!before.empty() && (before.back() == kHyphen || before.back() == kWordSpace)) {
    before.remove_suffix(1);
  }
  // All these are characters beyond ASCII.
  if (before.empty() || static_cast<unsigned char>(before.back()) < 0x80) return false;
  const auto ends = [&](auto s) { return before.ends_with(s); };
  return (std::ranges::any_of(kDenyingCharacters, ends) &&
          std::ranges::none_of(kHarmlessWords, ends)) ||
         has_denying_phrase(before);
}

bool is_denied_by_characters_behind(std::string_view title, size_t end) noexcept {
  std::string_view behind = title.substr(end);
  const auto denies = [&] {
    const auto begins = [&](auto s) { return behind.starts_with(s); };
    return std::ranges::any_of(kDenyingPhrasesBehind, begins) ||
           std::ranges::any_of(kDenyingDirectlyBehind, begins);
  };
  while (!behind.empty() && (behind.front() == kHyphen || behind.front() == kWordSpace)) {
    behind.remove_prefix(1);
  }
  for (int particles = 0; particles < 3; ++particles) {
    if (denies()) return true;
    const auto* const particle =
        std::ranges::find_if(kParticles, [&](auto s) { return behind.starts_with(s); });
    if (particle == kParticles.end()) return false;
    behind.remove_prefix(particle->size());
  }
  return denies();
}

// "Waterproof: no"
bool is_denied_by_next_clause(std::string_view title, size_t end) noexcept {
  if (end == title.size() || !is_clause_edge(title[end])) return false;
  size_t clause_end = end + 1;
  const size_t most = std::min(title.size(), clause_end + kWordReach);
  while (clause_end < most && !is_clause_edge(title[clause_end])) ++clause_end;
  const std::string_view clause = title.substr(end + 1, clause_end - end - 1);
  return is_one_of(clause, kMereNo);
}

// Whether a word of the beginning of a sentence denies what follows, however far away. One that a
// hyphen joins to the next word denies that word alone: "non-slip".
bool denies_a_list(std::string_view sentence) noexcept {
  for (size_t begin = 0; begin < sentence.size();) {
    const std::string_view word = next_word(sentence, begin);
    const size_t end =
        std::max(begin, static_cast<size_t>(word.data() - sentence.data())) + word.size();
    const bool is_joined = end < sentence.size() && sentence[end] == kHyphen;
    if (!is_joined && are_denying(word, next_word(sentence, end))) return true;
    begin = end + 1;
  }
  return false;
}

// The same for the characters of scripts without spaces: phrases deny all that follows, a single
// character what follows without a space, as in "无酒精防腐剂" and "无酒精、防腐剂".
bool denies_characters(std::string_view sentence) noexcept {
  if (has_denying_phrase(sentence)) return true;
  const size_t space = sentence.find_last_of(" -");
  const std::string_view run = space == sentence.npos ? sentence : sentence.substr(space + 1);
  for (size_t at = 0; at < run.size(); ++at) {
    const std::string_view rest = run.substr(at);
    const auto begins = [&](auto s) { return rest.starts_with(s); };
    if (const auto word = std::ranges::find_if(kHarmlessWords, begins);
        word != kHarmlessWords.end()) {
      at += word->size() - 1;
      continue;
    }
    if (std::ranges::any_of(kDenyingCharacters, begins)) return true;
    if (rest.starts_with('0') && ends_with_zero(run.substr(0, std::min(run.size(), at + 2)))) {
      return true;
    }
  }
  return false;
}

}  // namespace

bool is_negated_around(std::string_view title, size_t begin, size_t end) noexcept {
  return is_denied_by_words_before(title, begin) || is_denied_by_next_word(title, end) ||
         is_denied_by_characters_before(title, begin) ||
         is_denied_by_characters_behind(title, end) || is_denied_by_next_clause(title, end);
}

bool may_be_denied_before(std::string_view title, size_t begin) noexcept {
  size_t first = begin > kSentenceReach ? begin - kSentenceReach : 0;
  for (size_t at = begin; at > first; --at) {
    if (title[at - 1] == kClauseEdge) first = at;
  }
  return denies_a_list(title.substr(first, begin - first)) ||
         denies_characters(title.substr(first, begin - first));
}

bool is_negated_inside_word(std::string_view title, size_t begin, size_t end, bool begins,
                            bool ends) noexcept {
  if (ends && !begins) {
    const size_t first = begin > kWordReach ? begin - kWordReach : 0;
    size_t word = begin;
    while (word > first && !is_between_words(title[word - 1])) --word;
    const bool is_whole = word == 0 || is_between_words(title[word - 1]);
    return is_whole && is_one_of(title.substr(word, begin - word), kPrefixes);
  }
  return begins && !ends && is_one_of(next_word(title, end), kSuffixes);
}

}  // namespace barker
