// The first pass of one thread: which ads take part in the auction of a query.
//
// First the offers whose bid terms match, by their bids. Where they are fewer than a page, ads
// follow that the texts find: those whose title, brand and category have all words of the query,
// and of ads without bid terms those that have fewer. Ads whose negative keywords match, and those
// that bid less than the reserve or have spent their budget, are never among them.
//
// Threads: one at a time. Only index/engine includes this.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_set>
#include <vector>

#include "index/engine/engine_parts.h"
#include "index/engine/search_result.h"
#include "index/live/snapshot.h"
#include "index/matching/matching.h"
#include "index/retrieval/bid_match.h"
#include "models/base/result.h"

namespace barker {

inline constexpr uint32_t kNoTerm = ~uint32_t{0};

struct AdCandidate {
  AdPlace place;
  uint32_t term;    // of the bid book of its segment; kNoTerm: the texts matched
  double bid;       // of that term, or the ad's
  float relevance;  // first_pass_score: 1 for an exact match, and less the looser the match is
};

class FirstPass {
 public:
  explicit FirstPass(const EngineParts& engine);

  // Splits the query, in valid UTF-8, into folded words. The query is answered with what the
  // catalogue is now.
  void analyse(const std::string& query);

  // Finds up to `limit` ads that have all of these features, bid matches first. They hold until the
  // next call, or end(). Fails where Lucene++ does.
  Status find(size_t limit, const std::vector<std::string>& features = {});

  // Whether the last find() was to have this feature.
  bool asks_for(Fingerprint feature) const {
    return std::ranges::find(features_, feature) != features_.end();
  }

  // Lets the catalogue of this query go.
  void end() { snapshot_.reset(); }

  const CatalogueSnapshot& snapshot() const { return *snapshot_; }

  const std::vector<AdCandidate>& candidates() const { return candidates_; }
  const AuctionRecord& record() const { return record_; }

 private:
  using Search = std::function<Result<TitleHits>(size_t limit)>;

  Status find_bids(size_t limit);
  Status find_texts(size_t limit);
  Status add_hits(size_t limit, const Search& search);
  Status find_bids_of(uint32_t part, size_t limit);
  void visit_offer(uint32_t part, uint32_t number, size_t limit);
  void insert(const AdCandidate& candidate, bool may_come_twice, size_t limit);
  bool takes_part(const AdPlace& place, double bid);
  bool is_left_out(const AdPlace& place, double bid);
  bool has_features(const AdPlace& place) const;

  const EngineParts& engine_;
  std::shared_ptr<const CatalogueSnapshot> snapshot_;
  std::vector<std::string> languages_;  // of analyzer_
  MatchingAnalyzer analyzer_;
  std::string query_;
  QueryWords words_;
  std::vector<Fingerprint> features_;
  std::vector<AdCandidate> candidates_;
  std::unordered_set<uint64_t> taken_;     // ads that the texts may find again, by AdPlace::key()
  std::unordered_set<uint64_t> left_out_;  // each of which the record counts once
  AuctionRecord record_;
  Budgets::Pace pace_{};  // of the moment of the query
};

}  // namespace barker
