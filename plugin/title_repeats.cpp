// Words that a title says twice in a row.

#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <span>
#include <vector>

#include "plugin/characters.h"
#include "plugin/title_feed.h"

namespace barker {
namespace {

constexpr size_t kMostTokens = 256;  // a title of more is left as it is behind them
constexpr size_t kMostWords = 8;     // of a phrase

// What stands between two spaces.
struct Token {
  size_t begin = 0, end = 0;  // bytes of the title
  size_t core_end = 0;        // before the punctuation at its end
  size_t folded_begin = 0, folded_end = 0;
  int letters = 0;
  bool has_word = false;    // it begins with a letter or a digit
  bool may_repeat = false;  // by itself, as the second of two
};

struct Tokens {
  std::vector<Token> list;
  std::string folded;  // the cores

  std::string_view text_of(const Token& t) const {
    return std::string_view(folded).substr(t.folded_begin, t.folded_end - t.folded_begin);
  }
};

// Scripts of languages that say a word twice to mean something else: Hindi "छोटे छोटे".
bool doubles_words(UChar32 c) {
  if (c < 0x900) return false;
  UErrorCode code = U_ZERO_ERROR;
  switch (uscript_getScript(c, &code)) {
    case USCRIPT_HAN:
    case USCRIPT_HIRAGANA:
    case USCRIPT_KATAKANA:
    case USCRIPT_HANGUL:
    case USCRIPT_GREEK:
    case USCRIPT_CYRILLIC:
    case USCRIPT_LATIN:
    case USCRIPT_ARABIC:
    case USCRIPT_HEBREW:
    case USCRIPT_COMMON:
    case USCRIPT_INHERITED:
      return false;
    default:
      return true;
  }
}

bool is_han(UChar32 c) {
  UErrorCode code = U_ZERO_ERROR;
  return c >= 0x2E80 && uscript_getScript(c, &code) == USCRIPT_HAN;
}

// Reads the core of a token. A word may repeat by itself if it is long enough not to be a word such
// as "bye bye" or "cha cha", is of letters alone and is not written like a name.
void read_core(std::string_view title, Token& token, std::string& folded) {
  token.folded_begin = folded.size();
  bool is_plain = true, has_case = false, has_han = false;
  const auto size = static_cast<int32_t>(token.core_end);
  for (auto i = static_cast<int32_t>(token.begin); i < size;) {
    UChar32 c = 0;
    U8_NEXT_OR_FFFD(title.data(), i, size, c);
    const UChar32 lower = u_foldCase(c, U_FOLD_CASE_DEFAULT);
    char bytes[U8_MAX_LENGTH];
    int32_t length = 0;
    U8_APPEND_UNSAFE(bytes, length, lower);
    folded.append(bytes, static_cast<size_t>(length));
    const bool is_letter = u_isalpha(c) != 0;
    token.letters += is_letter;
    has_case |= is_letter && u_hasBinaryProperty(c, UCHAR_CASED);
    has_han |= is_han(c);
    const bool is_joint = c == '-' || c == '\'' || c == 0x2019;
    const bool is_mark = (U_GET_GC_MASK(c) & U_GC_M_MASK) != 0;
    is_plain &= (is_letter || is_joint || is_mark) && !doubles_words(c) && u_isupper(c) == 0 &&
                u_istitle(c) == 0;
  }
  token.folded_end = folded.size();
  const int least = has_case ? 5 : has_han ? 2 : 3;
  token.may_repeat = is_plain && token.letters >= least;
}

void read_tokens(std::string_view title, Tokens& tokens) {
  tokens.list.clear();
  tokens.folded.clear();
  for (size_t at = 0; at < title.size() && tokens.list.size() < kMostTokens;) {
    at = std::min(title.find_first_not_of(' ', at), title.size());
    if (at == title.size()) break;
    Token token;
    token.begin = at;
    token.end = at = std::min(title.find(' ', at), title.size());
    token.core_end = token.end;
    while (token.core_end > token.begin) {
      auto i = static_cast<int32_t>(token.core_end);
      UChar32 c = 0;
      U8_PREV_OR_FFFD(title.data(), static_cast<int32_t>(token.begin), i, c);
      if (is_letter_digit_or_mark(c)) break;
      token.core_end = static_cast<size_t>(i);
    }
    if (token.core_end > token.begin) {
      auto i = static_cast<int32_t>(token.begin);
      UChar32 c = 0;
      U8_NEXT_OR_FFFD(title.data(), i, static_cast<int32_t>(token.core_end), c);
      token.has_word = is_letter_digit_or_mark(c);
      read_core(title, token, tokens.folded);
    }
    tokens.list.push_back(token);
  }
}

// Whether the words [at, at + count) are said again right behind them, without a sign between.
bool is_said_again(const Tokens& tokens, size_t at, size_t count) {
  if (at + 2 * count > tokens.list.size()) return false;
  for (size_t i = at; i < at + 2 * count; ++i) {
    const Token& token = tokens.list[i];
    if (!token.has_word) return false;
    if (i + 1 < at + 2 * count && token.core_end != token.end) return false;
    if (i < at + count && tokens.text_of(token) != tokens.text_of(tokens.list[i + count])) {
      return false;
    }
  }
  return true;
}

// A phrase is long enough not to be a name such as "New York New York", and does not say one word
// over and over.
bool is_phrase(const Tokens& tokens, std::span<const Token> words) {
  constexpr int kLeastLetters = 8, kLongWord = 5;
  int letters = 0, longest = 0;
  bool has_two = false;
  for (const Token& word : words) {
    letters += word.letters;
    longest = std::max(longest, word.letters);
    has_two |= tokens.text_of(word) != tokens.text_of(words.front());
  }
  return has_two && letters >= kLeastLetters && longest >= kLongWord;
}

// Takes the first repetition out of the title; false: there is none.
bool remove_one(const Tokens& tokens, std::string& title) {
  for (size_t at = 0; at < tokens.list.size(); ++at) {
    for (size_t count = 1; count <= kMostWords && at + 2 * count <= tokens.list.size(); ++count) {
      if (!is_said_again(tokens, at, count)) continue;
      const Token &kept = tokens.list[at + count - 1], &last = tokens.list[at + 2 * count - 1];
      const bool is_repeat =
          count == 1 ? last.may_repeat : is_phrase(tokens, {&tokens.list[at], count});
      if (!is_repeat) continue;
      title.erase(kept.core_end, last.core_end - kept.core_end);
      return true;
    }
  }
  return false;
}

// The title without a brand before a dash that is said again behind it: "Belkin - Belkin 6-Outlet
// Surge Protector". A title that has nothing else there stays: "Weezer - Weezer - CD".
bool remove_brand(const Tokens& tokens, std::string& title) {
  constexpr size_t kMostOfBrand = 3;
  const auto& list = tokens.list;
  for (size_t count = 1; count <= kMostOfBrand && 2 * count + 1 < list.size(); ++count) {
    const Token &dash = list[count], &next = list[2 * count + 1];
    const std::string_view sign = std::string_view(title).substr(dash.begin, dash.end - dash.begin);
    if (sign != "-" && sign != "\u2013" && sign != "\u2014" && sign != "|") continue;
    bool is_brand = next.has_word;
    int letters = 0;
    for (size_t i = 0; i < count; ++i) {
      const Token &first = list[i], &second = list[count + 1 + i];
      is_brand &= first.has_word && second.has_word && first.core_end == first.end &&
                  second.core_end == second.end && tokens.text_of(first) == tokens.text_of(second);
      letters += first.letters;
    }
    if (!is_brand || letters < 2) continue;
    title.erase(0, list[count + 1].begin);
    return true;
  }
  return false;
}

}  // namespace

void remove_repeats(std::string_view title, std::string& out) {
  thread_local Tokens tokens;
  out = title;
  constexpr int kMostRemoved =
      32;  // bounds the work on a title that says one word a thousand times
  read_tokens(out, tokens);
  for (int i = 0; i < kMostRemoved; ++i) {
    if (!remove_brand(tokens, out) && !remove_one(tokens, out)) return;
    read_tokens(out, tokens);
  }
}

}  // namespace barker
