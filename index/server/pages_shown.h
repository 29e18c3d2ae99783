// The pages that were answered last, so that a click can be told from its request's id: what the ad's price was,
// and which selling points stood before its title.
//
// Pages beyond the bound are forgotten, the oldest first. Threads: any may call any function.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "index/engine/search_result.h"
#include "models/text/fingerprint.h"

namespace barker {

struct ShownAd {
  double price = 0;                         // of a click
  std::vector<std::string> selling_points;  // that stood before the title
};

class PagesShown {
 public:
  explicit PagesShown(size_t most_pages) : most_pages_(most_pages) {}

  // The ads of ranks from + 1 to from + count.
  void add(const std::string& request_id, const SearchResult& page, size_t from, size_t count);

  // Nothing where the page is unknown, as those of another engine are, or has no such ad.
  std::optional<ShownAd> find(const std::string& request_id, const std::string& ad_id) const;

 private:
  using Page = std::vector<std::pair<Fingerprint, ShownAd>>;  // by the ad's id

  const size_t most_pages_;
  mutable std::mutex mutex_;
  std::unordered_map<Fingerprint, Page> pages_;
  std::deque<Fingerprint> order_;  // oldest first
};

}  // namespace barker
