#include "index/matching/folding.h"

#include <unicode/normalizer2.h>
#include <unicode/translit.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include <memory>
#include <stdexcept>

#include "models/base/utf8.h"
#include "models/text/text.h"

namespace barker {
namespace {

void check(UErrorCode code, const char* what) {
  if (U_FAILURE(code)) throw std::runtime_error(std::string(what) + ": " + u_errorName(code));
}

UScriptCode script_of(UChar32 c) {
  UErrorCode error = U_ZERO_ERROR;
  return uscript_getScript(c, &error);
}

constexpr UChar32 kTatweel = 0x640, kLongVowel = 0x30FC;

// ICU's table of traditional and simplified characters. An instance may not be shared by threads.
const icu::Transliterator& simplifier() {
  static thread_local const std::unique_ptr<const icu::Transliterator> instance = [] {
    UErrorCode error = U_ZERO_ERROR;
    std::unique_ptr<const icu::Transliterator> made(
        icu::Transliterator::createInstance("Traditional-Simplified", UTRANS_FORWARD, error));
    check(error, "ICU: Traditional-Simplified");
    return made;
  }();
  return *instance;
}

std::string to_utf8(const icu::UnicodeString& text) {
  std::string out;
  text.toUTF8String(out);
  return out;
}

// Marks that people leave out when they type. Those of Indic scripts, Thai and kana are letters to
// their readers and stay, and so does the breve of the Russian й.
bool is_dropped_mark(UChar32 mark, UChar32 letter) {
  if (mark == 0x306 && (letter == 0x438 || letter == 0x418)) return false;
  return (mark >= 0x300 && mark <= 0x36F) || (mark >= 0x64B && mark <= 0x65F) || mark == 0x670 ||
         (mark >= 0x591 && mark <= 0x5C7 && u_charType(mark) == U_NON_SPACING_MARK);
}

// Letters that have no decomposition, or none to what people type.
const char16_t* plain_letter(UChar32 c) {
  switch (c) {
    case 0xE6:
      return u"ae";  // æ
    case 0x153:
      return u"oe";  // œ
    case 0xDF:
      return u"ss";  // ß
    case 0xFE:
      return u"th";  // þ
    case 0xF0:
    case 0x111:
      return u"d";  // ð, đ
    case 0xF8:
      return u"o";  // ø
    case 0x142:
      return u"l";  // ł
    case 0x127:
      return u"h";  // ħ
    case 0x131:
      return u"i";  // ı
    case 0x3C2:
      return u"\u03C3";  // a sigma at the end of a word
    case 0x622:
    case 0x623:
    case 0x625:
    case 0x671:
      return u"\u0627";  // alef
    case 0x624:
      return u"\u0648";  // waw
    case 0x626:
    case 0x649:
    case 0x6CC:
      return u"\u064A";  // yeh
    case 0x629:
      return u"\u0647";  // teh marbuta
    case 0x6A9:
      return u"\u0643";  // kaf
    default:
      return nullptr;
  }
}

bool is_ascii_numeral(UChar32 c) { return c >= '0' && c <= '9'; }

// The normal form has one shape of each.
bool joins_words(UChar32 c) {
  return c == '\'' || c == '-' || c == '&' || c == '.' || c == '_' || c == '/' || c == '@' ||
         c == ':';
}

void drop_arabic_article(icu::UnicodeString& word) {
  constexpr int32_t kShortestRest = 3;  // letters; shorter words begin with these two themselves
  while (word.length() >= 2 + kShortestRest && word.startsWith(u"\u0627\u0644")) {
    word.remove(0, 2);
  }
}

void drop_long_vowel(icu::UnicodeString& word) {
  constexpr int32_t kShortestWord = 4;  // カー and コピー keep theirs, サーバー does not
  while (word.length() >= kShortestWord && word[word.length() - 1] == kLongVowel &&
         script_of(word[0]) == USCRIPT_KATAKANA) {
    word.truncate(word.length() - 1);
  }
}

}  // namespace

std::string fold_text(std::string_view text) {
  const std::string valid = sanitize_utf8(text);
  if (is_ascii(valid)) return valid;
  icu::UnicodeString folded = icu::UnicodeString::fromUTF8(valid);
  folded.findAndReplace(icu::UnicodeString(kTatweel), icu::UnicodeString());
  bool has_han = false;
  for (int32_t i = 0; i < folded.length() && !has_han; i = folded.moveIndex32(i, 1)) {
    has_han = script_of(folded.char32At(i)) == USCRIPT_HAN;
  }
  if (has_han) simplifier().transliterate(folded);
  return to_utf8(folded);
}

std::string fold_word(std::string_view word) {
  if (is_ascii(word)) {
    std::string out;
    for (size_t i = 0; i < word.size(); ++i) {
      const char before = out.empty() ? '\0' : out.back();
      const char after = i + 1 < word.size() ? word[i + 1] : '\0';
      if (!joins_words(word[i]) || (is_ascii_numeral(before) && is_ascii_numeral(after)))
        out += word[i];
    }
    return out.empty() ? std::string(word) : out;
  }
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* nfd = icu::Normalizer2::getNFDInstance(error);
  const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(error);
  check(error, "ICU: normal forms");
  const icu::UnicodeString in =
      nfd->normalize(icu::UnicodeString::fromUTF8(sanitize_utf8(word)), error);
  check(error, "ICU: NFD");
  icu::UnicodeString bare;
  UChar32 letter = 0;
  for (int32_t i = 0; i < in.length(); i = in.moveIndex32(i, 1)) {
    const UChar32 c = in.char32At(i);
    const bool is_in_number =
        is_ascii_numeral(letter) && i + 1 < in.length() && is_ascii_numeral(in.char32At(i + 1));
    if (c == kTatweel || is_dropped_mark(c, letter)) continue;
    if (joins_words(c) && !is_in_number) continue;
    bare.append(c);
    letter = c;
  }
  bare = nfc->normalize(bare, error);
  check(error, "ICU: NFC");
  icu::UnicodeString out;
  for (int32_t i = 0; i < bare.length(); i = bare.moveIndex32(i, 1)) {
    const UChar32 c = bare.char32At(i);
    if (const char16_t* plain = plain_letter(c)) {
      out.append(plain, -1);
    } else {
      out.append(c);
    }
  }
  drop_arabic_article(out);
  drop_long_vowel(out);
  return out.isEmpty() ? std::string(word) : to_utf8(out);
}

}  // namespace barker
