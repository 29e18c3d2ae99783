// Turns a feed of a shop system into a catalogue (FEEDS.md).
#pragma once

#include <string>

#include "index/catalogue/feed_notes.h"
#include "index/catalogue/feeds/ad_folder.h"
#include "models/base/lines.h"
#include "models/base/result.h"

namespace barker {

enum class FeedFormat { kShopify, kWooCommerce, kGoogleMerchant, kJsonlMap };

struct ImportOptions {
  FeedFormat format = FeedFormat::kGoogleMerchant;
  std::string feed;  // plain or gzip; "-" is standard input
  std::string map;   // the mapping file, for kJsonlMap only
  FoldOptions fold;
};

struct ImportReport {
  uint64_t rows = 0;  // = the first five of `counts` and the rows that could not be read
  FoldCounts counts;
  FeedNotes notes;
};

// Reads the feed and writes its ads to `out`, which the caller closes. Memory does not grow with
// the feed but for some 100 bytes an ad. Rows that cannot be used go to `bad`.
Result<ImportReport> import_feed(const ImportOptions& options, OutputFile& out, BadLines& bad);

}  // namespace barker
