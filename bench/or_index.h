// What the auction is compared with: a Lucene++ index of bid terms, titles, brands and categories
// that is asked for the ads with any of a query's words, best score first. It reads every posting.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "index/catalogue/catalogue.h"
#include "index/matching/matching.h"

namespace barker {

class OrIndex {
 public:
  // Both throw std::runtime_error.
  static void write(const std::vector<CatalogueAd>& ads, const MatchingAnalyzer& analyzer,
                    const std::string& directory);
  explicit OrIndex(const std::string& directory);
  ~OrIndex();

  // Returns how many ads were found, at most `limit`.
  size_t search(const std::vector<std::string>& words, size_t limit) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace barker
