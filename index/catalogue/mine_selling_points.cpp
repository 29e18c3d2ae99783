#include "index/catalogue/mine_selling_points.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "models/text/keywords.h"

namespace barker {
namespace {

bool says_something(const std::string& word) {
  static const std::set<std::string> kStopWords = {
      "the", "and", "for", "with", "from", "this", "that", "your", "you", "are", "our",
      "its", "a",   "an",  "of",   "in",   "on",   "to",   "by",   "or",  "is",  "it",
      "as",  "at",  "be",  "的",   "了",   "和",   "与",   "是",   "在"};
  const bool number =
      std::ranges::all_of(word, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
  return word.size() > 2 && !number && !kStopWords.contains(word);
}

// A phrase that follows one of these words would claim the opposite of the text ("not waterproof").
bool negates(const std::string& word) {
  static const std::set<std::string> kNegations = {"not", "no", "non", "never", "without",
                                                   "不",  "非", "无",  "没有"};
  return kNegations.contains(word);
}

// Whether a value means something only together with its attribute's name.
bool is_yes_or_no(const std::string& value) {
  static const std::set<std::string> kValues = {"yes",     "no",    "true", "false", "none", "n/a",
                                                "unknown", "other", "是",   "否",    "无"};
  return kValues.contains(value);
}

// The single words and the pairs of neighbouring words of a text, as normal forms.
void add_phrases(const KeywordSplitter& splitter, const std::string& text,
                 std::set<std::string>& out) {
  const std::vector<Keyword> words = splitter.split(text);
  for (size_t i = 0; i < words.size(); ++i) {
    if (!says_something(words[i].text) || negates(words[i].text)) continue;
    if (i > 0 && negates(words[i - 1].text)) continue;
    out.insert(words[i].text);
    const bool neighbours = i + 1 < words.size() && words[i + 1].begin == words[i].end + 1 &&
                            says_something(words[i + 1].text);
    if (neighbours) out.insert(words[i].text + " " + words[i + 1].text);
  }
}

}  // namespace

std::vector<MinedPhrase> mine_selling_points(std::vector<CatalogueAd>& ads,
                                             const MineOptions& options) {
  const KeywordSplitter splitter;
  std::vector<std::set<std::string>> phrases(ads.size());
  // category -> phrase -> ads
  std::map<std::string, std::unordered_map<std::string, size_t>> frequency;
  std::map<std::string, size_t> size;
  for (size_t i = 0; i < ads.size(); ++i) {
    std::set<std::string> own;
    std::set<std::string> excluded;  // phrases that say what the ad is, not what speaks for it
    add_phrases(splitter, ads[i].brand + " . " + ads[i].category, excluded);
    for (const std::string& term : ads[i].bid_terms) add_phrases(splitter, term, excluded);
    add_phrases(splitter, ads[i].title, own);
    add_phrases(splitter, ads[i].description, own);
    for (const auto& [name, value] : ads[i].attributes) {
      const std::string phrase = normalize_keyword(value);
      if (says_something(phrase) && !is_yes_or_no(phrase) && phrase.size() <= 40)
        own.insert(phrase);
    }
    for (const std::string& phrase : own) {
      if (excluded.contains(phrase)) continue;
      phrases[i].insert(phrase);
      ++frequency[ads[i].category][phrase];
    }
    ++size[ads[i].category];
  }
  std::map<std::pair<std::string, std::string>, size_t> given;
  for (size_t i = 0; i < ads.size(); ++i) {
    CatalogueAd& ad = ads[i];
    if (!ad.selling_points.empty()) continue;
    std::vector<std::pair<size_t, std::string>> ranked;
    for (const std::string& phrase : phrases[i]) {
      const size_t count = frequency[ad.category][phrase];
      const double share = static_cast<double>(count) / static_cast<double>(size[ad.category]);
      if (count >= options.minimum_ads && share <= options.maximum_share &&
          phrase.size() <= kLongestText)
        ranked.emplace_back(count, phrase);
    }
    std::ranges::sort(ranked, [](const auto& a, const auto& b) {
      return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    if (ranked.size() > options.per_ad) ranked.resize(options.per_ad);
    for (const auto& [count, phrase] : ranked) {
      ad.selling_points.push_back(phrase);
      given[{ad.category, phrase}] = count;
    }
  }
  std::vector<MinedPhrase> mined;
  for (const auto& [key, count] : given) mined.push_back({key.first, key.second, count});
  std::ranges::stable_sort(mined, [](const MinedPhrase& a, const MinedPhrase& b) {
    return a.category != b.category ? a.category < b.category : a.ads > b.ads;
  });
  return mined;
}

}  // namespace barker
