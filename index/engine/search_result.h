// The answer of a search: the ads of a page in their order, why they are in it, and how long each
// stage took. Plain values, which own their texts.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace barker {

struct SellingPointShown {
  std::string text;
  double score;         // P(user is attracted | user, query), 0..1
  uint64_t begin, end;  // bytes in the title
};

struct AdShown {
  std::string id, title, original_title;
  size_t rank, first_pass_rank;  // from 1
  double score, bid, pctr;       // pctr is NaN where the model predicts none
  bool is_rescored = false;      // the score is the plugin's; otherwise that of the first pass
  double price = 0;              // of a click (index/auction/price.h); NaN: there was no auction
  // How it came into the auction: "exact", "phrase", "broad" or "title"; empty: there was none.
  std::string match = "title";
  std::string term;  // the bid term that matched; empty: none
  std::vector<SellingPointShown> selling_points;
  double propensity =
      NAN;  // probability with which these selling points were shown; NaN: not known
};

// An arm of an experiment that the user is in.
struct ArmShown {
  std::string layer, experiment, arm;
  uint64_t policy = 0;  // digest of what the arm does; 0: not known
};

// A feature keyword (SF) that the page offers as a filter (feature_bar.h).
struct FeatureShown {
  std::string keyword;
  double attraction;  // P(user is attracted | user, query); NaN where the model cannot say
  double propensity;  // with which probability its place got it
  size_t position;    // from 1
  size_t ads;         // of the page that have it
};

struct StageTimes {  // microseconds
  double analyse = 0, first_pass = 0, fetch = 0, rescore = 0, features = 0;
  double map = 0, score = 0, choose = 0, rewrite = 0;  // parts of rescore, by the plugin's clock
};

// What the first pass did with the offers and ads that match.
struct AuctionRecord {
  size_t bid_matches = 0, title_matches = 0;  // ads that take part
  size_t denied = 0;                          // by their negative keywords
  size_t out_of_budget = 0;                   // for today, or ahead of their pace
  size_t below_reserve = 0;                   // as far as offers were read
  size_t without_features = 0;                // that lack one that the search asked for
  double reserve = 0;
  double cut = 0;  // the best bid for which there was no place; 0: all had one
  // The query has more words than are compared with bid terms, or so much was left out that not all
  // matches were read.
  bool is_cut = false;
};

struct SearchResult {
  std::string query, user;
  std::string status, reason;  // plugin/host/names.h, or "bypassed" and "refused"
  // Whether the user's history was read: "known", "unknown" or "unavailable"; empty: none was asked
  // for.
  std::string profile;
  uint64_t generation = 0;  // of the weights that answered; 0: none
  std::string weights;      // their digest; empty: not known
  std::vector<ArmShown> arms;
  bool is_explored = false;  // the selling points of this page were drawn
  StageTimes times;
  AuctionRecord auction;
  std::vector<AdShown> ads;
  std::vector<FeatureShown> features;  // by position; empty unless they were asked for
  std::string explanation;             // JSON; empty unless it was asked for
};

}  // namespace barker
