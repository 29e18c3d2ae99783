// What the sessions of an engine share. Nothing of it changes once the engine is open, except inside
// the plugin and the watcher, which have their own thread rules. Only index/engine includes this.
#pragma once

#include <memory>

#include "index/catalogue/ad_store.h"
#include "index/engine/ad_budgets.h"
#include "index/engine/engine.h"
#include "index/matching/matching_file.h"
#include "index/matching/synonyms.h"
#include "index/retrieval/bid_index.h"
#include "index/retrieval/title_index.h"
#include "plugin/barker.h"
#include "plugin/host/watcher.h"

namespace barker {

// The log function of barker_host. It writes to standard error and makes control characters visible,
// which a terminal would obey otherwise.
void log_to_stderr(void* context, int32_t level, barker_string message);

struct EngineParts {
  static Result<std::unique_ptr<const EngineParts>> open(const EngineOptions& options);
  ~EngineParts();
  EngineParts(const EngineParts&) = delete;
  EngineParts& operator=(const EngineParts&) = delete;

  BidIndex bids;
  TitleIndex titles;
  AdStore store;
  AuctionOptions auction;
  double bid_exponent = 1;  // of the plugin's order
  AdBudgets budgets;
  MatchingRules rules;
  Synonyms synonyms;
  size_t limit;  // ads of the first pass
  barker_host host = {sizeof(barker_host), BARKER_ABI_MAJOR, BARKER_ABI_MINOR, nullptr,
                      log_to_stderr};
  const barker_api* api = nullptr;
  barker_plugin* plugin = nullptr;  // destroyed after the watcher
  uint64_t catalogue = 0;  // the plugin's handle of the ad store, whose documents have the numbers
                           // from 1; 0: the plugin is older than catalogues
  std::unique_ptr<Watcher> watcher;  // null: nothing is watched

 private:
  EngineParts(BidIndex bid_index, TitleIndex title_index, AdStore ads, const EngineOptions& options)
      : bids(std::move(bid_index)),
        titles(std::move(title_index)),
        store(std::move(ads)),
        auction(options.auction),
        limit(options.limit) {}
  Status read_matching(const EngineOptions& options);
  Status start_plugin(const EngineOptions& options);
  Status register_store();
};

}  // namespace barker
