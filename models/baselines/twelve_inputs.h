// The twelve numbers from which the competitors of the paper's Table 4 learn. The models that these
// are named after are not about clicks: one of them reads twelve concentrations in water, hence
// twelve. Of user u, query q and keyword v, in this order:
//
//  0 logit of v's click rate, shrunk as popularity does (statistics.h)
//  1 log(1 + impressions of v)
//  2 logit of v's click rate in the search's category, shrunk to 0's
//  3 logit of v's mean click rate beside the search's features, each shrunk to 0's. Logs name no
//    demographic features, so all groups are read.
//  4 cosine of the mean vector of the history and v's vector
//  5 cosine of the mean vector of the query and v's vector
//  6 how often v stands in the history
//  7 what association rules conclude from the history about v (association_rules.h)
//  8 log(1 + keywords of clicked titles in the history)
//  9 log(1 + clicked SFs in the history)
// 10 the user's clicks above popularity per impression, shrunk by ten impressions
// 11 as 4, where the history's keywords fade by their order (faded_by_order of user_clicks.h)
//
// Vectors have 24 numbers and come from which keywords stand together (models/train/initialise.h).
// Counts, rules and vectors come from the training split; a history holds what its user clicked
// before the search.
//
// One thread fills it; then any thread may ask.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "models/baselines/association_rules.h"
#include "models/baselines/context_rates.h"
#include "models/baselines/gradient_boosting.h"
#include "models/baselines/user_clicks.h"
#include "models/data/dataset.h"

namespace barker {

inline constexpr size_t kTwelve = 12;
inline constexpr size_t kVectorSize = 24;
using KeywordVector = std::array<float, kVectorSize>;

class TwelveInputs {
 public:
  // The dataset must outlive it and have fewer than 2^21 keywords. Equal seeds give equal vectors.
  explicit TwelveInputs(const Dataset& data, uint64_t seed = 1) : data_(data), seed_(seed) {}

  // Counts the training searches before a time, or all of them, in place of what was counted
  // before. It is called before rows().
  void count(std::optional<int64_t> before);

  // A row for each SF of the searches, in their order. Not scaled; all finite.
  FeatureMatrix rows(std::span<const uint32_t> searches) const;

  // The keyword's vector; zeros for kUnknownKeyword.
  std::span<const float, kVectorSize> vector(uint32_t keyword) const;
  // The mean of the keywords' vectors, with equal weights; zeros if there are none.
  KeywordVector mean_vector(std::span<const uint32_t> keywords) const;

 private:
  void add_rows(const SearchView& search, std::vector<float>& out) const;
  double rate_beside_features(const SearchView& search, uint32_t keyword) const;

  const Dataset& data_;
  uint64_t seed_;
  UserClicks users_;
  std::optional<AssociationRules> rules_;
  ContextRates beside_;
  std::vector<double> above_;   // by user: clicks above popularity
  std::vector<float> vectors_;  // [keywords, kVectorSize]
};

// Maps each column to [0, 1] by its least and greatest value in the rows that it is fitted to.
// Values beyond them become 0 or 1, and a column with one value becomes 0.
class MinMaxScale {
 public:
  void fit(const FeatureMatrix& rows);
  void apply(FeatureMatrix& rows) const;  // as many columns as fit() had

 private:
  std::vector<float> low_, high_;
};

}  // namespace barker
