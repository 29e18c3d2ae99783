// The inputs of boosted trees for one search and keyword: those of pair_features.h, click rates of
// the keyword for the search's category and features, what the history says of user and keyword,
// and what the nearest users say (user-cf).
// One thread fills it; then any thread may ask.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "models/baselines/context_rates.h"
#include "models/baselines/gradient_boosting.h"
#include "models/baselines/pair_features.h"

namespace barker {

class TreeFeatures {
 public:
  // The dataset must outlive it.
  explicit TreeFeatures(const Dataset& data) : data_(data), pairs_(data) {}

  // Counts what was shown and clicked in the training searches before a time, or in all, in place
  // of what was counted before.
  void count(std::optional<int64_t> before);

  // A row for each SF of the searches, in their order.
  FeatureMatrix rows(std::span<const uint32_t> searches) const;

 private:
  void add_row(const SearchView& search, uint32_t keyword, std::vector<float>& out) const;
  // The click rate of the pair, shrunk towards the keyword's own, minus the keyword's own.
  double lift(const RateTable& rates, uint32_t with, uint32_t keyword) const;

  const Dataset& data_;
  std::optional<int64_t> before_;
  PairFeatures pairs_;
  ContextRates beside_;
  std::vector<double> above_, shown_to_;  // by user: clicks above popularity, and impressions
};

}  // namespace barker
