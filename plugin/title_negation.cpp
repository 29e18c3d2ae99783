#include "plugin/title_negation.h"

#include <algorithm>
#include <array>

#include "plugin/title_text.h"

namespace barker {
namespace {

constexpr size_t kNone = std::string_view::npos;
constexpr int kWordsBefore = 3;

// Apostrophes are gone in this form: "isn't" is "isnt".
constexpr auto kDenyingWords = std::to_array<std::string_view>({
    "not",     "no",      "non",    "nor",    "neither",   "never",   "without", "cannot", "cant",
    "isnt",    "arent",   "dont",   "doesnt", "didnt",     "wont",    "wasnt",   "werent", "zero",
    "lacks",   "lacking", "anti",   "excl",   "excluding", "ohne",    "nicht",   "kein",   "keine",
    "keinen",  "keiner",  "keinem", "keines", "nie",       "sans",    "pas",     "aucun",  "aucune",
    "jamais",  "ne",      "ni",     "sin",    "ningún",    "ninguna", "nunca",   "senza",  "nessun",
    "nessuna", "mai",     "sem",    "não",    "nenhum",    "zonder",  "geen",    "niet",   "nooit",
    "utan",    "inte",    "ej",     "ikke",   "uden",      "uten",    "ei",      "bez",    "nem",
    "fără",    "không",   "tanpa",  "tidak",  "bukan",     "без",     "не",      "нет",    "ни",
    "χωρίς",   "δεν",     "όχι",    "بدون",   "غير",       "ليس",     "بلا",     "لا",     "بی",
    "ללא",     "לא",      "בלי",    "बिना",   "안",        "못",      "비",
});

// Directly behind.
constexpr auto kDenyingWordsBehind = std::to_array<std::string_view>({
    "free",  "less", "frei",    "not",    "nicht", "non",  "no",   "excluded",
    "değil", "yok",  "içermez", "नहीं",    "रहित",  "없는", "없음", "아님",
    "아닌",  "안됨", "불가",    "미포함", "프리",  "हीन",
});

// "free of parabens", "frei von Alkohol", "libre de", "exempt de", "lack of".
constexpr auto kDenyingPairs = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"free", "of"},
    {"free", "from"},
    {"frei", "von"},
    {"libre", "de"},
    {"exempt", "de"},
    {"lack", "of"},
    {"devoid", "of"},
    {"exento", "de"},
    {"livre", "de"},
    {"privo", "di"},
    {"vrij", "van"},
    {"fri", "for"},
    {"fri", "från"},
    {"wolny", "od"},
    {"instead", "of"},
});

constexpr auto kPrefixes = std::to_array<std::string_view>({"non", "un", "не", "без"});
constexpr auto kSuffixes =
    std::to_array<std::string_view>({"less", "free", "frei", "freie", "freies", "freier", "freien",
                                     "los", "lose", "loser", "loses", "vrij", "fri"});

// Scripts without spaces: these deny what follows at once,
constexpr auto kDenyingAtOnce =
    std::to_array<std::string_view>({"不", "无", "無", "非", "未", "没", "沒", "免", "零", "勿",
                                     "毋", "别", "莫", "ノン", "ไม่", "ไร้", "ปลอด"});
// these also what follows a little later,
constexpr auto kDenyingBefore = std::to_array<std::string_view>(
    {"不含",   "不是",   "没有",   "沒有",    "不带",   "不帶",   "不支持", "不具", "不能",
     "不可",   "不会",   "不會",   "不添加",  "不使用", "無添加", "无添加", "并非", "並非",
     "不包括", "不包含", "不提供", "ปราศจาก", "ไม่มี",    "ไม่ใช่",   "ไม่ได้"});
// and these what they follow, a particle between them or none.
constexpr auto kDenyingBehind = std::to_array<std::string_view>(
    {"ではない",   "でない", "じゃない", "ではありません", "ではなく", "でなく",   "なし",
     "無し",       "なく",   "ない",     "ありません",     "しない",   "しません", "できない",
     "できません", "不可",   "不対応",   "非対応",         "未対応",   "不使用",   "未使用",
     "フリー",     "レス",   "ゼロ",     "不要",           "無配合",   "無添加",   "含まない",
     "含みません", "不含",   "除く",     "除外",           "ぬき",     "抜き"});
constexpr auto kParticles =
    std::to_array<std::string_view>({"は", "が", "を", "に", "で", "も", "の", "性"});

