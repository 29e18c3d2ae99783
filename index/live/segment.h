// A segment: the files of an index directory, opened. It never changes. A catalogue is one large
// segment, which `barker index` wrote, and small ones of the ads that changed since.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "index/catalogue/ad_store.h"
#include "index/matching/matching.h"
#include "index/retrieval/bid_index.h"
#include "index/retrieval/title_index.h"
#include "models/base/result.h"
#include "models/text/fingerprint.h"

namespace barker {

// [any thread], by the rule of title_index.h.
class Segment {
 public:
  // `languages`: how many the words of the ads are compared in. The error names the file.
  static Result<Segment> open(const std::string& directory, size_t languages);

  // Makes a segment of these ads. Its files are in a temporary directory, and removed once they are
  // open.
  static Result<Segment> of(const std::vector<CatalogueAd>& ads, const MatchingAnalyzer& analyzer);
  // Removes such directories that killed processes left.
  static void remove_abandoned_files();

  const BidIndex& bids() const { return bids_; }
  const TitleIndex& titles() const { return titles_; }
  const AdStore& store() const { return store_; }
  uint32_t size() const { return static_cast<uint32_t>(store_.size()); }

  std::optional<uint32_t> find(std::string_view id) const;

 private:
  Segment(BidIndex bids, TitleIndex titles, AdStore store);

  BidIndex bids_;
  TitleIndex titles_;
  AdStore store_;
  std::vector<std::pair<Fingerprint, uint32_t>> by_id_;  // sorted
};

}  // namespace barker
