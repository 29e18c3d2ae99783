#include "models/evaluate/metrics.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "models/base/random.h"

namespace barker {
namespace {

// Instances by ascending score. They are sorted once, because a draw changes only how often each
// instance counts.
class RankedInstances {
 public:
  RankedInstances(std::span<const float> scores, std::span<const uint8_t> clicked)
      : scores_(scores), clicked_(clicked), ordered_(!any_nan(scores)), order_(scores.size()) {
    if (!ordered_) return;  // NaN compares false with everything, so sorting would be undefined
    std::iota(order_.begin(), order_.end(), 0u);
    std::sort(order_.begin(), order_.end(),
              [&](uint32_t a, uint32_t b) { return scores[a] < scores[b]; });
  }

  // weight(i) says how often instance i counts.
  template <typename Weight>
  double auc(Weight weight) const {
    if (!ordered_) return NAN;
    double positives = 0, negatives = 0, ordered_pairs = 0;
    for (size_t begin = 0; begin < order_.size();) {
      double tied_positives = 0, tied_negatives = 0;
      size_t end = begin;
      for (; end < order_.size() && scores_[order_[end]] == scores_[order_[begin]]; ++end) {
        const double w = weight(order_[end]);
        (clicked_[order_[end]] ? tied_positives : tied_negatives) += w;
      }
      ordered_pairs += tied_positives * (negatives + tied_negatives / 2);
      positives += tied_positives;
      negatives += tied_negatives;
      begin = end;
    }
    return positives > 0 && negatives > 0 ? ordered_pairs / (positives * negatives) : NAN;
  }

 private:
  std::span<const float> scores_;
  std::span<const uint8_t> clicked_;
  bool ordered_;
  std::vector<uint32_t> order_;
};

// The z for which P(|normal| < z) = level, by bisection.
double normal_quantile(double level) {
  double low = 0, high = 10;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (std::erf(middle / std::sqrt(2.0)) < level ? low : high) = middle;
  }
  return low;
}

// Runs statistic(times) for `draws` resamples of the users, where times[u] says how often user u
// was drawn. If `value`, the statistic of all users, is not known, then its interval is not known
// either, even if some resamples leave out the users that are to blame.
template <typename Statistic>
Interval bootstrap(double value, uint32_t user_count, int draws, uint64_t seed, double level,
                   Statistic statistic) {
  if (!std::isfinite(value) || user_count < kLeastUsers) return {value, NAN, NAN};
  std::vector<double> sampled;
  std::vector<uint16_t> times(user_count);
  for (int draw = 0; draw < draws; ++draw) {
    std::fill(times.begin(), times.end(), 0);
    for (uint32_t i = 0; i < user_count; ++i) ++times[next_random(seed) % user_count];
    const double s = statistic(times);
    if (std::isfinite(s)) sampled.push_back(s);
  }
  if (sampled.empty()) return {value, NAN, NAN};
  const auto count = static_cast<double>(sampled.size());
  const double tail = (1 - level) / 2;
  if (tail * count < 2) {
    double mean = 0, square = 0;
    for (const double s : sampled) mean += s / count;
    for (const double s : sampled) square += (s - mean) * (s - mean) / count;
    const double half = normal_quantile(level) * std::sqrt(square);
    return {value, value - half, value + half};
  }
  std::sort(sampled.begin(), sampled.end());
  const auto percentile = [&](double p) {
    return sampled[static_cast<size_t>(p * (count - 1) + 0.5)];
  };
  return {value, percentile(tail), percentile(1 - tail)};
}

// Numbers the users that occur without gaps, so that users without an instance are never drawn.
std::vector<uint32_t> renumbered(std::span<const uint32_t> users, uint32_t user_count,
                                 uint32_t& present) {
  std::vector<uint32_t> number(user_count, ~0u), out;
  present = 0;
  out.reserve(users.size());
  for (const uint32_t user : users) {
    if (number[user] == ~0u) number[user] = present++;
    out.push_back(number[user]);
  }
  return out;
}

}  // namespace

uint32_t count_users(std::span<const uint32_t> users, uint32_t user_count) {
  uint32_t present;
  renumbered(users, user_count, present);
  return present;
}

