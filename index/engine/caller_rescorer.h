// Rescores ads that the caller brings, by the plugin of an engine: for another search engine that
// keeps its own first pass. One thread; the engine must outlive it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "index/engine/engine.h"
#include "index/engine/search_result.h"
#include "index/profiles/profiles.h"
#include "models/base/result.h"
#include "plugin/host/session.h"

namespace barker {

struct CallerAd {  // texts are valid UTF-8
  std::string id, title, merchant, category;
  double bid = 0, first_pass_score = 0;
  bool opt_out = false;  // its title stays as it is
  std::vector<std::string> selling_points;
};

struct RescoreOptions {
  bool explain = false;
  uint64_t deadline_ns = 0;  // of the plugin's work, on CLOCK_MONOTONIC; 0: none
  size_t shown = 0;          // ads that will be shown, and get their titles rewritten; 0: all
  std::string visitor = {};  // places users without an id in experiments
  std::string surface = {};  // width profile of the plugin's configuration; empty: none
};

class CallerRescorer {
 public:
  explicit CallerRescorer(const Engine& engine);

  // The ads in first-pass order become a page without an auction: it has neither prices (NaN) nor
  // matches. Fails where the plugin cannot read the request, and where an explanation is asked of
  // one that gives none.
  Result<SearchResult> rescore(const std::string& query, const Profile& user,
                               std::span<const CallerAd> ads, const RescoreOptions& options = {});

 private:
  void fill_request(const std::string& query, const Profile& user, std::span<const CallerAd> ads);
  void read_answer(SearchResult& page) const;

  const bool with_states_;
  Session plugin_;
};

}  // namespace barker
