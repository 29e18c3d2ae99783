#include "models/simulate/marketplace_bids.h"

#include <algorithm>
#include <cmath>

namespace barker {
namespace {

using Json = nlohmann::ordered_json;

constexpr uint64_t kStream = 4;  // those of marketplace.cpp are 1 to 3
constexpr size_t kRichWords = 20'000;
constexpr size_t kRememberedTerms = 100'000;

double cents(double amount) { return std::round(100 * amount) / 100; }

Json term(const std::string& text, const char* match) { return {{"term", text}, {"match", match}}; }

Json term(const std::string& text, const char* match, double bid) {
  return {{"term", text}, {"match", match}, {"bid", cents(bid)}};
}

std::string invented_word(Random& random) {
  static constexpr const char* kSyllables[] = {"ba",  "co",  "du", "fen", "gi",  "hol", "ja",
                                               "kir", "lo",  "mu", "ne",  "pra", "qui", "ras",
                                               "so",  "tel", "ur", "vi",  "wen", "zo"};
  std::string word;
  for (size_t n = 2 + random.below(3); n > 0; --n) word += kSyllables[random.below(20)];
  return word;
}

// What a merchant does not sell, as a shopper says it.
const std::vector<std::string>& unwanted(bool chinese) {
  static const std::vector<std::string> kEnglish = {"used", "second hand", "repair", "toy"};
  static const std::vector<std::string> kChinese = {"二手", "维修", "玩具"};
  return chinese ? kChinese : kEnglish;
}

}  // namespace

MarketBids::MarketBids(uint64_t seed, bool is_rich) : random_(seed, kStream), is_rich_(is_rich) {
  while (is_rich_ && words_.size() < kRichWords) words_.push_back(invented_word(random_));
}

void MarketBids::add(const Ad& ad, Json& json) {
  Json terms = Json::array();
  const std::string with_point = ad.category.chinese ? random_.pick(ad.points) + ad.noun
                                                     : random_.pick(ad.points) + " " + ad.noun;
  switch (random_.below(8)) {
    case 0:
      terms.push_back(term(ad.noun, "exact", 1.3 * ad.bid));
      terms.push_back(term(with_point, "broad"));
      break;
    case 1:
      terms.push_back(term(ad.noun, "phrase"));
      break;
    case 2:
      terms.push_back(ad.noun);
      terms.push_back(term(with_point, "phrase", 1.5 * ad.bid));
      break;
    default:
      terms.push_back(ad.noun);
  }
  if (is_rich_) {
    for (size_t n = random_.below(4); n > 0; --n) terms.push_back(rich_term(ad));
  }
  json["bid_terms"] = std::move(terms);
  json["bid"] = ad.bid;
  if (random_.chance(0.1))
    json["negative_keywords"] = {random_.pick(unwanted(ad.category.chinese))};
  if (random_.chance(0.1))
    json["daily_budget"] = cents(ad.bid * static_cast<double>(20 + random_.below(80)));
}

Json MarketBids::rich_term(const Ad& ad) {
  static constexpr const char* kMatches[] = {"broad", "phrase", "exact"};
  std::string text;
  const bool has_noun = !ad.category.chinese && random_.chance(0.5);
  for (size_t n = 1 + random_.below(has_noun ? 4 : 6); n > 0; --n) text += rich_word() + " ";
  if (has_noun) {
    text += ad.noun;
  } else {
    text.pop_back();
  }
  if (terms_.size() < kRememberedTerms) terms_.push_back(text);
  const char* match = kMatches[random_.below(3)];
  return random_.chance(0.5) ? term(text, match)
                             : term(text, match, ad.bid * std::exp(0.3 * random_.normal()));
}

// Frequent words come often: the logarithm of a word's place is uniform, as Zipf's law has it.
std::string MarketBids::rich_word() {
  const double place = std::pow(static_cast<double>(words_.size()), random_.uniform());
  return words_[std::min(words_.size() - 1, static_cast<size_t>(place) - 1)];
}

std::vector<std::string> MarketBids::rich_queries(size_t count) {
  std::vector<std::string> queries;
  while (!terms_.empty() && queries.size() < count) {
    std::string query = random_.pick(terms_);
    for (size_t n = random_.below(4); n > 0; --n) {
      query = random_.chance(0.5) ? query + " " + rich_word() : rich_word() + " " + query;
    }
    queries.push_back(std::move(query));
  }
  return queries;
}

}  // namespace barker
