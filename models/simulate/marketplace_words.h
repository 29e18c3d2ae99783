// What the demo marketplace is made of: categories with their nouns, brands, queries and selling
// points.
#pragma once

#include <array>
#include <string>
#include <vector>

namespace barker {

// Axes of taste. A selling point speaks to some of them; a user cares for some of them.
// Price, performance, style, comfort, nature and health, technology.
inline constexpr int kTasteAxes = 6;

struct MarketPoint {
  std::string text;
  std::array<float, kTasteAxes> appeal;
};

struct MarketCategory {
  std::string name;
  bool chinese;
  std::vector<std::string> nouns;    // what the product is called in titles and queries
  std::vector<std::string> brands;   // invented
  std::vector<std::string> details;  // sizes, models, colours: in titles, appeal to nobody
  std::vector<MarketPoint> points;
  double price;  // typical, sets the bids
};

const std::vector<MarketCategory>& market_categories();

}  // namespace barker
