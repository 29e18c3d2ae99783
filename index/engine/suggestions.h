// What a search box suggests for the beginning of a query: terms that ads bid on, those of the most
// ads first. The terms of the large segment are sorted once for each index; newer ads are not
// suggested until the index is built anew. Memory is bounded: kMostTerms distinct terms, those of
// the ads of highest value. [any thread]
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "index/live/snapshot.h"

namespace barker {

class Suggestions {
 public:
  static constexpr size_t kMostTerms = 100'000;

  // At most `count` terms that begin with `text`, compared without case. Nothing for an empty text.
  std::vector<std::string> find(const CatalogueSnapshot& snapshot, const std::string& text,
                                size_t count);

 private:
  struct Term {
    std::string key;   // in normal form
    std::string text;  // as the first ad has it
    uint32_t ads;
  };
  using Terms = std::vector<Term>;  // by key

  std::shared_ptr<const Terms> terms_of(const CatalogueSnapshot& snapshot);

  std::mutex mutex_;
  std::weak_ptr<const LiveSegment> segment_;  // of which terms_ is
  std::shared_ptr<const Terms> terms_;
};

}  // namespace barker
