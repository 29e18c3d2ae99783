// How well predictions order clicked before not clicked instances, and how certain that figure is.
// Pure functions of arrays; any thread.
//
// Predictions that contain a NaN have no order. Every function then gives NaN, here as well as in
// quality.h, so that a broken model is never judged by the part of it that works.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace barker {

// Fewer users than this say nothing about the users to come: a bootstrap of one user, for example,
// is always certain. Intervals by user are then not known.
inline constexpr uint32_t kLeastUsers = 30;

// Nor do fewer users than this with a click, or with an instance without a click: all draws
// that have the only click have it at the same rank, so that its AUC looks certain. Of pairs of
// equal models, the second seemed worse in 1 of 5 where two users of 200 had clicked, in 1 of 10
// with three, and in 1 of 30 to 40 from ten on, where the interval's level says 1 of 40.
inline constexpr uint32_t kLeastUsersOfClass = 10;

struct Interval {
  // A 95% interval unless a function says otherwise. NaN where a figure is not known.
  double value = 0, low = 0, high = 0;
};

// How many different users there are among these. users[i] < user_count.
uint32_t count_users(std::span<const uint32_t> users, uint32_t user_count);

// Why an AUC of these has no interval by user, such as "fewer than 30 users"; empty where it has.
std::string too_few_for_interval(std::span<const uint8_t> clicked, std::span<const uint32_t> users,
                                 uint32_t user_count);

bool any_nan(std::span<const float> values);

// P(score of a clicked instance > score of a not clicked one), where ties count one half
// (Mann-Whitney). NaN if one of the two classes is missing. scores.size() == clicked.size().
double auc(std::span<const float> scores, std::span<const uint8_t> clicked);

// AUC with its interval by bootstrap over users: users are drawn with replacement, each with all of
// its instances, `draws` times, and low and high are the 2.5 and 97.5 percentiles. users[i] <
// user_count. Equal seeds give equal intervals. Low and high are NaN where
// too_few_for_interval() says why.
Interval auc_by_user(std::span<const float> scores, std::span<const uint8_t> clicked,
                     std::span<const uint32_t> users, uint32_t user_count, int draws,
                     uint64_t seed);

// AUC of `a` minus AUC of `b` on the same instances; both are judged on the same draws of users.
// `level` is that of the interval, which is NaN as that of auc_by_user(). If the draws are too few
// for its percentiles, the interval is that of a normal distribution around the value.
Interval auc_difference_by_user(std::span<const float> a, std::span<const float> b,
                                std::span<const uint8_t> clicked, std::span<const uint32_t> users,
                                uint32_t user_count, int draws, uint64_t seed, double level = 0.95);

// Mean of values with its interval by bootstrap over users.
Interval mean_by_user(std::span<const float> values, std::span<const uint32_t> users,
                      uint32_t user_count, int draws, uint64_t seed);

}  // namespace barker
