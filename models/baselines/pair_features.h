// How often the words of a history and of a query stand together with a keyword: the inputs of the
// baselines that learn from counts. One thread fills it; then any thread may ask.
#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "models/baselines/statistics.h"

namespace barker {

inline constexpr size_t kPairFeatures = 14;
using PairFeatureRow = std::array<double, kPairFeatures>;

// What is tuned on the validation split.
struct PairOptions {
  size_t recent = 60;  // newest different keywords of the history that are looked at
  double prior = 2;  // impressions that a pair's click rate is shrunk by towards the keyword's own
};

class PairFeatures {
 public:
  // Counts the titles of the training split, which say nothing of clicks.
  explicit PairFeatures(const Dataset& data);

  // Counts what was shown and clicked in these searches, in place of what was counted before.
  void count(const std::vector<uint32_t>& searches, const PairOptions& options);

  const Popularity& popularity() const { return popularity_; }  // of what was counted
  PairFeatureRow row(const SearchView& search, uint32_t keyword) const;

 private:
  std::vector<uint32_t> recent(const SearchView& search) const;
  void count_titles();
  void count_search(const SearchView& search);
  double title_information(uint32_t a, uint32_t b) const;

  using Counts = std::unordered_map<uint64_t, float>;  // of a pair

  const Dataset& data_;
  PairOptions options_;
  Popularity popularity_;
  double titles_ = 0;
  std::vector<double> in_titles_;
  Counts title_pairs_, shown_with_, clicked_with_, query_shown_, query_clicked_;
};

}  // namespace barker
