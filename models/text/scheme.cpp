#include "models/text/scheme.h"

#include <unicode/uvernum.h>
#include <unicode/uversion.h>

#include <array>
#include <vector>

#include "models/base/number_text.h"
#include "models/text/character_class.h"
#include "models/text/clauses.h"
#include "models/text/keywords.h"
#include "models/text/parts.h"
#include "models/text/signs.h"
#include "models/text/units.h"

namespace barker {
namespace {

// No dictionary is asked for these: their keywords are part of the digest.
constexpr auto kPlainTexts = std::to_array<std::string_view>({
    "Women’s L`Oréal Wi‑Fi Lego™ 1½ m² ＦＵＬＬ ﬁne x-ray_2 5×7",
    "AT&T R&B salt&pepper c++ c# s22+ 4K@60Hz 1.5L Dr.Martens node.js a4/a5 24/7 n/a 16:9 1,000",
    "50 ml 50-ml 2x50 ml 12 V 2 in 1 cable 5 m, wh-1000 v 10–20 cm 5 v-neck",
    "Größe 38 Laufschuhe für Damen, schöne Grüße",
    "Кроссовки женские 50 мл, ёлка",
    "Ωμέγα τρία λιπαρά",
    "حذاء رياضي ٣٫٥ سم",
    "נעלי ריצה צה״ל צ׳יפס",
    "हिन्दी जूते क्ष",
    "한국어 운동화 USB케이블 50개",
    "a. b (c) d | e - f · g — h, i; j: k! l? m [n] o / p ~ q • r ★ s \" t & u.v w·x dr. y -z",
    "a。b，c、d「e」f・g｜h؟ i، j। k … l ™ m° n\nＯ",
});

// ICU's dictionaries split these.
constexpr auto kDictionaryTexts = std::to_array<std::string_view>({
    "正品补水保湿面膜女 50 毫升 10片装 纯棉T恤 不锈钢运动鞋",
    "正品。面膜，补水（保湿） 乔治·阿玛尼",
    "防水雨傘 大號 免運費",
    "ワイヤレスイヤホン 日本語のタイトル 5枚セット",
    "รองเท้าวิ่งผู้หญิง กันน้ำ",
    "ស្បែកជើងរត់ទឹក",
    "ເກີບແລ່ນກັນນ້ຳ",
    "ရေစိုခံဖိနပ်",
});

constexpr char kKeywordEnd = '|';  // the splitter drops it, so no keyword has one

// "text\tkeyword|keyword||keyword|", with a second | where a clause ends.
std::string golden_split(std::string_view text) {
  std::string line(text);
  line += '\t';
  const std::vector<Keyword> keywords = KeywordSplitter().split(text);
  const std::vector<TextWord> words = split_words(text);
  for (size_t i = 0; i < keywords.size(); ++i) {
    if (i > 0 && words[i].begins_clause) line += kKeywordEnd;
    line += keywords[i].text;
    line += kKeywordEnd;
  }
  return line;
}

// Of all that decides how a text is split, but for ICU's dictionaries.
std::string digest() {
  std::string rules;
  const auto add = [&](std::span<const std::string_view> names) {
    for (const std::string_view name : names) {
      rules += name;
      rules += '\n';
    }
    rules += '\n';
  };
  add(plain_units());
  add(ambiguous_units());
  add(measure_words());
  add(name_endings());
  add(abbreviations());
  rules += std::to_string(kMaxPhraseWords) + '\n';
  for (char32_t code = 0; code <= 0x10FFFF; ++code) {
    if (const char sign = plain_sign(code); sign != 0) {
      rules += std::to_string(static_cast<uint32_t>(code));
      rules += sign;
    }
  }
  for (const GlyphKind kind : kAsciiKinds) rules += static_cast<char>('0' + static_cast<int>(kind));
  for (const std::string_view text : kPlainTexts) rules += golden_split(text) + '\n';
  return hex_text(fingerprint(rules));
}

std::string icu_version() {
  UVersionInfo version;
  char text[U_MAX_VERSION_STRING_LENGTH];
  u_getVersion(version);
  u_versionToString(version, text);
  return text;
}

constexpr std::string_view kSchemeLine = "keyword scheme ", kDigestLine = "digest ",
                           kIcuLine = "icu ";

std::string make_record() {
  std::string record(kSchemeLine);
  record += std::to_string(kKeywordScheme) + '\n';
  record += std::string(kDigestLine) + digest() + '\n';
  record += std::string(kIcuLine) + icu_version() + '\n';
  for (const std::string_view text : kDictionaryTexts) record += golden_split(text) + '\n';
  return record;
}

// Takes the first line off `rest`.
std::string_view next_line(std::string_view& rest) {
  const size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return line;
}

// The rest of a line that begins with `name`; empty where it does not.
std::string_view value_of(std::string_view line, std::string_view name) {
  return line.starts_with(name) ? line.substr(name.size()) : std::string_view();
}

// `found` is a golden split of another ICU.
Status check_golden_split(std::string_view found, std::string_view icu) {
  const size_t tab = found.find('\t');
  if (tab == std::string_view::npos) return bad_data("the record of golden splits is damaged");
  const std::string_view text = found.substr(0, tab);
  const std::string own = golden_split(text);
  if (own == found) return {};
  return bad_data("ICU " + icu_version() + " splits \"" + std::string(text) + "\" into \"" +
                  own.substr(tab + 1) + "\", ICU " + std::string(icu) + " split it into \"" +
                  std::string(found.substr(tab + 1)) + "\"");
}

Status compare(std::string_view record) {
  std::string_view rest = record, own = keyword_scheme_record();
  if (rest == own) return {};
  const std::string_view scheme = value_of(next_line(rest), kSchemeLine),
                         own_scheme = value_of(next_line(own), kSchemeLine);
  if (scheme != own_scheme) {
    return bad_data("keyword scheme: expected " + std::string(own_scheme) + ", found " +
                    (scheme.empty() ? "none" : std::string(scheme)));
  }
  const std::string_view digest = value_of(next_line(rest), kDigestLine),
                         own_digest = value_of(next_line(own), kDigestLine);
  if (digest != own_digest) {
    return bad_data("digest of keyword scheme " + std::string(scheme) + ": expected " +
                    std::string(own_digest) + ", found " + std::string(digest));
  }
  const std::string_view icu = value_of(next_line(rest), kIcuLine);
  // A record that lacks golden splits proves nothing of another ICU.
  for (const std::string_view text : kDictionaryTexts) {
    if (record.find('\n' + std::string(text) + '\t') == std::string_view::npos) {
      return bad_data("the record of golden splits is cut: it lacks \"" + std::string(text) + '"');
    }
  }
  while (!rest.empty()) {
    if (Status s = check_golden_split(next_line(rest), icu); !s.ok()) return s;
  }
  return {};
}

}  // namespace

const std::string& keyword_scheme_record() {
  static const std::string record = make_record();
  return record;
}

Status check_keyword_scheme(std::string_view record, std::string_view rebuild) {
  const Status status = compare(record);
  if (status.ok()) return status;
  std::string message =
      status.message() + "; its texts were split into other keywords than this program's";
  if (!rebuild.empty()) message += ": " + std::string(rebuild);
  return Status(status.code(), message);
}

}  // namespace barker
