// The splitter's rules (models/text/README.md) a second time, for tests that compare the two. This
// one is slow and as plain as possible: it uses regular expressions, makes new ICU objects for each
// text, and compares phrases one by one. It shares nothing with the splitter but its tables: units,
// the endings of names, abbreviations and the length of the longest phrase.
#pragma once

#include <unicode/brkiter.h>
#include <unicode/locid.h>
#include <unicode/uchar.h>
#include <unicode/uniset.h>
#include <unicode/unistr.h>
#include <unicode/uscript.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "models/text/clauses.h"
#include "models/text/parts.h"
#include "models/text/phrases.h"
#include "models/text/units.h"
#include "tests/models/text/slow_normal_form.h"

namespace barker {

class SlowSplitter {
 public:
  explicit SlowSplitter(const std::vector<std::string>& phrases) {
    for (const std::string& phrase : phrases) {
      const icu::UnicodeString form = slow::keyword_form(phrase);
      const std::vector<icu::UnicodeString> words = words_of(form);
      const bool is_one_clause = std::ranges::find(words, icu::UnicodeString()) == words.end();
      if (words.size() > 1 && words.size() <= kMaxPhraseWords && is_one_clause) {
        phrases_.push_back({words, form});
      }
    }
    std::ranges::sort(phrases_, {}, [](const Phrase& phrase) { return slow::utf8(phrase.form); });
  }

  static std::string normalize(std::string_view text) {
    return slow::utf8(slow::keyword_form(text));
  }

  std::vector<std::string> split(std::string_view text) const {
    const std::vector<icu::UnicodeString> words = words_of(slow::normal_form(text));
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
      keywords.push_back(slow::utf8(longest ? longest->form : words[at]));
      at += longest ? longest->words.size() : 1;
    }
    return keywords;
  }

 private:
  struct Phrase {
    std::vector<icu::UnicodeString> words;
    icu::UnicodeString form;
  };

  enum class Kind { kNone, kMark, kName, kHangul, kDictionary };

  static std::unique_ptr<icu::UnicodeSet> set(const char* pattern) {
    UErrorCode code = U_ZERO_ERROR;
    auto made = std::make_unique<icu::UnicodeSet>(icu::UnicodeString::fromUTF8(pattern), code);
    if (U_FAILURE(code)) throw std::runtime_error(std::string(pattern) + ": " + u_errorName(code));
    return made;
  }

  static Kind kind_of(UChar32 c) {
    static const std::unique_ptr<icu::UnicodeSet> dictionary = set(slow::Sets::kDictionary),
                                                  hangul = set(slow::Sets::kHangul),
                                                  word = set(slow::Sets::kWord),
                                                  mark = set("[\\p{M}]");
    if (dictionary->contains(c)) return Kind::kDictionary;
    if (hangul->contains(c)) return Kind::kHangul;
    if (word->contains(c)) return Kind::kName;
    return mark->contains(c) ? Kind::kMark : Kind::kNone;
  }

  // A run of one kind of letters and digits, with marks.
  struct Part {
    Kind kind;
    int32_t begin, end;
    icu::UnicodeString letters;  // without marks
  };

  static std::vector<Part> parts_of(const icu::UnicodeString& form) {
    std::vector<Part> parts;
    for (int32_t i = 0; i < form.length(); i = form.moveIndex32(i, 1)) {
      const UChar32 c = form.char32At(i);
      const Kind kind = kind_of(c);
      const bool touches = !parts.empty() && parts.back().end == i;
      if (kind == Kind::kNone || (kind == Kind::kMark && !touches)) continue;
      if (kind != Kind::kMark && (!touches || parts.back().kind != kind)) {
        parts.push_back({kind, i, i, {}});
      }
      parts.back().end = form.moveIndex32(i, 1);
      if (kind != Kind::kMark) parts.back().letters += c;
    }
    return parts;
  }

  static bool is_digit(UChar32 c) {
    return u_charType(c) == U_DECIMAL_DIGIT_NUMBER || u_charType(c) == U_OTHER_NUMBER;
  }

  // Whether one sign between two parts makes a word of them. `word` is the word up to the sign.
  static bool joins(const icu::UnicodeString& word, const Part& a, UChar32 sign, const Part& b) {
    const UChar32 left = a.letters.char32At(a.letters.length() - 1), right = b.letters.char32At(0);
    const bool are_names = a.kind == Kind::kName && b.kind == Kind::kName;
    const bool digits = is_digit(left) && is_digit(right);
    const bool letters = are_names && !is_digit(left) && !is_digit(right);
    const int32_t left_size = a.letters.countChar32(), right_size = b.letters.countChar32();
    const bool are_single = left_size == 1 && right_size == 1;
    const auto endings = name_endings();
    std::string ending;
    b.letters.toUTF8String(ending);
    switch (sign) {
      case '-':
      case '_':
        return true;
      case '\'':
        return digits || letters;
      case ',':
      case ':':
      case 0x66B:
      case 0x66C:
        return digits;
      case '.':
        return digits ||
               (letters && (are_single || std::ranges::find(endings, ending) != endings.end()));
      case '+':
        return digits && slow::matches(word, "[0-9.,/+:']*");
      case '/':
        return digits ? slow::matches(word, "[0-9.,/+:']*") : are_single;
      case '&':
        return left_size + right_size <= 3;
      case '"':
        return left >= 0x5D0 && left <= 0x5EA && right >= 0x5D0 && right <= 0x5EA;
      case 0xB7:
        return left == 'l' && right == 'l';
      default:
        return false;
    }
  }

