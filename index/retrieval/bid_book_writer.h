// Writes a bid book (bid_book.h), an ad at a time.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "index/catalogue/catalogue.h"
#include "index/matching/matching.h"
#include "models/base/result.h"
#include "models/text/fingerprint.h"

namespace barker {

// For one thread. The whole book is in memory until it is written, in flat lists, because a million
// ads have several million terms.
class BidBookWriter {
 public:
  // `analyzer` must outlive the object.
  explicit BidBookWriter(const MatchingAnalyzer& analyzer) : analyzer_(analyzer) {}

  void add(const CatalogueAd& ad);        // the next one
  Status write(const std::string& path);  // once; frees the memory

 private:
  // Offers and terms as in bids.fbs, in the order in which they were added.
  struct Offer {
    double bid;
    uint32_t ad, first_term, end_of_terms;
    bool is_one_of, is_ads_bid;
  };
  struct Term {
    uint32_t words, text;  // where they begin
    BidMatch match;
  };
  struct Terms {
    std::vector<Term> list;
    std::vector<Fingerprint> words;
    std::string text;

    std::span<const Fingerprint> words_of(size_t term) const;
    std::string_view text_of(size_t term) const;
  };
  class InOrder;

  std::vector<Fingerprint> words_of(const BidTerm& term) const;
  static void add_term(const BidTerm& term, const std::vector<Fingerprint>& words, Terms& to);

  const MatchingAnalyzer& analyzer_;
  std::vector<Offer> offers_;
  Terms terms_, negatives_;
  std::vector<uint32_t> first_negative_;  // of each ad, in negatives_
};

}  // namespace barker
