// How well predictions order clicks before non-clicks, and how sure we are of it. Pure functions of
// arrays.
#pragma once

#include <cstdint>
#include <span>

namespace barker {

struct Interval {
  double value = 0, low = 0, high = 0;  // 95% where nothing else is said; NaN: not known
};

// P(score of a clicked > score of a not clicked instance), ties one half (Mann-Whitney). NaN where
// one class is missing. scores.size() == clicked.size().
double auc(std::span<const float> scores, std::span<const uint8_t> clicked);

// AUC with its interval by bootstrap over users: users are drawn with replacement, each with all of
// its instances, `draws` times; low and high are the 2.5 and 97.5 percentiles. users[i] <
// user_count. Deterministic for a seed.
Interval auc_by_user(std::span<const float> scores, std::span<const uint8_t> clicked,
                     std::span<const uint32_t> users, uint32_t user_count, int draws,
                     uint64_t seed);

// AUC of a minus AUC of b on the same instances, users drawn alike for both. level: of the
// interval; where the draws are too few for its percentiles it is the normal one around the value.
Interval auc_difference_by_user(std::span<const float> a, std::span<const float> b,
                                std::span<const uint8_t> clicked, std::span<const uint32_t> users,
                                uint32_t user_count, int draws, uint64_t seed, double level = 0.95);

// Mean of values with its interval by bootstrap over users.
Interval mean_by_user(std::span<const float> values, std::span<const uint32_t> users,
                      uint32_t user_count, int draws, uint64_t seed);

}  // namespace barker
