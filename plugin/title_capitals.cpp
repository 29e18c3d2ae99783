// Titles that are shouted: most of their words in capitals.

#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <iterator>
#include <unordered_set>

#include "plugin/characters.h"
#include "plugin/title_feed.h"

namespace barker {
namespace {

// Words that stay in lower case inside of a title.
constexpr std::string_view kSmallWords[] = {"a",
                                            "an",
                                            "and",
                                            "as",
                                            "at",
                                            "by",
                                            "for",
                                            "from",
                                            "in",
                                            "nor",
                                            "of",
                                            "on",
                                            "or",
                                            "the",
                                            "to",
                                            "with",
                                            "de",
                                            "del",
                                            "des",
                                            "la",
                                            "las",
                                            "le",
                                            "les",
                                            "los",
                                            "du",
                                            "et",
                                            "y",
                                            "e",
                                            "el",
                                            "con",
                                            "para",
                                            "und",
                                            "der",
                                            "das",
                                            "den",
                                            "dem",
                                            "mit",
                                            "f\u00FCr",
                                            "von",
                                            "zu",
                                            "di",
                                            "da",
                                            "do",
                                            "dos",
                                            "\u0438",
                                            "\u0432",
                                            "\u0441",
                                            "\u043A",
                                            "\u0438\u0437",
                                            "\u043E\u0442",
                                            "\u043D\u0430",
                                            "\u043F\u043E",
                                            "\u0434\u043E",
                                            "\u0434\u043B\u044F",
                                            "\u043F\u043E\u0434",
                                            "\u0431\u0435\u0437",
                                            "\u043F\u0440\u0438",
                                            "\u0438\u043B\u0438"};

// Other words of at most three letters that are no acronyms. One that is missing here stays in
// capitals, which harms less than "Usb".
constexpr std::string_view kShortWords[] = {
    "add", "age", "air", "ale", "all", "any", "arm", "art", "ash", "bag", "ban", "bar", "bat",
    "bay", "bed", "bee", "big", "bin", "bit", "blu", "bow", "box", "boy", "bun", "bus", "but",
    "buy", "can", "cap", "car", "cat", "cow", "cup", "cut", "day", "die", "dog", "dot", "dry",
    "duo", "ear", "egg", "end", "eye", "fan", "far", "fat", "few", "fit", "fix", "fly", "fox",
    "fun", "fur", "gel", "get", "gin", "gym", "ham", "hat", "her", "him", "hip", "his", "hot",
    "how", "ice", "inc", "ink", "its", "jam", "jar", "joy", "jug", "key", "kid", "kit", "leg",
    "let", "lid", "lip", "low", "mat", "max", "may", "men", "mix", "mop", "mug", "net", "new",
    "no",  "non", "not", "now", "nut", "off", "oil", "old", "one", "our", "out", "own", "pan",
    "pay", "pen", "pet", "pie", "pig", "pin", "pop", "pot", "rat", "ray", "raw", "red", "rib",
    "rod", "rug", "rum", "run", "sad", "sea", "see", "set", "she", "sit", "six", "ski", "sky",
    "son", "sun", "tab", "tan", "tap", "tea", "ten", "the", "tie", "tin", "tip", "top", "toy",
    "tub", "two", "use", "van", "war", "was", "wax", "way", "wet", "who", "why", "wig", "win",
    "you", "zip", "be",  "do",  "go",  "he",  "if",  "is",  "me",  "my",  "so",  "up",  "we"};

// Longer words that are written in capitals, or in a way of their own.
constexpr std::string_view kSpelled[] = {
    "AARP",       "AMOLED",    "ANSI",     "ASICS",       "ASUS",     "ATEX",    "BIOS",
    "CMOS",       "DIMM",      "EPROM",    "ESPN",        "FIFA",     "GDDR",    "HDMI",
    "HEPA",       "IKEA",      "IMAX",     "JPEG",        "LEGO",     "LiPo",    "MIDI",
    "MIPS",       "MPEG",      "NASA",     "NASCAR",      "NATO",     "NCAA",    "NiMH",
    "NVIDIA",     "NVMe",      "OLED",     "PCIe",        "PETA",     "QLED",    "RAID",
    "RFID",       "RoHS",      "SATA",     "SCSI",        "SODIMM",   "UEFA",    "UEFI",
    "UNICEF",     "UNESCO",    "USDA",     "VESA",        "VIII",     "XVIII",   "XIII",
    "XVII",       "XXVI",      "XXII",     "XXIII",       "WLAN",     "iPad",    "iPhone",
    "iPod",       "iMac",      "MacBook",  "PlayStation", "GeForce",  "YouTube", "eBay",
    "eBook",      "WiFi",      "MicroSD",  "SanDisk",     "LaserJet", "DeskJet", "OfficeJet",
    "PhotoSmart", "PowerShot", "ThinkPad", "BlackBerry",  "GoPro",    "JanSport"};

void append(UChar32 c, std::string& out) {
  char bytes[U8_MAX_LENGTH];
  int32_t length = 0;
  U8_APPEND_UNSAFE(bytes, length, c);
  out.append(bytes, static_cast<size_t>(length));
}

// Whether a letter is of a script whose capitals shout.
bool has_case(UChar32 c) {
  if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  UErrorCode code = U_ZERO_ERROR;
  const UScriptCode script = uscript_getScript(c, &code);
  return (script == USCRIPT_LATIN || script == USCRIPT_GREEK || script == USCRIPT_CYRILLIC) &&
         u_hasBinaryProperty(c, UCHAR_CASED);
}

bool is_vowel(UChar32 lower) {
  if (lower < 0x80)
    return std::string_view("aeiouy").find(static_cast<char>(lower)) != std::string_view::npos;
  // Letters of the other scripts that are vowels, and Latin ones with a mark.
  constexpr std::u32string_view kVowels =
      U"\u0430\u0435\u0451\u0438\u043E\u0443\u044B\u044D\u044E\u044F\u0456\u0457\u0454"
      U"\u03B1\u03B5\u03B7\u03B9\u03BF\u03C5\u03C9\u03AC\u03AD\u03AE\u03AF\u03CC\u03CD\u03CE";
  if (lower >= 0x370) return kVowels.find(static_cast<char32_t>(lower)) != kVowels.npos;
  constexpr std::u32string_view kConsonants =
      U"\u00E7\u00F1\u00F0\u00FE\u00DF\u015F\u0161\u017E\u017C"
      U"\u010D\u0107\u0142\u0144\u011F\u0159\u0165\u010F";
  return kConsonants.find(static_cast<char32_t>(lower)) == kConsonants.npos;
}

// A run of letters, marks and digits, with apostrophes between letters.
struct Word {
  size_t begin = 0, end = 0;
  int letters = 0, capitals = 0;
  bool has_digit = false, has_vowel = false;
  bool is_caseless = false;  // some letter has no case
  std::string_view joint;    // what stands between it and the word before
};

// Reads words from left to right.
class WordReader {
 public:
  explicit WordReader(std::string_view title) : title_(title) {}

