// Shoppers of the demo marketplace, whose tastes are known, search in the real engine through the
// real plugin, under the arms of experiments. Each one sees the page as it would be served, reads
// the titles, clicks, and comes back with a longer history. Because the tastes are known, every
// click has a known probability, and so has every click on titles that were not shown: without
// selling points, and with those that the shopper likes best.
//
// Equal options give equal results on any number of threads: all that a shopper does on a day
// follows from seed, shopper and day.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "index/engine/engine.h"
#include "index/simulation/shopping.h"
#include "models/base/result.h"
#include "models/simulate/market.h"

namespace barker {

struct SimulationOptions {
  EngineOptions engine;       // its index must be that of `market`
  MarketplaceOptions market;  // ads and shoppers
  ShoppingOptions shopping;   // how they read
  uint64_t seed = 1;
  uint32_t days = 7;
  double searches = 2;  // of a shopper a day, on average
  double past = 16;     // searches of a shopper before the first day, which make the history
  size_t threads = 1;
  std::string log;  // raw log to write (models/data/RAW_LOG.md); empty: none
  std::function<void(double share)> progress;  // called by one thread at a time; may be empty
};

struct SimulationResult {
  std::vector<std::string> arms;        // "experiment/arm"; the first is "", outside of all
  std::vector<uint32_t> arm;            // of each shopper, index into `arms`
  std::vector<ShopperTotals> totals;    // of each shopper
  uint64_t searches = 0, bypassed = 0;  // bypassed: the plugin did not rescore the page
};

Result<SimulationResult> simulate(const SimulationOptions& options);

}  // namespace barker
