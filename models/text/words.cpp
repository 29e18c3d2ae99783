#include "models/text/words.h"

#include <unicode/brkiter.h>
#include <unicode/locid.h>
#include <unicode/ubrk.h>
#include <unicode/uscript.h>
#include <unicode/utext.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>
#include <string>

#include "models/text/text.h"

namespace barker {
namespace {

// ICU's data is part of the installation; without it no word can be found.
void require(UErrorCode code) {
  if (U_FAILURE(code))
    throw std::runtime_error(std::string("ICU word break: ") + u_errorName(code));
}

// ICU's break iterator and the view through which it reads UTF-8. Both take long to make and
// allocate, and an iterator serves one thread at a time: each thread has one for good.
class WordBreaker {
 public:
  WordBreaker() {
    UErrorCode code = U_ZERO_ERROR;
    iterator_.reset(icu::BreakIterator::createWordInstance(icu::Locale::getRoot(), code));
    require(code);
  }
  ~WordBreaker() { utext_close(&view_); }
  WordBreaker(const WordBreaker&) = delete;
  WordBreaker& operator=(const WordBreaker&) = delete;

  // Calls visit(begin, end) for every word; `text` must live until it returns.
  template <typename Visit>
  void for_each(std::string_view text, Visit visit) {
    UErrorCode code = U_ZERO_ERROR;
    utext_openUTF8(&view_, text.data(), static_cast<int64_t>(text.size()), &code);
    iterator_->setText(&view_, code);
    require(code);
    int32_t begin = iterator_->first();
    for (int32_t end = iterator_->next(); end != icu::BreakIterator::DONE;
         end = iterator_->next()) {
      if (iterator_->getRuleStatus() >= UBRK_WORD_NONE_LIMIT) {
        visit(static_cast<size_t>(begin), static_cast<size_t>(end));
      }
      begin = end;
    }
  }

 private:
  std::unique_ptr<icu::BreakIterator> iterator_;
  UText view_ = UTEXT_INITIALIZER;
};

WordBreaker& word_breaker() {
  thread_local WordBreaker breaker;
  return breaker;
}

UChar32 first_character(std::string_view text) {
  UChar32 c;
  int32_t at = 0;
  U8_NEXT(text.data(), at, static_cast<int32_t>(text.size()), c);
  return c;
}

bool begins_with_han(std::string_view text) {
  if (static_cast<unsigned char>(text.front()) < 0x80) return false;
  UErrorCode code = U_ZERO_ERROR;
  return uscript_getScript(first_character(text), &code) == USCRIPT_HAN;
}

bool is_measure_word(std::string_view word) {
  static constexpr auto kMeasures = std::to_array<std::string_view>(
      {"毫升", "升", "克", "千克", "公斤", "斤", "片", "支", "瓶",   "盒",
       "件",   "条", "双", "只",   "个",   "包", "袋", "寸", "英寸", "厘米",
       "毫米", "米", "码", "号",   "色",   "层", "年", "岁", "周",   "天"});
  return std::ranges::find(kMeasures, word) != kMeasures.end();
}

bool is_number(std::string_view word) {
  return std::ranges::all_of(word, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

// Whether two neighbouring words are one keyword: joined by one hyphen or ampersand (wi-fi,
// wh-1000xm4, h&m), a Latin letter that modifies a Han word (t恤, v领), or a number with its
// measure word (50毫升).
bool belongs_together(std::string_view text, Word left, Word right) {
  const std::string_view a = text.substr(left.begin, left.end - left.begin);
  const std::string_view b = text.substr(right.begin, right.end - right.begin);
  if (right.begin == left.end) {
    const bool letter = a.size() == 1 && a[0] >= 'a' && a[0] <= 'z';
    return (letter || (is_number(a) && is_measure_word(b))) && begins_with_han(b);
  }
  if (right.begin != left.end + 1) return false;
  const char between = text[left.end];
  if (between != '-' && between != '&') return false;
  const auto last = static_cast<unsigned char>(a.back());
  return !begins_with_han(b) && (last < 0x80 || !begins_with_han(a));
}

void add_word(std::string_view text, Word word, std::vector<Word>& words) {
  if (!words.empty() && belongs_together(text, words.back(), word)) {
    words.back().end = word.end;
  } else {
    words.push_back(word);
  }
}

// What the word break of Unicode, in ICU's tailoring, comes to for ASCII, where it needs no library
// and no memory. A test compares it with ICU's.
void break_ascii_words(std::string_view text, std::vector<Word>& words) {
  // The at sign is a letter to ICU, so that addresses and names stay whole.
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '@';
  };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto joins = [&](char left, char middle, char right) {
    if (middle == '.' || middle == '\'') {  // WB6, WB7, WB11, WB12
      return (is_letter(left) && is_letter(right)) || (is_digit(left) && is_digit(right));
    }
    return (middle == ',' || middle == ';') && is_digit(left) && is_digit(right);
  };
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    while (at < text.size()) {
      const char c = text[at];
      const bool inside =
          is_letter(c) || is_digit(c) || c == '_' ||  // WB5, WB8 to WB10, WB13
          (at > begin && at + 1 < text.size() && joins(text[at - 1], c, text[at + 1]));
      if (!inside) break;
      ++at;
    }
    const bool is_lone_underscore = at == begin + 1 && text[begin] == '_';  // no word to ICU
    if (at > begin && !is_lone_underscore) add_word(text, {begin, at}, words);
    at += at == begin;
  }
}

}  // namespace

void break_words(std::string_view text, std::vector<Word>& words) {
  words.clear();
  if (is_ascii(text)) return break_ascii_words(text, words);
  word_breaker().for_each(text, [&](size_t begin, size_t end) {
    add_word(text, {begin, end}, words);
  });
}

}  // namespace barker
