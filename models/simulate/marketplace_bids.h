// What the merchants of the demo marketplace bid on: terms of all match types, bids of their own,
// negative keywords and daily budgets. They come from a random stream of their own, so that ads,
// users and clicks are the same with and without them.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "models/base/random.h"
#include "models/simulate/marketplace_words.h"

namespace barker {

// The ads of the marketplace in their order, each of which must be asked for once.
class MarketBids {
 public:
  // `is_rich`: merchants also bid on long tails of invented words, so that the terms of a catalogue
  // are nearly as many as its ads. Measurements use it.
  MarketBids(uint64_t seed, bool is_rich);

  struct Ad {
    const MarketCategory& category;
    const std::string& noun;
    std::vector<std::string> points;
    double bid;
  };

  // Adds "bid_terms", "bid", "negative_keywords" and "daily_budget" to the ad as the catalogue
  // writes it.
  void add(const Ad& ad, nlohmann::ordered_json& json);

  // Queries that rich terms were made for, each with up to three words more.
  std::vector<std::string> rich_queries(size_t count);

 private:
  nlohmann::ordered_json rich_term(const Ad& ad);
  std::string rich_word();

  Random random_;
  bool is_rich_;
  std::vector<std::string> words_;  // invented, the frequent ones first; empty where not rich
  std::vector<std::string> terms_;  // some of those that were made
};

}  // namespace barker
