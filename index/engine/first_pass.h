// The first pass of one thread: which ads take part in the auction of a query.
//
// First the offers whose bid terms match, by their bids. Where they are fewer than a page, ads follow
// that the texts find: those whose title, brand and category have all words of the query, and of ads
// without bid terms those that have fewer. Ads whose negative keywords match, and those that bid less
// than the reserve or have spent their budget, are never among them.
//
// Threads: one at a time. Only index/engine includes this.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_set>
#include <vector>

#include "index/engine/engine_parts.h"
#include "index/engine/search_result.h"
#include "index/matching/matching.h"
#include "index/retrieval/bid_match.h"
#include "models/base/result.h"

namespace barker {

inline constexpr uint32_t kNoTerm = ~uint32_t{0};

struct Candidate {
  uint32_t ad;
  uint32_t term;    // of the bid book; kNoTerm: the texts matched
  double bid;       // of that term, or the ad's
  float relevance;  // first_pass_score: 1 for an exact match, and less the looser the match is
};

class FirstPass {
 public:
  explicit FirstPass(const EngineParts& engine);

  // Splits the query, in valid UTF-8, into folded words.
  void analyse(const std::string& query);

  // Finds up to `limit` ads, bid matches first. They hold until the next call. Fails where Lucene++
  // does.
  Status find(size_t limit);

  const std::vector<Candidate>& candidates() const { return candidates_; }
  const AuctionRecord& record() const { return record_; }

 private:
  using Search = std::function<Result<std::vector<Hit>>(size_t limit)>;

  Status find_bids(size_t limit);
  Status find_texts(size_t limit);
  Status add_hits(size_t limit, const Search& search);
  bool takes_part(uint32_t ad, double bid);
  bool is_left_out(uint32_t ad, double bid);

  const EngineParts& engine_;
  MatchingAnalyzer analyzer_;
  std::string query_;
  QueryWords words_;
  std::vector<Candidate> candidates_;
  std::unordered_set<uint32_t> taken_;     // ads that may come twice
  std::unordered_set<uint32_t> left_out_;  // each of which the record counts once
  AuctionRecord record_;
  Budgets::Pace pace_{};  // of the moment of the query
};

}  // namespace barker
