// The words by which a text denies what it says of a product, in the languages that shops write.
// The plugin looks for them in titles (plugin/title_negation.h), mining in all texts of a catalogue
// (index/catalogue/mining/). Both are on the side of caution, so one list serves both: a word that
// is found missing is added here.
//
// All words are in normal form (normalize_keyword() in keywords.h), which folds the Greek final
// sigma, and without apostrophes: "isnt".
#pragma once

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace barker {

// These deny what follows in their clause.
inline constexpr auto kDenyingWords = std::to_array<std::string_view>(
    {// English
     "not", "no", "non", "nor", "neither", "never", "without", "cannot", "cant", "isnt", "arent",
     "dont", "doesnt", "didnt", "wont", "wasnt", "werent", "zero", "lack", "lacks", "lacking",
     "excl", "excludes", "excluding", "except", "minus", "none", "hardly", "barely", "scarcely",
     // German, Dutch
     "ohne", "nicht", "kein", "keine", "keinen", "keiner", "keinem", "keines", "keinerlei", "nie",
     "niemals", "weder", "nein", "zonder", "geen", "niet", "nooit", "nee",
     // French, Spanish, Italian, Portuguese
     "sans", "pas", "aucun", "aucune", "jamais", "ne", "ni", "sin", "ningún", "ninguna", "nunca",
     "tampoco", "senza", "nessun", "nessuna", "mai", "sem", "não", "nao", "nenhum",
     // Swedish, Danish, Norwegian, Finnish
     "utan", "inte", "ej", "nej", "ikke", "uden", "uten", "ei",
     // Polish, Hungarian, Romanian, Vietnamese, Indonesian
     "bez", "nem", "fără", "không", "tanpa", "tidak", "bukan",
     // Russian, Ukrainian, Greek
     "без", "не", "нет", "ни", "нема", "немає", "χωρίσ", "δεν", "όχι",
     // Arabic, Persian, Hebrew, Hindi, Korean
     "بدون", "غير", "ليس", "بلا", "لا", "بی", "ללא", "לא", "בלי", "बिना", "안", "못", "비"});

// These deny the word directly before them: "sugar free".
inline constexpr auto kDenyingWordsBehind = std::to_array<std::string_view>(
    {"free",  "less", "frei",    "not",    "nicht", "non",  "no",   "excluded",
     "değil", "yok",  "içermez", "नहीं",    "रहित",  "없는", "없음", "아님",
     "아닌",  "안됨", "불가",    "미포함", "프리",  "हीन"});

// "free of parabens", "frei von Alkohol", "libre de", "lack of": these deny what follows.
inline constexpr auto kDenyingPairs =
    std::to_array<std::pair<std::string_view, std::string_view>>({{"free", "of"},
                                                                  {"free", "from"},
                                                                  {"frei", "von"},
                                                                  {"libre", "de"},
                                                                  {"exempt", "de"},
                                                                  {"exempte", "de"},
                                                                  {"exento", "de"},
                                                                  {"livre", "de"},
                                                                  {"privo", "di"},
                                                                  {"vrij", "van"},
                                                                  {"fri", "for"},
                                                                  {"fri", "från"},
                                                                  {"wolny", "od"},
                                                                  {"lack", "of"},
                                                                  {"devoid", "of"},
                                                                  {"instead", "of"}});

// In scripts without spaces these deny what follows at once.
inline constexpr auto kDenyingCharacters =
    std::to_array<std::string_view>({"不", "无", "無", "非", "未", "没", "沒", "免", "零", "勿",
                                     "毋", "别", "莫", "ノン", "ไม่", "ไร้", "ปลอด"});

// In these words such a character denies nothing that stands outside of them: "wireless
// waterproof".
inline constexpr auto kHarmlessWords = std::to_array<std::string_view>(
    {"无线",   "無線",   "无缝",   "無縫",   "无绳",   "無繩",   "无人",   "無人",        "无限",
     "無限",   "无敌",   "無敵",   "无忧",   "無憂",   "无痕",   "無痕",   "无论",        "无比",
     "無料",   "無事",   "不锈",   "不鏽",   "不銹",   "不粘",   "不黏",   "不沾",        "不同",
     "不仅",   "不僅",   "不但",   "不只",   "不错",   "不断",   "不论",   "不老",        "不怕",
     "不易",   "不伤",   "不傷",   "非常",   "非凡",   "非洲",   "未来",   "未來",        "没错",
     "莫不",   "免费",   "免費",   "免洗",   "免烫",   "免燙",   "免打",   "零食",        "零钱",
     "零錢",   "别墅",   "特别",   "特別",   "个别",   "個別",   "级别",   "类别",        "類別",
     "性别",   "性別",   "识别",   "識別",   "莫代",   "莫兰",   "不晕染", "不脱妆",      "不脱色",
     "不掉色", "不掉毛", "不褪色", "不起球", "不变形", "不卡粉", "不浮粉", "不飞粉",      "不结块",
     "不紧绷", "不油腻", "不粘腻", "不刺激", "危ない", "少ない", "少なく", "フリーサイズ"});

// These phrases of such scripts deny what follows, in titles within eight characters.
inline constexpr auto kDenyingPhrases = std::to_array<std::string_view>(
    {"不含",   "不是",   "没有",   "沒有",   "不带",    "不帶",   "不支持", "不具", "不能",
     "不可",   "不会",   "不會",   "不添加", "不使用",  "無添加", "无添加", "并非", "並非",
     "不包括", "不包含", "不提供", "零添加", "ปราศจาก", "ไม่มี",    "ไม่ใช่",   "ไม่ได้"});

// These deny what stands before them, in titles with or without a particle between.
inline constexpr auto kDenyingPhrasesBehind = std::to_array<std::string_view>(
    {"ではない", "でない",     "じゃない", "ではありません", "ではなく",   "でなく", "なし",
     "ナシ",     "無し",       "なく",     "ない",           "ありません", "しない", "しません",
     "ません",   "ずに",       "できない", "できません",     "不可",       "フリー", "ゼロ",
     "含まない", "含みません", "除く",     "除外",           "ぬき",       "抜き"});

// A clause of one of these alone answers the one before it: "Waterproof: no".
inline constexpr auto kMereNo = std::to_array<std::string_view>(
    {"no",   "not",  "none", "false", "nein", "non",    "nee",  "nej",    "nie",    "keine",
     "kein", "geen", "sin",  "não",   "nao",  "нет",    "否",   "无",     "無",     "不",
     "没有", "不是", "不可", "なし",  "無し", "いいえ", "없음", "아니오", "아니요", "لا"});

template <typename List>
constexpr bool is_one_of(std::string_view word, const List& list) noexcept {
  return std::ranges::find(list, word) != list.end();
}

}  // namespace barker
