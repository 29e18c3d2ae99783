// The words of the demo marketplace: categories with their nouns, brands and selling points.
#pragma once

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace barker {

// The axes of taste are price, performance, style, comfort, nature and health, technology. A
// selling point appeals to some of them, and a user cares for some of them.
inline constexpr int kTasteAxes = 6;

struct MarketPoint {
  std::string text;
  std::array<float, kTasteAxes> appeal;
};

struct MarketCategory {
  std::string name;
  bool chinese;
  std::vector<std::string> nouns;   // names of the product in titles and queries
  std::vector<std::string> brands;  // invented
  // Sizes, models, colours: they stand in titles and appeal to nobody. Each list is one dimension,
  // of which a product has at most one value.
  std::vector<std::vector<std::string>> details;
  std::vector<MarketPoint> points;
  double price;  // a typical one; bids follow it
  // Pairs of nouns, details and selling points that are never true of one product.
  std::vector<std::pair<std::string, std::string>> contradictions = {};
};

const std::vector<MarketCategory>& market_categories();

}  // namespace barker
