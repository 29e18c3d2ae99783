// The words of a catalogue's ads, as keywords of a model: which words there are, and which ads they
// stand in. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace barker {

// What is read of an ad, as the merchant wrote it.
struct AdTexts {
  std::string title, category;
  std::vector<std::string> selling_points;
};

// A word that stands in fewer ads says too little about its place among the others.
inline constexpr uint32_t kLeastAds = 3;

struct CatalogueWord {
  std::string text;  // in normal form
  uint32_t ads = 0;  // in how many it stands
  bool is_selling_point = false;
};

struct CatalogueWords {
  std::vector<CatalogueWord> words;
  // For each ad the different words of its category, its selling points and its title, in this
  // order, as indices of `words`.
  std::vector<std::vector<uint32_t>> ads;
  // Selling points of several words that stand in at least kLeastAds ads. Titles were composed with
  // them and with the phrases of the model.
  std::vector<std::string> phrases;
};

// phrases: those of the model.
CatalogueWords words_of_ads(const std::vector<AdTexts>& ads,
                            const std::vector<std::string>& phrases);

}  // namespace barker