  bool next(Word& word) {
    const size_t before = at_;
    word = {};
    for (word.begin = at_; at_ < title_.size(); word.begin = at_) {
      if (is_letter_digit_or_mark(next_character(title_, at_))) break;
    }
    if (word.begin >= title_.size()) return false;
    word.joint = title_.substr(before, word.begin - before);
    for (at_ = word.begin; at_ < title_.size();) {
      size_t behind = at_;
      const UChar32 c = next_character(title_, behind);
      if (is_apostrophe(c)) {
        size_t after = behind;
        if (at_ == word.begin || behind == title_.size() ||
            u_isalpha(next_character(title_, after)) == 0) {
          break;
        }
      } else if (!is_letter_digit_or_mark(c)) {
        break;
      }
      add(c, word);
      at_ = behind;
    }
    word.end = at_;
    return true;
  }

 private:
  static void add(UChar32 c, Word& word) {
    word.has_digit |= (U_GET_GC_MASK(c) & U_GC_N_MASK) != 0;
    if (u_isalpha(c) == 0) return;
    ++word.letters;
    if (!has_case(c)) {
      word.is_caseless = true;
      return;
    }
    word.capitals += u_isupper(c) != 0;
    word.has_vowel |= is_vowel(u_tolower(c));
  }

  std::string_view title_;
  size_t at_ = 0;
};

// Valid until the thread's next call.
const std::string& folded(std::string_view word) {
  thread_local std::string out;
  out.clear();
  for (size_t at = 0; at < word.size();) {
    append(u_foldCase(next_character(word, at), U_FOLD_CASE_DEFAULT), out);
  }
  return out;
}

const std::unordered_set<std::string_view>& small_words() {
  static const std::unordered_set<std::string_view> words(std::begin(kSmallWords),
                                                          std::end(kSmallWords));
  return words;
}

const std::unordered_set<std::string_view>& short_words() {
  static const std::unordered_set<std::string_view> words(std::begin(kShortWords),
                                                          std::end(kShortWords));
  return words;
}

const FeedRules& built_in() {
  static const FeedRules rules = [] {
    FeedRules all;
    for (const std::string_view word : kSpelled) all.add_spelling(word);
    return all;
  }();
  return rules;
}

// The word's own spelling; null: it has none.
const std::string* spelling_of(const std::string& word, const FeedRules& rules) {
  for (const FeedRules* from : {&rules, &built_in()}) {
    const auto found = from->spellings.find(word);
    if (found != from->spellings.end()) return &found->second;
  }
  return nullptr;
}

// Whether a word in capitals is an acronym or a model number rather than shouted. `word` is
// folded.
bool is_in_capitals_anyway(const Word& word, const std::string& text) {
  if (word.has_digit || !word.has_vowel) return true;
  if (word.letters <= 3) return !short_words().contains(text) && !small_words().contains(text);
  return false;
}

bool is_all_capitals(const Word& word) {
  return !word.is_caseless && word.letters > 0 && word.capitals == word.letters;
}

// Whether the title begins, or something does in it, where a word stands: behind ": " or " - ".
bool begins_part(const Word& word) {
  const std::string_view joint = word.joint;
  return word.begin == joint.size() || joint.find_first_of(":-/([|!?") != joint.npos ||
         joint.find("\u2013") != joint.npos || joint.find("\u2014") != joint.npos;
}

bool is_turkish(std::string_view title) {
  for (const std::string_view letter : {"\u0130", "\u011E", "\u015E"}) {
    if (title.find(letter) != title.npos) return true;
  }
  return false;
}

// Whether a word is the letters of a model number that goes on behind or before a hyphen:
// "WH-1000XM4".
bool is_of_model(const Word& word, std::string_view title) {
  constexpr int kMostLetters = 4;
  if (word.letters > kMostLetters) return false;
  const auto digit_at = [&](size_t at) {
    return at < title.size() && title[at] >= '0' && title[at] <= '9';
  };
  const bool goes_on = word.end < title.size() && title[word.end] == '-' && digit_at(word.end + 1);
  const bool came = word.joint == "-" && word.begin >= 2 && digit_at(word.begin - 2);
  return goes_on || came;
}

bool is_ordinal(std::string_view word) {
  const size_t digits = word.find_first_not_of("0123456789");
  if (digits == 0 || digits == word.npos) return false;
  const std::string_view end = word.substr(digits);
  return end == "ST" || end == "ND" || end == "RD" || end == "TH";
}

// Appends the word with a capital at its beginning, and behind "O'" and its like.
void append_calm(std::string_view word, bool is_small, bool turkish, std::string& out) {
  int letters = 0;  // since the beginning or an apostrophe
  bool is_first = !is_small;
  for (size_t at = 0; at < word.size();) {
    const UChar32 c = next_character(word, at);
    if (is_apostrophe(c)) {
      size_t after = at;
      const UChar32 behind = next_character(word, after);
      is_first =
          letters == 1 && after < word.size() && u_isalpha(behind) != 0;  // L'Oreal, not Men's
      letters = 0;
      append(c, out);
      continue;
    }
    if (u_isalpha(c) == 0 || is_first) {
      append(c, out);
    } else if (turkish && (c == 'I' || c == 0x130)) {
      append(c == 'I' ? 0x131 : 'i', out);
    } else {
      constexpr UChar32 kSigma = 0x3A3, kFinalSigma = 0x3C2;
      append(c == kSigma && at == word.size() ? kFinalSigma : u_tolower(c), out);
    }
    letters += u_isalpha(c) != 0;
    is_first &= u_isalpha(c) == 0;
  }
}

// Whether most of the title's words are shouted, and most of its letters have case: in a Chinese
// title a brand in capitals shouts at nobody.
bool is_shouted(std::string_view title, const FeedRules& rules) {
  constexpr int kLeast = 2;
  int shouted = 0, calm = 0, cased = 0, caseless = 0;
  WordReader reader(title);
  for (Word word; reader.next(word);) {
    (word.is_caseless ? caseless : cased) += word.letters;
    if (word.letters < 2 || word.is_caseless || word.has_digit) continue;
    if (!is_all_capitals(word)) {
      ++calm;
      continue;
    }
    const std::string& text = folded(title.substr(word.begin, word.end - word.begin));
    if (is_in_capitals_anyway(word, text) || is_of_model(word, title)) continue;
    shouted += spelling_of(text, rules) == nullptr;
  }
  return shouted >= kLeast && shouted > calm && cased > caseless;
}

}  // namespace

void FeedRules::add_spelling(std::string_view word) {
  spellings.insert_or_assign(folded(word), std::string(word));
}

void lower_capitals(std::string_view title, const FeedRules& rules, std::string& out) {
  out.clear();
  if (!is_shouted(title, rules)) {
    out = title;
    return;
  }
  const bool turkish = is_turkish(title);
  size_t copied = 0;
  WordReader reader(title);
  for (Word word; reader.next(word);) {
    out += title.substr(copied, word.begin - copied);
    copied = word.end;
    const std::string_view text = title.substr(word.begin, word.end - word.begin);
    if (!is_all_capitals(word)) {
      out += text;
      continue;
    }
    if (is_ordinal(text)) {
      out += folded(text);
      continue;
    }
    const std::string& plain = folded(text);
    if (const std::string* const spelling = spelling_of(plain, rules)) {
      out += *spelling;
    } else if (is_in_capitals_anyway(word, plain) || is_of_model(word, title)) {
      out += text;
    } else {
      append_calm(text, small_words().contains(plain) && !begins_part(word), turkish, out);
    }
  }
  out += title.substr(copied);
}

}  // namespace barker