std::string too_few_for_interval(std::span<const uint8_t> clicked, std::span<const uint32_t> users,
                                 uint32_t user_count) {
  const auto fewer = [](uint32_t least, const char* whose) {
    return "fewer than " + std::to_string(least) + " users" + whose;
  };
  enum : uint8_t { kNotClicked = 1, kClicked = 2 };
  std::vector<uint8_t> has(user_count);
  for (size_t i = 0; i < users.size(); ++i) has[users[i]] |= clicked[i] ? kClicked : kNotClicked;
  const auto count = [&](uint8_t what) {
    return std::ranges::count_if(has, [&](uint8_t user) { return (user & what) != 0; });
  };
  if (count(kNotClicked | kClicked) < kLeastUsers) return fewer(kLeastUsers, "");
  if (count(kClicked) < kLeastUsersOfClass) return fewer(kLeastUsersOfClass, " who clicked");
  if (count(kNotClicked) < kLeastUsersOfClass) {
    return fewer(kLeastUsersOfClass, " who saw something that they did not click");
  }
  return "";
}

bool any_nan(std::span<const float> values) {
  return std::any_of(values.begin(), values.end(), [](float v) { return std::isnan(v); });
}

double auc(std::span<const float> scores, std::span<const uint8_t> clicked) {
  return RankedInstances(scores, clicked).auc([](uint32_t) { return 1.0; });
}

Interval auc_by_user(std::span<const float> scores, std::span<const uint8_t> clicked,
                     std::span<const uint32_t> users, uint32_t user_count, int draws,
                     uint64_t seed) {
  if (!too_few_for_interval(clicked, users, user_count).empty()) {
    return {auc(scores, clicked), NAN, NAN};
  }
  const RankedInstances ranked(scores, clicked);
  uint32_t present;
  const std::vector<uint32_t> user = renumbered(users, user_count, present);
  return bootstrap(
      ranked.auc([](uint32_t) { return 1.0; }), present, draws, seed, 0.95,
      [&](const std::vector<uint16_t>& times) {
        return ranked.auc([&](uint32_t i) { return static_cast<double>(times[user[i]]); });
      });
}

Interval auc_difference_by_user(std::span<const float> a, std::span<const float> b,
                                std::span<const uint8_t> clicked, std::span<const uint32_t> users,
                                uint32_t user_count, int draws, uint64_t seed, double level) {
  if (!too_few_for_interval(clicked, users, user_count).empty()) {
    return {auc(a, clicked) - auc(b, clicked), NAN, NAN};
  }
  const RankedInstances ranked_a(a, clicked), ranked_b(b, clicked);
  uint32_t present;
  const std::vector<uint32_t> user = renumbered(users, user_count, present);
  return bootstrap(auc(a, clicked) - auc(b, clicked), present, draws, seed, level,
                   [&](const std::vector<uint16_t>& times) {
                     const auto weight = [&](uint32_t i) {
                       return static_cast<double>(times[user[i]]);
                     };
                     return ranked_a.auc(weight) - ranked_b.auc(weight);
                   });
}

Interval mean_by_user(std::span<const float> values, std::span<const uint32_t> users,
                      uint32_t user_count, int draws, uint64_t seed) {
  uint32_t present;
  const std::vector<uint32_t> user = renumbered(users, user_count, present);
  // The sum and number of a user's values are all that a draw needs.
  std::vector<double> sum(present), count(present);
  for (size_t i = 0; i < values.size(); ++i) {
    sum[user[i]] += values[i];
    count[user[i]] += 1;
  }
  const auto mean = [&](auto times) {
    double total = 0, weight = 0;
    for (uint32_t u = 0; u < present; ++u) {
      total += times(u) * sum[u];
      weight += times(u) * count[u];
    }
    return total / weight;
  };
  return bootstrap(mean([](uint32_t) { return 1.0; }), present, draws, seed, 0.95,
                   [&](const std::vector<uint16_t>& times) {
                     return mean([&](uint32_t u) { return static_cast<double>(times[u]); });
                   });
}

}  // namespace barker
