// One thread's searches in an engine. A search has five stages: analyse the query, find ads (the
// first pass), fetch them from the ad store, let the plugin rescore them, read its answer.
//
// Threads: a session belongs to one thread at a time, and any number of sessions search at once.
// The engine must outlive it. A session keeps its buffers from query to query.
#pragma once

#include <string>
#include <vector>

#include "index/auction/price.h"
#include "index/engine/engine.h"
#include "index/engine/first_pass.h"
#include "index/engine/search_result.h"
#include "index/profiles/profiles.h"
#include "models/base/result.h"
#include "plugin/host/session.h"

namespace barker {

// What bounds the plugin's work on one search.
struct SearchBounds {
  uint64_t deadline_ns = 0;  // on CLOCK_MONOTONIC; 0: none
  size_t shown = 0;  // ads that will be shown, and get their titles rewritten; 0: all of the page
};

class EngineSession {
 public:
  explicit EngineSession(const Engine& engine);

  // Where the plugin refuses to read the query, the page has the first-pass order and the original
  // titles, status "bypassed" and reason "refused", and a warning on standard error says why. Fails
  // where Lucene++ does, and where an explanation is asked of a plugin that gives none.
  Result<SearchResult> search(const std::string& query, const Profile& user, bool explain = false,
                              const SearchBounds& bounds = {});

 private:
  void fill_request(const SearchResult& page, const Profile& user);
  void add_ad(const Candidate& candidate);
  void show_match(const Candidate& candidate, AdShown& shown) const;
  std::string text_of(const AnsweredAd& answer, const barker_chosen& chosen) const;
  void read_answer(SearchResult& page) const;
  void set_prices(SearchResult& page);
  void show_first_pass(SearchResult& page, const Status& why) const;

  const EngineParts& engine_;
  FirstPass first_pass_;
  Session plugin_;
  std::vector<AuctionAd> auction_ads_;
  std::vector<double> prices_;
};

}  // namespace barker
