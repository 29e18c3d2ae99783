// Shared by the units of the click world: the random streams, the levels of demographics and
// context, and drawing by score.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "models/base/random.h"

namespace barker {

// Each part of the world has a random stream of its own, so that a change to one part leaves the
// others as they were. The streams of the users come after these.
enum ClickWorldStream : uint64_t {
  kKeywordStream = 100,
  kTasteStream,
  kQueryStream,
  kItemStream,
  kFirstUserStream = 1000
};

inline constexpr std::array<uint32_t, 5> kDemographics = {2, 6, 5, 4, 5};  // levels of each
inline constexpr const char* kDemographicNames[] = {"gender", "age", "power", "tier", "stage"};
inline constexpr std::array<uint32_t, 3> kContext = {6, 5, 4};  // price band, query cluster, season
inline constexpr uint32_t kTags = 30, kTagsOfUser = 2;

// Draws k of `from` without replacement, in proportion to exp(score(i)): the k best by score plus
// Gumbel noise.
template <typename Score>
std::vector<uint32_t> gumbel_top(Random& random, const std::vector<uint32_t>& from, size_t k,
                                 Score score) {
  std::vector<std::pair<double, uint32_t>> scored;
  scored.reserve(from.size());
  for (const uint32_t i : from) scored.emplace_back(-(score(i) + random.gumbel()), i);
  k = std::min(k, scored.size());
  std::partial_sort(scored.begin(), scored.begin() + static_cast<ptrdiff_t>(k), scored.end());
  std::vector<uint32_t> out;
  for (size_t i = 0; i < k; ++i) out.push_back(scored[i].second);
  return out;
}

inline double dot(std::span<const double> a, std::span<const double> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

}  // namespace barker
