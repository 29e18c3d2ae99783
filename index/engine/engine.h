// The engine: finds ads for a query and lets the plugin rescore them.
//
// An Engine is opened once. It owns what all threads share: the catalogue, which may change while
// queries go on (index/live/), the plugin with its weights, the watcher and the administrator's
// socket. Each thread asks through an EngineSession of its own (engine_session.h):
//
//   Result<std::unique_ptr<Engine>> engine = Engine::open(options);
//   EngineSession session(**engine);                        // one for each thread
//   Result<SearchResult> page = session.search("shoes", user);
//
// Threads: open() must have returned before the first search, because Lucene++ is warmed up there,
// on one thread. The engine must outlive its sessions.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "index/live/live_catalogue.h"
#include "models/base/result.h"
#include "plugin/host/life_cycle.h"

namespace barker {

struct AuctionOptions {
  double reserve = 0;             // the least bid that takes part, and the least price of a click
  std::string budgets;            // file of what ads spend today; empty: spending is not counted
  std::string time_zone = "UTC";  // at whose midnight budgets are full again: "Europe/Berlin"
};

struct EngineOptions {
  std::string index;     // directory of `barker index`
  Watched watched;       // weights (none: the plugin bypasses), rules, and how they are judged
  std::string plugin;    // libbarker.so
  std::string config;    // TOML text for the plugin
  bool watch = false;    // load weights again when they change; rules are loaded again in any case
  bool obey = false;     // without `watch`: load weights again where reload() or ask() says so
  std::string admin;     // Unix socket for the administrator, which implies `obey`; empty: none
  std::string synonyms;  // file of words that mean the same (synonyms.h); empty: none
  size_t limit = 50;     // ads of the first pass
  bool follow = false;   // take changes of the catalogue, and new indexes, from other processes
  bool rebuild = false;  // with `follow`: build the index anew when much of it has changed
  // Whether searches use the users' own states (Profile::learned). The plugin must have
  // barker.learn/1.
  bool user_states = false;
  AuctionOptions auction;
};

struct EngineParts;  // engine_parts.h

class Engine {
 public:
  // The error names the file that cannot be opened or is refused.
  static Result<std::unique_ptr<Engine>> open(const EngineOptions& options);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Makes the watcher, if there is one, look for changed weights and rules now, and try again what
  // it refused. [any thread, and signal handlers]
  void reload() const noexcept;

  // Asks the watcher's life cycle (LifeCycle::answer) and waits for its line. kFailedPrecondition:
  // there is no watcher. [any thread]
  Result<std::string> ask(const std::string& command) const;

  // Takes the price of a click from the ad's budget of today. Where there is nothing to count,
  // because the ad has no budget or AuctionOptions::budgets is empty, nothing happens. False, and
  // nothing is taken, where the amount is negative or no finite number. When this returns, the
  // amount survives the end of the process. [any thread]
  bool spend(std::string_view ad_id, double amount) const noexcept;

  // The title of the ad as its merchant wrote it; empty where the catalogue has no such ad. [any
  // thread]
  std::string title_of(std::string_view ad_id) const;

  // Changes the catalogue by lines of JSON (CATALOGUE.md, "Changes"). When this returns, the
  // changes are on the disk, and every search that starts now sees them. An error means that none
  // was kept, unless it says otherwise. [any thread]
  Result<ChangeSummary> change(std::string_view json_lines) const;

  // Takes at once what other processes changed, instead of within a tenth of a second. [any thread]
  Status refresh_catalogue() const;

  LiveCatalogueStatus catalogue_status() const;  // [any thread]

  // What the plugin has counted. [any thread]
  barker_stats plugin_stats() const;

  // How often weights or a canary could not be read (Watcher::unreadable). [any thread]
  uint64_t weights_unreadable() const noexcept;

  // Whether the file of rules, or of experiments, was refused as it is now (Watcher). False where
  // there is none. [any thread]
  bool are_rules_refused() const noexcept;
  bool are_experiments_refused() const noexcept;

  const EngineParts& parts() const { return *parts_; }

 private:
  explicit Engine(std::unique_ptr<const EngineParts> parts);
  const std::unique_ptr<const EngineParts> parts_;
};

}  // namespace barker
