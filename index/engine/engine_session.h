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
#include "index/engine/feature_bar.h"
#include "index/engine/first_pass.h"
#include "index/engine/search_result.h"
#include "index/profiles/profiles.h"
#include "models/base/result.h"
#include "plugin/host/session.h"

namespace barker {

struct SearchOptions {
  bool explain = false;
  uint64_t deadline_ns = 0;  // of the plugin's work, on CLOCK_MONOTONIC; 0: none
  size_t shown = 0;  // ads that will be shown, and get their titles rewritten; 0: all of the page
  // Keywords of selling points or attributes, all of which an ad must have to be on the page.
  std::vector<std::string> features = {};
  std::string visitor = {};    // places users without an id in experiments, such as a cookie's id
  std::string surface = {};    // width profile of the plugin's configuration; empty: none
  FeatureBarOptions bar = {};  // of the features that the page offers
};

class EngineSession {
 public:
  // `seed`: of what is shown at random; each session should have another.
  explicit EngineSession(const Engine& engine, uint64_t seed = 0);

  // What is shown at random from now on follows from this seed.
  void reseed(uint64_t seed) { random_ = Random(seed, /*stream=*/0); }

  // Where the plugin refuses to read the query, the page has the first-pass order and the original
  // titles, status "bypassed" and reason "refused", and a warning on standard error says why. Fails
  // where Lucene++ does, and where an explanation is asked of a plugin that gives none.
  Result<SearchResult> search(const std::string& query, const Profile& user,
                              const SearchOptions& options = {});

 private:
  Result<SearchResult> answer(const std::string& query, const Profile& user,
                              const SearchOptions& options);
  Status offer_features(const SearchOptions& options, SearchResult& page);
  void fill_request(const SearchResult& page, const Profile& user);
  void add_ad(const AdCandidate& candidate);
  void show_match(const AdCandidate& candidate, AdShown& shown) const;
  std::string text_of(const AnsweredAd& answer, const barker_chosen& chosen) const;
  void read_answer(SearchResult& page) const;
  void set_prices(SearchResult& page);
  void show_first_pass(SearchResult& page, const Status& why) const;

  const EngineParts& engine_;
  FirstPass first_pass_;
  Session plugin_;
  FeatureBar bar_;
  Random random_;
  std::vector<AuctionAd> auction_ads_;
  std::vector<double> prices_;
};

}  // namespace barker
