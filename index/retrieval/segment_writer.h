// Writes the files of a segment: titles/ and bids/ of Lucene++, bids.book and ads.store.
//
// Ads come one at a time and are not kept: memory is that of the ad store and of the bid book.
// Texts are split on the caller's thread, and what Lucene++ does with them is done on another.
#pragma once

#include <memory>
#include <string>

#include "index/catalogue/catalogue.h"
#include "index/matching/matching.h"
#include "models/base/result.h"

namespace barker {

// For one thread at a time.
class SegmentWriter {
 public:
  // `directory` exists; `analyzer` must outlive the object.
  static Result<std::unique_ptr<SegmentWriter>> open(const std::string& directory,
                                                     const MatchingAnalyzer& analyzer);
  ~SegmentWriter();

  // Of the next ad. An error may be that of an ad before, and comes again from then on.
  Status add(CatalogueAd ad);
  // Nothing is synced. Without this call the files are of no use.
  Status finish();

 private:
  struct Impl;
  explicit SegmentWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace barker
