// A small market with its index, in which shoppers search the real engine with the demo's weights.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "index/simulation/market_index.h"
#include "index/simulation/simulation.h"
#include "tests/models/base/temporary_path.h"

namespace barker {

class SmallMarket : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    index_ = temporary_path("index");
    const std::string market = temporary_path("market");
    MarketplaceOptions options = small().market;
    options.searches = 0;
    ASSERT_TRUE(write_marketplace(options, market).ok());
    ASSERT_TRUE(build_market_index(market + "/catalogue.jsonl", index_).ok());
  }

  static SimulationOptions small() {
    SimulationOptions options;
    options.market.ads = 400;
    options.market.users = 200;
    options.days = 2;
    options.searches = 1;
    options.past = 12;
    options.engine.index = index_;
    options.engine.watched.weights = BARKER_SOURCE_DIR "/models/simulate/demo.barker";
    options.engine.plugin = BARKER_PLUGIN_PATH;
    return options;
  }

 private:
  inline static std::string index_;
};

}  // namespace barker
