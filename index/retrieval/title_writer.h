// Writes the Lucene++ index of titles (title_index.h), an ad at a time.
//
// Splitting texts takes as long as writing them, so that the two are apart and may be on two
// threads.
#pragma once

#include <memory>
#include <string>

#include "index/catalogue/catalogue.h"
#include "index/matching/matching.h"
#include "models/base/result.h"

namespace barker {

// The words of an ad's texts, those of each field with a space after each.
struct TitleWords {
  std::string title, shop, description;  // folded
  std::string exact, parts;              // of title, brand and category
  bool is_open = false;                  // the ad has no bid terms
};

// `analyzer`: for one thread at a time.
TitleWords title_words(const CatalogueAd& ad, const MatchingAnalyzer& analyzer);

// For one thread. Nothing is synced.
class TitleWriter {
 public:
  // `directory` exists; an index in it is replaced.
  static Result<TitleWriter> open(const std::string& directory);
  ~TitleWriter();
  TitleWriter(TitleWriter&&) noexcept;

  Status add(const TitleWords& words);  // of the next ad
  Status close();

 private:
  TitleWriter();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace barker
