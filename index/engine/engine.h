// The engine: finds ads for a query, lets the plugin rescore them. Opens index, store and plugin
// once. One query at a time per Engine; several Engines may share a process.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "index/profiles/profiles.h"
#include "models/base/result.h"
#include "plugin/barker.h"
#include "plugin/host/life_cycle.h"

namespace barker {

struct EngineOptions {
  std::string index;   // directory of `barker index`
  Watched watched;     // weights (none: the plugin bypasses), rules, and how they are judged
  std::string plugin;  // libbarker.so
  std::string config;  // TOML text for the plugin
  bool watch = false;  // weights: again when what they lead to changes; rules are so in any case
  std::string admin;   // Unix socket to answer the administrator on; empty: none
  size_t limit = 50;   // ads of the first pass
};

struct SellingPointShown {
  std::string text;
  double score;
  uint64_t begin, end;  // bytes in the title
};

struct AdShown {
  std::string id, title, original_title;
  size_t rank, first_pass_rank;  // from 1
  double score, bid, pctr;       // pctr NaN where not predicted
  std::vector<SellingPointShown> selling_points;
};

struct StageTimes {  // microseconds
  double analyse = 0, first_pass = 0, fetch = 0, rescore = 0;
  double map = 0, score = 0, choose = 0, rewrite = 0;  // parts of rescore, as the plugin tells
};

struct SearchResult {
  std::string query, user, status, reason;
  uint64_t generation = 0;
  StageTimes times;
  std::vector<AdShown> ads;
  std::string explanation;  // JSON, where asked for
};

class Engine {
 public:
  static Result<std::unique_ptr<Engine>> open(const EngineOptions& options);
  ~Engine();

  // [any thread, signal handlers] Looks for changed weights and rules now.
  void reload() noexcept;

  // What the plugin refuses to read comes in first-pass order with original titles, status
  // "bypassed" and reason "refused"; a warning on stderr says why.
  Result<SearchResult> search(const std::string& query, const Profile& user, bool explain = false);

 private:
  Engine();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace barker
