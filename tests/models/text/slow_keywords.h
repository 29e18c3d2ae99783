// The splitter's rules (models/text/keywords.h), written as plainly as possible: in UTF-16, with
// fresh ICU objects for each text, and phrases compared one by one. Slow, and apart from the code
// that is tested.
#pragma once

#include <unicode/brkiter.h>
#include <unicode/locid.h>
#include <unicode/normalizer2.h>
#include <unicode/ubrk.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uscript.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "models/text/clauses.h"
#include "models/text/phrases.h"
#include "tests/models/text/slow_text.h"

namespace barker {

class SlowSplitter {
 public:
  explicit SlowSplitter(const std::vector<std::string>& phrases) {
    for (const std::string& phrase : phrases) {
      const icu::UnicodeString form = keyword_form(phrase);
      const std::vector<icu::UnicodeString> words = words_of(form);
      const bool is_one_clause = std::ranges::find(words, icu::UnicodeString()) == words.end();
      if (words.size() > 1 && words.size() <= kMaxPhraseWords && is_one_clause) {
        phrases_.push_back({words, form});
      }
    }
    std::ranges::sort(phrases_, {}, [](const Phrase& phrase) { return utf8(phrase.form); });
  }

  static std::string normalize(std::string_view text) { return utf8(keyword_form(text)); }

  std::vector<std::string> split(std::string_view text) const {
    const std::vector<icu::UnicodeString> words = words_of(normal_form(text));
    std::vector<std::string> keywords;
    for (size_t at = 0; at < words.size();) {
      if (words[at].isEmpty()) {
        ++at;
        continue;
      }
      const Phrase* longest = nullptr;
      for (const Phrase& phrase : phrases_) {
        const bool fits = at + phrase.words.size() <= words.size() &&
                          std::equal(phrase.words.begin(), phrase.words.end(), &words[at]);
        if (fits && (!longest || phrase.words.size() > longest->words.size())) longest = &phrase;
      }
      keywords.push_back(utf8(longest ? longest->form : words[at]));
      at += longest ? longest->words.size() : 1;
    }
    return keywords;
  }

 private:
  struct Phrase {
    std::vector<icu::UnicodeString> words;
    icu::UnicodeString form;
  };

  static std::string utf8(const icu::UnicodeString& text) {
    std::string out;
    text.toUTF8String(out);
    return out;
  }

  static icu::UnicodeString normal_form(std::string_view text) {
    UErrorCode code = U_ZERO_ERROR;
    uint64_t replaced = 0;
    const std::string valid = slow_sanitize_utf8(text, &replaced);
    return icu::Normalizer2::getNFKCCasefoldInstance(code)->normalize(
        icu::UnicodeString::fromUTF8(valid), code);
  }

  static icu::UnicodeString keyword_form(std::string_view text) {
    const icu::UnicodeString form = normal_form(text);
    icu::UnicodeString out;
    bool after_space = false;
    for (int32_t i = 0; i < form.length(); i = form.moveIndex32(i, 1)) {
      const UChar32 c = form.char32At(i);
      if (u_isUWhiteSpace(c)) {
        after_space = !out.isEmpty();
        continue;
      }
      if (after_space) out += static_cast<UChar32>(' ');
      after_space = false;
      out += c;
    }
    return out;
  }

  static bool is_han(UChar32 c) {
    UErrorCode code = U_ZERO_ERROR;
    return uscript_getScript(c, &code) == USCRIPT_HAN;
  }

  static bool is_number(const icu::UnicodeString& word) {
    for (int32_t i = 0; i < word.length(); ++i) {
      if ((word[i] < '0' || word[i] > '9') && word[i] != '.') return false;
    }
    return true;
  }

  static bool is_joined(const icu::UnicodeString& left, const icu::UnicodeString& between,
                        const icu::UnicodeString& right) {
    static const std::set<std::string> kMeasures = {
        "毫升", "升", "克", "千克", "公斤", "斤", "片", "支", "瓶",   "盒",
        "件",   "条", "双", "只",   "个",   "包", "袋", "寸", "英寸", "厘米",
        "毫米", "米", "码", "号",   "色",   "层", "年", "岁", "周",   "天"};
    const bool right_is_han = is_han(right.char32At(0));
    if (between.isEmpty()) {
      const bool is_letter = left.length() == 1 && left[0] >= 'a' && left[0] <= 'z';
      return right_is_han && (is_letter || (is_number(left) && kMeasures.contains(utf8(right))));
    }
    if (between != "-" && between != "&") return false;
    const bool left_ends_in_ascii = left[left.length() - 1] < 0x80;
    return !right_is_han && (left_ends_in_ascii || !is_han(left.char32At(0)));
  }

  // The words in order; an empty one where a clause ends.
  static std::vector<icu::UnicodeString> words_of(const icu::UnicodeString& form) {
    UErrorCode code = U_ZERO_ERROR;
    const std::unique_ptr<icu::BreakIterator> breaker(
        icu::BreakIterator::createWordInstance(icu::Locale::getRoot(), code));
    breaker->setText(form);
    std::vector<icu::UnicodeString> words;
    int32_t last_begin = 0, last_end = 0, begin = breaker->first();
    for (int32_t end = breaker->next(); end != icu::BreakIterator::DONE; end = breaker->next()) {
      if (breaker->getRuleStatus() >= UBRK_WORD_NONE_LIMIT) {
        const icu::UnicodeString word(form, begin, end - begin);
        const icu::UnicodeString between(form, last_end, begin - last_end);
        if (!words.empty() && is_joined(words.back(), between, word)) {
          words.back() = icu::UnicodeString(form, last_begin, end - last_begin);
        } else {
          if (!words.empty() && separates_clauses(utf8(between))) words.emplace_back();
          words.push_back(word);
          last_begin = begin;
        }
        last_end = end;
      }
      begin = end;
    }
    return words;
  }

  std::vector<Phrase> phrases_;
};

}  // namespace barker
