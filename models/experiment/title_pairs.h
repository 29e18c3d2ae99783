// How often a score finds the title that earned more clicks, of two titles that were tested against
// each other. Intervals are clustered by test, because the pairs of one test share titles and
// readers. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/data/title_tests.h"
#include "models/experiment/statistics.h"

namespace barker {

// Of each pair the z of the second title's click rate against the first one's: positive where the
// second title earned more (pooled_z). 0 where nobody clicked, or everybody did.
std::vector<double> pair_z(const std::vector<TestedTitle>& titles,
                           const std::vector<TitlePair>& pairs);

// Of each pair 1 where the score orders it as the click rates do, 0 where it does not, 1/2 where
// the scores are equal. A pair of equal click rates has no order and is NaN. scores[i] is that of
// title i.
std::vector<double> pair_hits(const std::vector<TitlePair>& pairs, std::span<const double> z,
                              std::span<const double> scores);

// The mean of pair values over pairs with |z| > least_z, NaN left out, with its 95% interval: the
// ratio of two sums over tests, by the delta method (ratio_moments). values may be hits, or the
// difference of the hits of two scores, whose interval is then paired.
struct PairMean {
  Effect mean;  // p is of "the mean is zero"
  uint32_t pairs = 0, tests = 0;
};
PairMean mean_by_test(const std::vector<TitlePair>& pairs, std::span<const double> z,
                      std::span<const double> values, double least_z);

}  // namespace barker
