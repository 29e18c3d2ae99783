// What feeds do to titles to be louder than others, and what is done about it: capitals, repeated
// punctuation, repeated words, emoji. Each rule is off, only counts what it would change (warn), or
// changes it (fix).
//
// The rules touch a title only where they are sure, because a title that is shouted is better than
// one that is wrong: names such as "Duran Duran", "F**k" or "!!!", acronyms, model numbers, sizes
// and units stay. No rule takes a word out of a title but one that stands there twice. Fixing a
// fixed title changes nothing.
//
// Thread rule: any thread. Each thread keeps its own buffers, so that nothing is allocated once
// these have grown to the longest title.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace barker {

enum class FeedRule : uint8_t { kDecorations, kPunctuation, kRepeats, kCapitals };
inline constexpr size_t kFeedRules = 4;

enum class FeedMode : uint8_t { kOff, kWarn, kFix };

struct FeedRules {
  std::array<FeedMode, kFeedRules> modes{};  // [FeedRule]
  // Words that have a spelling of their own in a title that is no longer shouted, such as "NVIDIA"
  // or "iPhone", by their folded form. They come before those that are built in.
  std::map<std::string, std::string, std::less<>> spellings;

  FeedMode& mode(FeedRule rule) { return modes[static_cast<size_t>(rule)]; }
  FeedMode mode(FeedRule rule) const { return modes[static_cast<size_t>(rule)]; }
  bool are_all_off() const { return modes == decltype(modes){}; }
  void add_spelling(std::string_view word);
};

// A set of rules: bit i is FeedRule i.
using FeedRuleMask = uint32_t;
constexpr FeedRuleMask bit_of(FeedRule rule) { return FeedRuleMask{1} << static_cast<int>(rule); }

// Applies the rules, in the order of FeedRule, to a title of visible text (append_visible() of
// models/text/text.h). Returns those that fired: each has changed the title, or would have.
FeedRuleMask apply_feed_rules(const FeedRules& rules, std::string& title);

// The rules one by one. Each writes the fixed title to `out`, which is not `title`.

// Emoji and decorative symbols (★ ✔ ➜ ■) go. Signs with a meaning stay: ™ ° ℃ ♂ ♯ № ㎡, numbers in
// circles, and the heart of "I ❤ NY". A keycap becomes its digit.
void remove_decorations(std::string_view title, std::string& out);
// "Sale!!!" -> "Sale!", "~~~ Sale ~~~" -> "Sale", "Sale?!?!" -> "Sale?!", "....." -> "...".
void collapse_punctuation(std::string_view title, std::string& out);
// "running shoes shoes" -> "running shoes", "Belkin - Belkin Surge Protector" -> "Belkin Surge
// Protector". Words with digits, and those that begin with a capital, repeat only in phrases:
// "8GB 8GB" may be two, and "Duran Duran" is a name.
void remove_repeats(std::string_view title, std::string& out);
// "RUNNING SHOES WITH USB LED" -> "Running Shoes with USB LED", where most words are shouted.
void lower_capitals(std::string_view title, const FeedRules& rules, std::string& out);

}  // namespace barker
