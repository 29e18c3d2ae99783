// How often each selling point (SP) was clicked when it was shown as a specific feature keyword,
// for a query and over all queries: what non-personal SPs are chosen by, and how much the model
// could learn about each SP. A weight file may have them.
//
//   rates.queries   u64 [Q]             query_hash() of each query, ascending
//   rates.begins    u32 [Q+1]           where the SPs of each query begin in the next two
//   rates.rows      u32 [C]             keyword rows, ascending within a query
//   rates.values    f32 [C]             click rate of the SP for the query, smoothed, 0 to 1
//   rates.prior     f32 [keyword_rows]  click rate of each keyword over all queries, smoothed
//   rates.evidence f32 [keyword_rows] sum of p (1 - p) over its impressions, p being its click
//                                       rate: what they say about an offset of its logit (Fisher)
//
// Rates are smoothed by impressions that are added: those of a query by kRateWeight impressions
// with the SP's rate over all queries, and that by as many with the rate of all SPs together.
//
// Views of the file's memory. Immutable: any thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "models/base/random.h"
#include "models/text/fingerprint.h"

namespace barker {

inline constexpr double kRateWeight = 20;

// The keywords of a query that the model knows, in whatever order, each as often as it stands
// there.
inline uint64_t query_hash(std::span<const Fingerprint> keywords) noexcept {
  uint64_t sum = 0;
  for (const Fingerprint keyword : keywords) sum += mix_bits(keyword);
  return sum;
}

struct ClickRates {
  std::span<const uint64_t> queries;
  std::span<const uint32_t> begins, rows;
  std::span<const float> values, prior, evidence;

  bool are_there() const noexcept { return !prior.empty(); }

  // `row` is a keyword row. Of an SP that was never shown for the query: its rate over all queries.
  float rate(uint64_t query, uint32_t row) const noexcept {
    if (!are_there()) return std::numeric_limits<float>::quiet_NaN();
    const auto found = std::ranges::lower_bound(queries, query);
    if (found != queries.end() && *found == query) {
      const auto index = static_cast<size_t>(found - queries.begin());
      const auto of_query = rows.subspan(begins[index], begins[index + 1] - begins[index]);
      const auto at = std::ranges::lower_bound(of_query, row);
      if (at != of_query.end() && *at == row) {
        return values[begins[index] + static_cast<size_t>(at - of_query.begin())];
      }
    }
    return prior[row];
  }

  // Infinite where the file has no rates: what the model says is then taken as certain.
  double evidence_of(uint32_t row) const noexcept {
    return evidence.empty() ? std::numeric_limits<double>::infinity() : double{evidence[row]};
  }
};

// The same with memory of its own, as a trainer makes it.
struct ClickRateTable {
  std::vector<uint64_t> queries;
  std::vector<uint32_t> begins, rows;
  std::vector<float> values, prior, evidence;

  bool is_empty() const { return prior.empty(); }
};

}  // namespace barker
