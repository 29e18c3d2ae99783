#include "index/catalogue/mining/word_lists.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>

namespace barker {
namespace {

using Words = std::set<std::string_view>;

}  // namespace

bool is_function_word(std::string_view word) {
  static const Words kWords = {
      "a",     "an",   "the",  "and",  "or",  "but",  "for",  "with", "from", "of",   "in",
      "on",    "to",   "by",   "as",   "at",  "into", "up",   "out",  "than", "so",   "such",
      "per",   "via",  "more", "most", "all", "any",  "each", "both", "plus", "also", "etc",
      "other", "only", "very", "der",  "die", "das",  "den",  "dem",  "des",  "ein",  "eine",
      "einen", "und",  "oder", "mit",  "von", "für",  "zu",   "zum",  "zur",  "im",   "am",
      "auf",   "aus",  "bei",  "le",   "la",  "les",  "un",   "une",  "du",   "de",   "et",
      "ou",    "avec", "pour", "par",  "sur", "dans", "en",   "au",   "aux",  "el",   "los",
      "las",   "una",  "y",    "o",    "con", "para", "por",  "del",  "al",   "il",   "lo",
      "gli",   "e",    "di",   "da",   "per", "com",  "um",   "uma",  "и",    "в",    "на",
      "с",     "для",  "的",   "了",   "和",  "与",   "是",   "在",   "等",   "及",   "の",
      "は",    "が",   "を",   "に",   "と",  "で",   "も",   "へ"};
  return kWords.contains(word);
}

bool introduces_claim(std::string_view word) {
  static const Words kWords = {"with",     "and",      "features",  "featuring", "feature",
                               "includes", "include",  "including", "included",  "has",
                               "offers",   "provides", "the",       "a",         "an",
                               "plus",     "also",     "mit",       "und",       "avec",
                               "et",       "con",      "y",         "或",        "和"};
  return kWords.contains(word);
}

bool belongs_to_sentence(std::string_view word) {
  static const Words kWords = {"you",         "your",       "yours",     "we",
                               "our",         "us",         "it",        "its",
                               "they",        "their",      "them",      "this",
                               "that",        "these",      "those",     "is",
                               "are",         "was",        "were",      "be",
                               "been",        "will",       "would",     "can",
                               "could",       "may",        "might",     "should",
                               "must",        "if",         "when",      "while",
                               "which",       "who",        "what",      "where",
                               "how",         "why",        "because",   "there",
                               "i",           "my",         "he",        "she",
                               "his",         "her",        "let",       "has",
                               "have",        "had",        "do",        "does",
                               "did",         "keep",       "make",      "get",
                               "separately",  "optional",   "required",  "requires",
                               "require",     "warning",    "caution",   "note",
                               "see",         "click",      "please",    "contact",
                               "visit",       "chart",      "vary",      "varies",
                               "sold",        "subject",    "approx",    "approximately",
                               "measures",    "weighs",     "copyright", "reserved",
                               "ist",         "sind",       "wird",      "kann",
                               "sie",         "ihr",        "ihre",      "wir",
                               "est",         "sont",       "vous",      "votre",
                               "nous",        "peut",       "es",        "son",
                               "puede",       "usted",      "su",        "assorted",
                               "online",      "assortment", "expanded",  "synopsis",
                               "information", "provided",   "page",      "pages",
                               "item",        "items",      "product",   "products",
                               "learn",       "demo",       "tracks",    "chosen"};
  return kWords.contains(word);
}

bool names_variant(std::string_view word) {
  static const Words kWords = {
      "black",      "white",      "silver",  "gold",    "grey",     "gray",      "red",
      "blue",       "green",      "yellow",  "pink",    "purple",   "orange",    "brown",
      "beige",      "navy",       "olive",   "ivory",   "bronze",   "clear",     "multi",
      "multicolor", "charcoal",   "teal",    "tan",     "cream",    "burgundy",  "turquoise",
      "lime",       "magenta",    "cyan",    "violet",  "lavender", "champagne", "titanium",
      "dark",       "light",      "bright",  "matte",   "color",    "colour",    "colors",
      "size",       "small",      "medium",  "large",   "xl",       "xxl",       "xs",
      "mens",       "men's",      "womens",  "women's", "men",      "women",     "kids",
      "unisex",     "cd",         "dvd",     "blu",     "ray",      "disc",      "discs",
      "vhs",        "lp",         "pack",    "pcs",     "piece",    "pieces",    "count",
      "set",        "ml",         "l",       "g",       "kg",       "mg",        "mm",
      "cm",         "m",          "in",      "inch",    "inches",   "ft",        "feet",
      "oz",         "lb",         "lbs",     "w",       "v",        "hz",        "khz",
      "mhz",        "ghz",        "gb",      "mb",      "tb",       "mah",       "watts",
      "watt",       "volts",      "cu",      "qt",      "x",        "vol",       "vol.",
      "no",         "model",      "schwarz", "weiß",    "rot",      "blau",      "grün",
      "gelb",       "grau",       "noir",    "blanc",   "rouge",    "bleu",      "vert",
      "negro",      "blanco",     "rojo",    "azul",    "verde",    "new",       "slipcase",
      "remaster",   "remastered", "edited",  "digipak", "vols",     "import",    "edition",
      "series",     "mac",        "windows"};
  return kWords.contains(word);
}

bool names_product(std::string_view attribute) {
  static constexpr std::array<std::string_view, 30> kParts = {
      "color",     "colour", "size",  "brand",  "model", "sku",    "upc",    "ean",
      "gtin",      "mpn",    "isbn",  "weight", "width", "height", "length", "depth",
      "dimension", "gender", "price", "url",    "image", "vendor", "farbe",  "größe",
      "couleur",   "taille", "颜色",  "尺",     "品牌",  "型号"};
  return std::ranges::any_of(kParts, [&](std::string_view part) {
    return attribute.find(part) != std::string_view::npos;
  });
}

bool is_han_notice(std::string_view clause) {
  static constexpr auto kParts = std::to_array<std::string_view>(
      {"预售", "抢先", "团购", "品牌团", "旗舰", "专柜", "官方", "聚划算", "双11", "双十一", "详情",
       "请",   "您",   "你",   "我们",   "本品", "本店", "包装", "新款",   "新品", "折",     "赠品",
       "店铺", "客服", "套装", "礼盒",   "组合", "件套", "片装", "支装",   "只装", "瓶装",   "号",
       "黑色", "白色", "红色", "款式",   "型",   "同款", "系列", "赠",     "女",   "男",     "多色",
       "国",   "瓶",   "替换", "正品",   "包邮", "直售", "特供", "发货"});
  return std::ranges::any_of(
      kParts, [&](std::string_view part) { return clause.find(part) != std::string_view::npos; });
}

}  // namespace barker
