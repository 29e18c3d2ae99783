// Click rates of pairs, such as a category and a keyword. One thread fills it; then any thread may
// ask.
#pragma once

#include <cstdint>
#include <unordered_map>

namespace barker {

class RateTable {
 public:
  void clear() { counts_.clear(); }

  void add(uint32_t with, uint32_t keyword, uint8_t clicked) {
    Counts& c = counts_[key(with, keyword)];
    c.shown += 1;
    c.clicks += clicked;
  }

  // (clicks + 10 own) / (shown + 10): the pair's click rate, shrunk towards the keyword's own. It
  // is `own` itself where the pair was never shown.
  double rate(uint32_t with, uint32_t keyword, double own) const {
    constexpr double kPrior = 10;  // impressions
    const auto at = counts_.find(key(with, keyword));
    if (at == counts_.end()) return own;
    return (at->second.clicks + kPrior * own) / (at->second.shown + kPrior);
  }

 private:
  struct Counts {
    uint32_t clicks = 0, shown = 0;
  };
  static uint64_t key(uint32_t with, uint32_t keyword) { return uint64_t{with} << 32 | keyword; }

  std::unordered_map<uint64_t, Counts> counts_;
};

}  // namespace barker
