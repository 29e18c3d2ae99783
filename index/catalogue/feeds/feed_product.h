// A product, or one variant of it, as any of the formats gives it.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace barker {

enum class Availability { kInStock, kOutOfStock, kUnpublished };

// Texts are plain: character references are decoded and tags dropped.
struct FeedProduct {
  uint64_t line = 0;  // of the file
  std::string id;
  std::string group;        // equal for the variants of one product; empty where it has none
  std::string other_group;  // a second name by which variants call their group
  std::string title, description, brand, category, merchant;
  std::string price, sale_price;  // as they are written, "12.99 USD"
  std::string bid;                // as it is written; empty: the default
  std::vector<std::string> bid_terms;
  Availability availability = Availability::kInStock;
  // What may be a selling point, by where it comes from. A value of a detail or an option is
  // "NAME: VALUE" in the list of attributes and VALUE as a selling point.
  std::vector<std::string> highlights, labels, tags;
  std::vector<std::pair<std::string, std::string>> options;     // "Size", "M"
  std::vector<std::pair<std::string, std::string>> attributes;  // condition, material, ...
};

}  // namespace barker