  static int32_t end_with_trailing_signs(const icu::UnicodeString& form, int32_t begin, int32_t end,
                                         const Part& last) {
    const icu::UnicodeString word(form, begin, end - begin);
    const bool is_letter =
        word.countChar32() == 1 && last.kind == Kind::kName && !is_digit(last.letters.char32At(0));
    int32_t plus = end;
    while (plus < form.length() && form[plus] == '+') ++plus;
    const auto is_free = [&](int32_t at) {
      return at == form.length() || kind_of(form.char32At(at)) == Kind::kNone;
    };
    const bool ends_in_digit = is_digit(last.letters.char32At(last.letters.length() - 1));
    if (plus > end && plus <= end + 3 && is_free(plus) && (is_letter || ends_in_digit)) return plus;
    const bool is_sharp = is_letter && end < form.length() && form[end] == '#';
    // Beyond its end a string of ICU's holds U+FFFF.
    const bool is_one = is_sharp && is_free(end + 1) && form.charAt(end + 1) != '#';
    return is_one ? end + 1 : end;
  }

  static bool takes_measure(const icu::UnicodeString& left, const icu::UnicodeString& right) {
    std::string measure;
    right.toUTF8String(measure);
    UErrorCode code = U_ZERO_ERROR;
    if (slow::matches(left, "[a-z]")) {
      return uscript_getScript(right.char32At(0), &code) == USCRIPT_HAN;
    }
    return slow::matches(left, "[0-9.,/]+") && is_measure_word(measure);
  }

  struct Span {
    int32_t begin, end;
  };

  static void add_dictionary_words(const icu::UnicodeString& form, const Part& part,
                                   std::vector<Span>& words) {
    UErrorCode code = U_ZERO_ERROR;
    const std::unique_ptr<icu::BreakIterator> breaker(
        icu::BreakIterator::createWordInstance(icu::Locale::getRoot(), code));
    const icu::UnicodeString run(form, part.begin, part.end - part.begin);
    breaker->setText(run);
    int32_t begin = breaker->first();
    for (int32_t end = breaker->next(); end != icu::BreakIterator::DONE; end = breaker->next()) {
      const icu::UnicodeString word(run, begin, end - begin);
      const Span here{part.begin + begin, part.begin + end};
      const bool touches = begin == 0 && !words.empty() && words.back().end == part.begin;
      const Span last = touches ? words.back() : Span{0, 0};
      if (touches && takes_measure({form, last.begin, last.end - last.begin}, word)) {
        words.back().end = here.end;
      } else {
        words.push_back(here);
      }
      begin = end;
    }
  }

  static bool ends_clause(const icu::UnicodeString& left, const icu::UnicodeString& between) {
    const std::string text = slow::utf8(between);
    if (text == "." || text == "·") return false;
    if (slow::matches(left, slow::any_of(abbreviations()).c_str()) &&
        slow::matches(between, "\\. *"))
      return false;
    const std::string end =
        "[[\\n\\r|¦｜•·—―\\u2500-\\u257F\\p{Terminal_Punctuation}\\p{Ps}\\p{Pe}\\p{Zl}\\p{Zp}\\p{"
        "So}]"
        "--[・©®℗℠™°\\uFFFD\\U0001F16A-\\U0001F16C]]";
    return slow::contains(between, end + "|\\p{White_Space}[/\\\\~\\p{Pd}]+\\p{White_Space}");
  }

  // The words in order; an empty one where a clause ends.
  static std::vector<icu::UnicodeString> words_of(const icu::UnicodeString& form) {
    const std::vector<Part> parts = parts_of(form);
    std::vector<Span> spans;
    for (size_t i = 0; i < parts.size(); ++i) {
      if (parts[i].kind == Kind::kDictionary) {
        add_dictionary_words(form, parts[i], spans);
        continue;
      }
      const int32_t begin = parts[i].begin;
      for (; i + 1 < parts.size() && parts[i + 1].kind != Kind::kDictionary; ++i) {
        const UChar32 sign = form.char32At(parts[i].end);
        const bool is_one_sign = form.moveIndex32(parts[i].end, 1) == parts[i + 1].begin &&
                                 parts[i].end < parts[i + 1].begin;
        const icu::UnicodeString word(form, begin, parts[i].end - begin);
        if (!is_one_sign || !joins(word, parts[i], sign, parts[i + 1])) break;
      }
      spans.push_back({begin, end_with_trailing_signs(form, begin, parts[i].end, parts[i])});
    }
    std::vector<icu::UnicodeString> words;
    int32_t last_end = 0;
    for (const Span& span : spans) {
      const icu::UnicodeString between(form, last_end, span.begin - last_end);
      if (!words.empty() && ends_clause(words.back(), between)) words.emplace_back();
      words.emplace_back(form, span.begin, span.end - span.begin);
      last_end = span.end;
    }
    return words;
  }

  std::vector<Phrase> phrases_;
};

}  // namespace barker
