#include "models/experiment/title_pairs.h"

#include <map>

namespace barker {

std::vector<double> pair_z(const std::vector<TestedTitle>& titles,
                           const std::vector<TitlePair>& pairs) {
  std::vector<double> z;
  for (const TitlePair& pair : pairs) {
    const TestedTitle &a = titles[pair.first], &b = titles[pair.second];
    z.push_back(pooled_z(a.clicks, a.impressions, b.clicks, b.impressions));
  }
  return z;
}

std::vector<double> pair_hits(const std::vector<TitlePair>& pairs, std::span<const double> z,
                              std::span<const double> scores) {
  std::vector<double> hits;
  for (size_t i = 0; i < pairs.size(); ++i) {
    const double gain = (scores[pairs[i].second] - scores[pairs[i].first]) * z[i];
    hits.push_back(z[i] == 0 ? NAN : gain > 0 ? 1 : gain < 0 ? 0 : .5);
  }
  return hits;
}

PairMean mean_by_test(const std::vector<TitlePair>& pairs, std::span<const double> z,
                      std::span<const double> values, double least_z) {
  struct Sums {
    double value = 0, pairs = 0;
  };
  std::map<uint32_t, Sums> tests;
  PairMean out;
  for (size_t i = 0; i < pairs.size(); ++i) {
    if (std::fabs(z[i]) <= least_z || std::isnan(values[i])) continue;
    tests[pairs[i].test].value += values[i];
    tests[pairs[i].test].pairs += 1;
    ++out.pairs;
  }
  Covariances<2> units;
  for (const auto& [test, sums] : tests) units.add({sums.value, sums.pairs});
  out.tests = static_cast<uint32_t>(tests.size());
  out.mean = mean_interval(ratio_moments(units, 0, 1));
  return out;
}

}  // namespace barker
