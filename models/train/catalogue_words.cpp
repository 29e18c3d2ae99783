#include "models/train/catalogue_words.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "models/text/keywords.h"

namespace barker {
namespace {

// The selling points of each ad in normal form, each once.
std::vector<std::vector<std::string>> normal_points(const std::vector<AdTexts>& ads) {
  std::vector<std::vector<std::string>> out;
  out.reserve(ads.size());
  for (const AdTexts& ad : ads) {
    std::vector<std::string>& points = out.emplace_back();
    for (const std::string& text : ad.selling_points) {
      std::string point = normalize_keyword(text);
      if (!point.empty() && std::ranges::find(points, point) == points.end()) {
        points.push_back(std::move(point));
      }
    }
  }
  return out;
}

// Those of several words that stand in enough ads.
std::vector<std::string> phrases_among(const std::vector<std::vector<std::string>>& points) {
  std::unordered_map<std::string, uint32_t> ads;
  for (const std::vector<std::string>& of_ad : points) {
    for (const std::string& point : of_ad) ++ads[point];
  }
  std::vector<std::string> frequent;
  for (const auto& [point, count] : ads) {
    if (count >= kLeastAds) frequent.push_back(point);
  }
  return KeywordSplitter(frequent).phrase_list();  // which passes over single words
}

class Collector {
 public:
  explicit Collector(const std::vector<std::string>& phrases) : splitter_(phrases) {}

  void add(const AdTexts& ad, const std::vector<std::string>& points) {
    in_ad_.clear();
    std::vector<uint32_t>& list = out_.ads.emplace_back();
    for (const Keyword& k : splitter_.split(ad.category)) add_word(k.text, list);
    for (const std::string& point : points)
      out_.words[add_word(point, list)].is_selling_point = true;
    for (const Keyword& k : splitter_.split(ad.title)) add_word(k.text, list);
  }

  CatalogueWords take() { return std::move(out_); }

 private:
  uint32_t add_word(const std::string& text, std::vector<uint32_t>& list) {
    const auto [at, is_new] = ids_.try_emplace(text, static_cast<uint32_t>(out_.words.size()));
    if (is_new) out_.words.push_back({text});
    if (in_ad_.insert(at->second).second) {
      ++out_.words[at->second].ads;
      list.push_back(at->second);
    }
    return at->second;
  }

  const KeywordSplitter splitter_;
  std::unordered_map<std::string, uint32_t> ids_;
  std::unordered_set<uint32_t> in_ad_;
  CatalogueWords out_;
};

}  // namespace

CatalogueWords words_of_ads(const std::vector<AdTexts>& ads,
                            const std::vector<std::string>& phrases) {
  const std::vector<std::vector<std::string>> points = normal_points(ads);
  std::vector<std::string> frequent = phrases_among(points);
  // Of two phrases with the same words ("乔治阿玛尼", "乔治·阿玛尼") a splitter keeps one, which
  // must be the model's: its row was learned.
  const KeywordSplitter of_model(phrases);
  std::erase_if(frequent,
                [&](const std::string& phrase) { return of_model.split(phrase).size() == 1; });
  std::vector<std::string> all = phrases;
  all.insert(all.end(), frequent.begin(), frequent.end());
  Collector collector(all);
  for (size_t a = 0; a < ads.size(); ++a) collector.add(ads[a], points[a]);
  CatalogueWords out = collector.take();
  out.phrases = frequent;
  return out;
}

}  // namespace barker
