#include "plugin/title_feed.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <utility>

#include "models/text/columns.h"
#include "plugin/characters.h"

namespace barker {
namespace {

bool has_word(std::string_view text) {
  for (int32_t i = 0, size = static_cast<int32_t>(text.size()); i < size;) {
    UChar32 c = 0;
    U8_NEXT_OR_FFFD(text.data(), i, size, c);
    if ((U_GET_GC_MASK(c) & (U_GC_L_MASK | U_GC_N_MASK)) != 0) return true;
  }
  return false;
}

// Ends a gap in `out` that something left which was taken out before `rest`: one space where words
// stand on both sides, none at the title's ends and behind a bracket. Returns how many bytes of
// `rest` are passed over.
size_t close_gap(std::string_view rest, std::string& out) {
  size_t skipped = 0;
  while (skipped < rest.size() && rest[skipped] == ' ') ++skipped;
  while (!out.empty() && out.back() == ' ') out.pop_back();
  const bool is_end = skipped == rest.size();
  constexpr std::string_view kOpen = "([{", kClose = ")]}";
  if (!out.empty() && !is_end) {
    const size_t open = kOpen.find(out.back()), close = kClose.find(rest[skipped]);
    if (open != kOpen.npos && open == close) {  // nothing is left between the brackets
      out.pop_back();
      return skipped + 1 + close_gap(rest.substr(skipped + 1), out);
    }
    constexpr std::string_view kEnds = ",.;:!?";  // which follow a word without a space
    const bool is_joined = kEnds.find(rest[skipped]) != kEnds.npos &&
                           is_letter_digit_or_mark(character_before(out, out.size()));
    if (open == kOpen.npos && close == kClose.npos && !is_joined) out += ' ';
  }
  return skipped;
}

// ---- decorations

constexpr UChar32 kKeycap = 0x20E3;

bool is_heart(UChar32 c) {
  return c == 0x2764 || c == 0x2665 || c == 0x2661 || (c >= 0x1F493 && c <= 0x1F49F) ||
         c == 0x1F9E1 || (c >= 0x1F90D && c <= 0x1F90E) || c == 0x1F5A4;
}

bool is_decoration(UChar32 c) {
  if (c < 0x2500) return false;
  if ((U_GET_GC_MASK(c) & (U_GC_N_MASK | U_GC_L_MASK)) != 0) return false;  // digits in circles
  if (c >= 0x2640 && c <= 0x2642) return c == 0x2641;                       // women, men
  if (c >= 0x266D && c <= 0x266F) return false;                             // of music
  if (c >= 0x2768 && c <= 0x2775) return false;                             // brackets
  if (c >= 0x27C0 && c <= 0x2AFF) return false;                             // arrows, mathematics
  return c <= 0x2BFF || c == 0x3030 || c == 0x303D || (c >= 0x1F000 && c <= 0x1FAFF);
}

// Whether a heart that stands behind `before` is a verb: "I ❤ NY".
bool is_verb(std::string_view before) {
  while (before.ends_with(' ')) before.remove_suffix(1);
  const auto ends_with_word = [&](std::string_view word) {
    return before.ends_with(word) &&
           !is_letter_digit_or_mark(character_before(before, before.size() - word.size()));
  };
  return ends_with_word("I") || ends_with_word("We") || ends_with_word("You");
}

// ---- punctuation

// Of which one says as much as many.
bool is_said_once(UChar32 c) {
  switch (c) {
    case ',':
    case ';':
    case '|':
    case 0xA1:    // ¡
    case 0xBF:    // ¿
    case 0x60C:   // Arabic comma
    case 0x61B:   // Arabic semicolon
    case 0x3001:  // ideographic comma
    case 0xFF0C:  // full-width comma
    case 0xFF1B:  // full-width semicolon
    case 0xFF5C:  // full-width bar
      return true;
    default:
      return false;
  }
}

// The narrow form of an exclamation or question mark; 0: it is none.
UChar32 mark_of(UChar32 c) {
  if (c == '!' || c == 0xFF01) return '!';
  if (c == '?' || c == 0xFF1F || c == 0x61F) return '?';
  return 0;
}

bool is_frame(UChar32 c) {
  return c == '~' || c == '=' || c == '*' || c == '_' || c == '^' || c == 0xFF5E || c == 0x301C;
}

// The end of the marks at `at`: "!!", "?!?!", "! ! !". Spaces between two marks belong to them.
size_t end_of_marks(std::string_view title, size_t at) {
  size_t end = at;
  for (;;) {
    const UChar32 c = character_at(title, at);
    if (mark_of(c) != 0) {
      at += static_cast<size_t>(U8_LENGTH(c));
      end = at;
    } else if (c == ' ') {
      ++at;
    } else {
      return end;
    }
  }
}

// Writes each kind of a run of marks once, as the first of it is written.
void append_marks(std::string_view marks, std::string& out) {
  bool has[2] = {};
  for (size_t at = 0; at < marks.size();) {
    const UChar32 c = character_at(marks, at);
    const size_t next = at + static_cast<size_t>(U8_LENGTH(c));
    if (c != ' ' && !std::exchange(has[mark_of(c) == '?'], true)) {
      out += marks.substr(at, next - at);
    }
    at = next;
  }
}

bool may_end_in_marks(UChar32 before) {
  return is_letter_digit_or_mark(before) || before == ')' || before == ']' || before == '"' ||
         before == '\'' || before == 0x201D || before == 0x300D;
}

// How many of a run of `count` equal signs stay.
size_t kept_of(UChar32 c, size_t count) {
  if (is_said_once(c)) return 1;
  if (c == '.') return count > 4 ? 3 : count;  // an ellipsis, behind "Bros." of four
  if (c == '-') return count > 2 ? 1 : count;  // two are a dash
  return count;
}

}  // namespace

void remove_decorations(std::string_view title, std::string& out) {
  out.clear();
  size_t passed = 0;     // the bytes before it are in `out` or gone
  bool has_gap = false;  // decorations were left out behind `out`
  for (ClusterReader reader(title); reader.next();) {
    const Cluster& cluster = reader.cluster();
    if (cluster.begin < passed) continue;
    const UChar32 base = character_at(title, cluster.begin);
    if (is_decoration(base) && !(is_heart(base) && is_verb(title.substr(0, cluster.begin)))) {
      has_gap = true;
      continue;
    }
    if (has_gap && base == ' ') continue;
    if (has_gap) passed = cluster.begin + close_gap(title.substr(cluster.begin), out);
    has_gap = false;
    if (cluster.begin < passed) continue;
    const std::string_view text = title.substr(cluster.begin, cluster.end - cluster.begin);
    const bool is_keycap = u_isdigit(base) != 0 && character_before(text, text.size()) == kKeycap;
    out += is_keycap ? text.substr(0, 1) : text;
  }
  if (has_gap) close_gap({}, out);
}

void collapse_punctuation(std::string_view title, std::string& out) {
  out.clear();
  for (size_t at = 0; at < title.size();) {
    const UChar32 c = character_at(title, at);
    const auto size = static_cast<size_t>(U8_LENGTH(c));
    const UChar32 before = character_before(out, out.size());
    if (mark_of(c) != 0) {
      const size_t end = end_of_marks(title, at);
      const UChar32 word = before == ' ' ? character_before(out, out.size() - 1) : before;
      if (may_end_in_marks(word)) {
        append_marks(title.substr(at, end - at), out);
      } else {
        out += title.substr(at, end - at);  // a name: "!!!"
      }
      at = end;
      continue;
    }
    size_t end = at + size, count = 1;
    for (; character_at(title, end) == c && end < title.size(); end += size) ++count;
    const std::string_view run = title.substr(at, end - at);
    at = end;
    if (count > 1 && is_frame(c)) {
      const bool is_inside =
          is_letter_digit_or_mark(before) && is_letter_digit_or_mark(character_at(title, end));
      const bool is_rating = c == '*' && u_isdigit(before) != 0;
      const bool is_word = before == ' ' && character_at(title, end) == ' ';  // Album: **** Live
      if (is_inside || is_rating || is_word) {
        out += run;
      } else {
        at += close_gap(title.substr(end), out);
      }
      continue;
    }
    out += run.substr(0, kept_of(c, count) * size);
  }
}

namespace {

void fix(FeedRule rule, const FeedRules& rules, std::string_view title, std::string& out) {
  switch (rule) {
    case FeedRule::kDecorations:
      return remove_decorations(title, out);
    case FeedRule::kPunctuation:
      return collapse_punctuation(title, out);
    case FeedRule::kRepeats:
      return remove_repeats(title, out);
    case FeedRule::kCapitals:
      return lower_capitals(title, rules, out);
  }
}

}  // namespace

FeedRuleMask apply_feed_rules(const FeedRules& rules, std::string& title) {
  // What one rule takes out can bring together what another looks for. Two passes are enough for
  // what people write.
  constexpr int kMostPasses = 8;
  thread_local std::string fixed;
  FeedRuleMask fired = 0;
  bool is_changed = true;
  for (int pass = 0; is_changed && pass < kMostPasses; ++pass) {
    is_changed = false;
    for (size_t i = 0; i < kFeedRules; ++i) {
      const auto rule = static_cast<FeedRule>(i);
      if (rules.mode(rule) == FeedMode::kOff) continue;
      fix(rule, rules, title, fixed);
      // A title of signs alone is left as it is rather than be empty.
      if (fixed == title || !has_word(fixed)) continue;
      fired |= bit_of(rule);
      if (rules.mode(rule) != FeedMode::kFix) continue;
      title.swap(fixed);
      is_changed = true;
    }
  }
  return fired;
}

}  // namespace barker
