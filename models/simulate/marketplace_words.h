// The words of the demo marketplace: categories with their nouns, brands and selling points.
#pragma once

#include <array>
#include <string>
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
  std::vector<std::string>
      details;  // sizes, models, colours: they stand in titles, appeal to nobody
  std::vector<MarketPoint> points;
  double price;  // a typical one; bids follow it
};

const std::vector<MarketCategory>& market_categories();

}  // namespace barker
