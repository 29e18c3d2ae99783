// A running engine whose catalogue changes, in a directory of its own.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "index/engine/engine.h"
#include "index/engine/engine_session.h"
#include "index/retrieval/index_writer.h"
#include "tests/models/base/temporary_path.h"

namespace barker {

namespace fs = std::filesystem;

inline CatalogueAd ad(const std::string& id, const std::string& title, std::vector<BidTerm> terms,
                      double bid = 1) {
  CatalogueAd ad;
  ad.id = id;
  ad.title = title;
  ad.bid_terms = std::move(terms);
  ad.bid = bid;
  return ad;
}

class LiveCatalogues : public testing::Test {
 protected:
  ~LiveCatalogues() override {
    fs::remove_all(options_.index);
    fs::remove(options_.auction.budgets);
    fs::remove(options_.auction.budgets + ".lock");
  }

  std::unique_ptr<Engine> open(const std::vector<CatalogueAd>& ads) {
    const Status written = write_index(ads, options_.index);
    EXPECT_TRUE(written.ok()) << written.message();
    return open_again();
  }
  std::unique_ptr<Engine> open_again() const {
    Result<std::unique_ptr<Engine>> engine = Engine::open(options_);
    EXPECT_TRUE(engine.ok()) << engine.status().message();
    return engine.ok() ? std::move(*engine) : nullptr;
  }

  static ChangeSummary change(const Engine& engine, const std::string& lines) {
    Result<ChangeSummary> summary = engine.change(lines);
    EXPECT_TRUE(summary.ok()) << summary.status().message();
    return summary.ok() ? std::move(*summary) : ChangeSummary();
  }

  static SearchResult search(const Engine& engine, const std::string& query) {
    Result<SearchResult> page = EngineSession(engine).search(query, {});
    EXPECT_TRUE(page.ok()) << page.status().message();
    return page.ok() ? std::move(*page) : SearchResult();
  }
  static std::vector<std::string> ids(const Engine& engine, const std::string& query) {
    std::vector<std::string> ids;
    for (const AdShown& ad : search(engine, query).ads) ids.push_back(ad.id);
    return ids;
  }

  EngineOptions options_ = [] {
    EngineOptions options;
    options.index = temporary_path("live");
    options.plugin = BARKER_PLUGIN_PATH;
    return options;
  }();
};

}  // namespace barker
