// The normal form of texts a second time, for slow_keywords.h: with regular expressions and new ICU
// objects for each text.
#pragma once

#include <unicode/normalizer2.h>
#include <unicode/regex.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "models/text/parts.h"
#include "models/text/units.h"
#include "tests/models/text/slow_text.h"

namespace barker::slow {

// The sets of characters that the rules speak of, as patterns.
struct Sets {
  static constexpr const char* kDictionary =
      "[[\\p{L}\\p{Nl}]&[\\p{sc=Han}\\p{sc=Hira}\\p{sc=Kana}\\p{sc=Thai}\\p{sc=Laoo}\\p{sc=Khmr}"
      "\\p{sc=Mymr}\\u30FC]]";
  static constexpr const char* kHangul = "[[\\p{L}]&[\\p{sc=Hang}]]";
  static constexpr const char* kDigit = "[\\p{Nd}\\p{No}]";
  static constexpr const char* kWord = "[\\p{L}\\p{N}]";

  // Regular expressions double the operators of sets.
  static std::string in_expressions(std::string pattern) {
    return pattern.insert(pattern.find('&'), "&");
  }
  static std::string hangul() { return in_expressions(kHangul); }
  // Letters, digits and, if asked for, marks of scripts with spaces between words but Hangul.
  static std::string name(const char* categories = "\\p{L}\\p{N}\\p{M}") {
    return std::string("[[") + categories + "]--" + in_expressions(kDictionary) + "--" + hangul() +
           "]";
  }
};

inline std::string utf8(const icu::UnicodeString& text) {
  std::string out;
  text.toUTF8String(out);
  return out;
}

inline const icu::RegexPattern& compiled(const std::string& pattern) {
  static std::map<std::string, std::unique_ptr<icu::RegexPattern>> patterns;
  std::unique_ptr<icu::RegexPattern>& found = patterns[pattern];
  if (!found) {
    UErrorCode code = U_ZERO_ERROR;
    found.reset(icu::RegexPattern::compile(icu::UnicodeString::fromUTF8(pattern), 0, code));
    if (U_FAILURE(code)) throw std::runtime_error(pattern + ": " + u_errorName(code));
  }
  return *found;
}

inline icu::UnicodeString replaced(const icu::UnicodeString& text, const std::string& pattern,
                                   const char* replacement) {
  UErrorCode code = U_ZERO_ERROR;
  const std::unique_ptr<icu::RegexMatcher> matcher(compiled(pattern).matcher(text, code));
  const icu::UnicodeString out =
      matcher->replaceAll(icu::UnicodeString::fromUTF8(replacement), code);
  if (U_FAILURE(code)) throw std::runtime_error(pattern + ": " + u_errorName(code));
  return out;
}

inline bool matches(const icu::UnicodeString& text, const char* pattern) {
  UErrorCode code = U_ZERO_ERROR;
  const std::unique_ptr<icu::RegexMatcher> matcher(compiled(pattern).matcher(text, code));
  return matcher->matches(code) && U_SUCCESS(code);
}

inline bool contains(const icu::UnicodeString& text, const std::string& pattern) {
  UErrorCode code = U_ZERO_ERROR;
  const std::unique_ptr<icu::RegexMatcher> matcher(compiled(pattern).matcher(text, code));
  return matcher->find() && U_SUCCESS(code);
}

inline std::string any_of(std::span<const std::string_view> names) {
  std::string pattern;
  for (const std::string_view name : names)
    pattern += (pattern.empty() ? "" : "|") + std::string(name);
  return "(?:" + pattern + ")";
}

inline icu::UnicodeString with_plain_makers_signs_and_fractions(icu::UnicodeString text) {
  const std::string sign = "[©®℗℠™\\U0001F16A-\\U0001F16C]", word = Sets::kWord;
  const std::string signs = sign + "[©®℗℠™\\U0001F16A-\\U0001F16C\\uFE0E\\uFE0F]*+";
  const std::string fraction = "[¼½¾\\u2150-\\u215F\\u2189]", digit = Sets::kDigit;
  text = replaced(text, "(?<=[\\p{L}\\p{N}\\p{M}])" + signs + "(?=" + word + ")", " ");
  text = replaced(text, signs, "");
  text = replaced(text, "(?<=[\\p{L}\\p{N}\\p{M}])(?=" + fraction + ")", " ");
  text = replaced(text, "(?<=[¼½¾\\u2150-\\u215E\\u2189])(?=" + digit + ")", " ");
  return replaced(text, "´", "'");
}

inline icu::UnicodeString with_plain_signs(icu::UnicodeString text) {
  text = replaced(text,
                  "[`\\u02B9\\u02BB-\\u02BD\\u055A\\u05F3\\u2018\\u2019\\u201B\\u2032\\u2035"
                  "\\uA78C]",
                  "'");
  text = replaced(text, "[\\u02D7\\u058A\\u05BE\\u1806\\u2010-\\u2013\\u2043\\u2212]", "-");
  const std::string digit = Sets::kDigit;
  text = replaced(text, "(?<=" + digit + ")×(?=" + digit + ")", "x");
  text = replaced(text, "[\\u2044\\u2215]", "/");
  return replaced(text, "\\u05F4", "\"");
}

// White space and a lone digit without a unit: the 1 of "3 w 1".
inline std::string before_lone_digit() {
  const std::string word = Sets::kWord, space = "\\p{White_Space}++",
                    letters = "(?:" + any_of(plain_units()) + "|" + any_of(ambiguous_units()) +
                              ")(?!" + Sets::name() + ")";
  return space + "[0-9](?:\\z|" + space + "(?!" + letters + "|" + any_of(measure_words()) +
         ")|[^\\p{L}\\p{N}\\p{M}\\p{White_Space}](?!" + word + "))";
}

// One of the Latin or Cyrillic units `names`, and nothing behind it that makes another word of
// it.
inline std::string unit_of(std::span<const std::string_view> names) {
  const std::string letter = "(?:" + Sets::name("\\p{L}\\p{Nl}") + "\\p{M}*+)",
                    part = "(?:" + Sets::name("\\p{L}\\p{N}") + "\\p{M}*+)",
                    hangul = "(?:" + Sets::hangul() + "\\p{M}*+)";
  const auto part_of = [&](const std::string& most) {
    return "(?:" + part + most + "(?!" + part + ")|" + hangul + most + "(?!" + hangul + "))";
  };
  std::string pattern;
  for (const std::string_view name : names) {
    pattern += (pattern.empty() ? "(?:" : "|") + std::string(name);
    const int32_t size = icu::UnicodeString::fromUTF8(name).countChar32();
    if (size < 3) pattern += "(?!&" + part_of("{1," + std::to_string(3 - size) + "}+") + ")";
    if (size == 1) pattern += "(?!/" + part_of("") + ")(?!\\." + letter + "(?!" + part + "))";
    if (name.ends_with('l')) pattern += "(?!·l)";
    if (name == "v" || name == "w") pattern += "(?!" + before_lone_digit() + ")";
    if (name == "w") pattern += "(?!/)";
  }
  return pattern + ")(?!" + Sets::name() + ")(?![-_](?:" + part + "|" + hangul + "))(?!'" + letter +
         ")(?!\\." + any_of(name_endings()) + "(?!" + Sets::name() + "))";
}

inline icu::UnicodeString with_joined_units(const icu::UnicodeString& text) {
  const std::string name = Sets::name(), word = Sets::kWord;
  const std::string number = "(?<!" + name + ")(?<!(?:" + name + "|" + Sets::hangul() +
                             ")[-_])(?<![0-9])(?<![0-9][.,:x\\-])"
                             "((?:[0-9]+[.,:x\\-])*[0-9]+)";
  const std::string plain = unit_of(plain_units());
  const std::string ambiguous = unit_of(ambiguous_units()) + "(?!\\p{White_Space}*+" + word + ")";
  return replaced(text,
                  number + "(?:\\p{White_Space}++(?=" + plain + "|" + ambiguous + "|" +
                      any_of(measure_words()) + ")|-(?=" + plain + "))",
                  "$1");
}

inline icu::UnicodeString normal_form(std::string_view text) {
  UErrorCode code = U_ZERO_ERROR;
  uint64_t replaced = 0;
  const icu::UnicodeString valid =
      icu::UnicodeString::fromUTF8(slow_sanitize_utf8(text, &replaced));
  return with_joined_units(
      with_plain_signs(icu::Normalizer2::getNFKCCasefoldInstance(code)->normalize(
          with_plain_makers_signs_and_fractions(valid), code)));
}

inline icu::UnicodeString keyword_form(std::string_view text) {
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

}  // namespace barker::slow