template <size_t size>
bool contains(const std::array<std::string_view, size>& list, std::string_view word) noexcept {
  return std::ranges::find(list, word) != list.end();
}

bool is_between_words(char c) { return c == kSpace || c == kHyphen || c == kClauseEdge; }

// The word that ends before `end`, which moves to its begin; empty where the clause begins.
std::string_view previous_word(std::string_view title, size_t& end) noexcept {
  if (end > 0 && is_between_words(title[end - 1])) {
    if (title[end - 1] == kClauseEdge) return {};
    --end;
  }
  const size_t last = end;
  while (end > 0 && !is_between_words(title[end - 1])) --end;
  return title.substr(end, last - end);
}

std::string_view next_word(std::string_view title, size_t begin) noexcept {
  if (begin < title.size() && (title[begin] == kSpace || title[begin] == kHyphen)) ++begin;
  size_t end = begin;
  while (end < title.size() && !is_between_words(title[end])) ++end;
  return title.substr(begin, end - begin);
}

bool is_denied_by_words_before(std::string_view title, size_t begin) noexcept {
  std::string_view behind;  // the word behind the one that is looked at
  for (int i = 0; i < kWordsBefore; ++i) {
    const std::string_view word = previous_word(title, begin);
    if (word.empty()) return false;
    if (contains(kDenyingWords, word)) return true;
    for (const auto& [first, second] : kDenyingPairs) {
      if (word == first && behind == second) return true;
    }
    behind = word;
  }
  return false;
}

bool is_denied_by_characters_before(std::string_view title, size_t begin) noexcept {
  constexpr size_t kReach = 24;  // bytes, which are eight characters
  const size_t clause = begin == 0 ? kNone : title.rfind(kClauseEdge, begin - 1);
  const size_t first =
      std::max(clause == kNone ? 0 : clause + 1, begin > kReach ? begin - kReach : 0);
  std::string_view before = title.substr(first, begin - first);
  while (!before.empty() && (before.back() == kHyphen || before.back() == kSpace)) {
    before.remove_suffix(1);
  }
  return std::ranges::any_of(kDenyingAtOnce, [&](auto s) { return before.ends_with(s); }) ||
         std::ranges::any_of(kDenyingBefore, [&](auto s) { return before.find(s) != kNone; });
}

bool is_denied_by_characters_behind(std::string_view title, size_t end) noexcept {
  std::string_view behind = title.substr(end);
  const auto denies = [&] {
    return std::ranges::any_of(kDenyingBehind, [&](auto s) { return behind.starts_with(s); });
  };
  while (!behind.empty() && (behind.front() == kHyphen || behind.front() == kSpace)) {
    behind.remove_prefix(1);
  }
  for (int particles = 0; particles < 3; ++particles) {
    if (denies()) return true;
    const auto* const particle =
        std::ranges::find_if(kParticles, [&](auto s) { return behind.starts_with(s); });
    if (particle == kParticles.end()) return false;
    behind.remove_prefix(particle->size());
  }
  return denies();
}

// "Waterproof: no"
bool is_denied_by_next_clause(std::string_view title, size_t end) noexcept {
  if (end == title.size() || title[end] != kClauseEdge) return false;
  std::string_view clause = title.substr(end + 1);
  clause = clause.substr(0, clause.find(kClauseEdge));
  constexpr auto kMereNo =
      std::to_array<std::string_view>({"no", "not", "none", "nein", "non", "nee", "não", "нет",
                                       "否", "无", "無", "なし", "不可", "아니오", "لا"});
  return contains(kMereNo, clause);
}

}  // namespace

bool is_negated_around(std::string_view title, size_t begin, size_t end) noexcept {
  return is_denied_by_words_before(title, begin) ||
         contains(kDenyingWordsBehind, next_word(title, end)) ||
         is_denied_by_characters_before(title, begin) ||
         is_denied_by_characters_behind(title, end) || is_denied_by_next_clause(title, end);
}

bool is_negated_inside_word(std::string_view title, size_t begin, size_t end, bool begins,
                            bool ends) noexcept {
  if (ends && !begins) {
    size_t word = begin;
    while (word > 0 && !is_between_words(title[word - 1])) --word;
    return contains(kPrefixes, title.substr(word, begin - word));
  }
  return begins && !ends && contains(kSuffixes, next_word(title, end));
}

}  // namespace barker
