// What the sessions of an engine share. Nothing of it changes once the engine is open, except
// inside the plugin, the catalogue and the watcher, which have their own thread rules. Only
// index/engine includes this.
#pragma once

#include <memory>

#include "index/engine/engine.h"
#include "index/live/live_catalogue.h"
#include "plugin/barker.h"
#include "plugin/host/watcher.h"

namespace barker {

// The log function of barker_host. It writes to standard error and makes control characters
// visible, which a terminal would obey otherwise.
void log_to_stderr(void* context, int32_t level, barker_string message);

struct EngineParts {
  static Result<std::unique_ptr<const EngineParts>> open(const EngineOptions& options);
  ~EngineParts();
  EngineParts(const EngineParts&) = delete;
  EngineParts& operator=(const EngineParts&) = delete;

  AuctionOptions auction;
  double bid_exponent = 1;  // of the plugin's order
  size_t limit;             // ads of the first pass
  bool user_states;         // whether searches use them
  bool has_rules;           // whether there is a file of rules
  barker_host host = {sizeof(barker_host), BARKER_ABI_MAJOR, BARKER_ABI_MINOR, nullptr,
                      log_to_stderr};
  const barker_api* api = nullptr;
  barker_plugin* plugin = nullptr;  // destroyed after the catalogue and the watcher
  // The plugin's handles are of the ad stores, whose ads have the numbers from 1.
  std::unique_ptr<LiveCatalogue> catalogue;
  std::unique_ptr<Watcher> watcher;  // null: nothing is watched

 private:
  explicit EngineParts(const EngineOptions& options)
      : auction(options.auction),
        limit(options.limit),
        user_states(options.user_states),
        has_rules(!options.watched.rules.empty()) {}
  Status create_plugin(const EngineOptions& options);
  Status open_catalogue(const EngineOptions& options);
  Status load_weights(const EngineOptions& options);
  Result<uint64_t> register_store(const AdStore& store) const;
  void release_store(uint64_t handle) const;
};

}  // namespace barker
