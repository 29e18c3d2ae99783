// Whether new weights are slower than others by more than an allowed ratio: a rank test of the
// times that their queries took, which may be looked at as often as one likes.
//
// The null hypothesis says that the new times, divided by the ratio, are no longer than the old
// ones. Let c be the k-th longest of the m old times, with k = m / 100: their p99. Where the null
// hypothesis holds with equality, whatever the distribution of the times is, the probability p that
// a new query takes longer than ratio * c is a draw from Beta(k, m + 1 - k), because only ranks
// matter (the number of exceedances: Gumbel and von Schelling, Annals of Mathematical Statistics
// 21, 1950). The number x of those among n new queries is then beta-binomial. Against it stands
// that p is f times as large, Beta(f k, m + 1 - f k), for several f. With B for the beta function,
//
//   evidence_f = [B(f k + x, m + 1 - f k + n - x) / B(f k, m + 1 - f k)] /
//                [B(k + x, m + 1 - k + n - x) / B(k, m + 1 - k)]
//
// is a martingale in n with mean 1, and so is its mean over f, so that the probability that it ever
// reaches 1 / level is at most the level (Ville 1939). It grows with x, so that the same holds
// where the new times are shorter than that.
//
// All of this takes the times for exchangeable: what holds a machine up for a while slows down many
// queries together, and each counts as if it were one by itself. SideBySide compares what was
// answered in the same time, so that both sides are held up.
//
// Times come as counts of ranges. c is the end of its range, and a new query counts as longer where
// its range begins behind ratio * c: ties and ranges make the test say less and never more. With
// ranges of an eighth of an octave, a p99 may be beyond the ratio by a quarter unseen.
//
// Pure values; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "plugin/barker.h"

namespace barker {

// What read_latencies gives of one generation.
struct Latencies {
  uint64_t generation = 0;  // 0: nothing plays its role
  std::vector<barker_latencies> ranges;

  uint64_t queries() const;
  // Those that came since `before` was read of the same generation.
  Latencies since(const Latencies& before) const;
};

// No verdict is based on fewer queries of either side, because the first ones, which count, too,
// find cold caches.
inline constexpr uint64_t kFewestTimed = 2000;

// The probability that weights which are slower by no more than the ratio ever look slower.
inline constexpr double kSlowdownLevel = 0.01;

struct Slowdown {
  // Each f: how many times as large p is as under the null hypothesis.
  static constexpr std::array<double, 6> kFactors = {1.5, 2, 3, 5, 10, 30};

  std::array<double, kFactors.size()> log_evidence{};
  uint64_t queries = 0;  // new ones
  uint64_t longer = 0;   // of them
  // The least and the greatest c: each comparison that the evidence is of has its own.
  uint64_t least_p99_ns = 0, greatest_p99_ns = 0;

  bool is_shown() const;
  // Adds the evidence of other queries: the two have no query of either side in common.
  Slowdown& operator+=(const Slowdown& other);
};

// Nothing where either side has too few queries. ratio > 0.
std::optional<Slowdown> slowdown(const Latencies& before, const Latencies& now, double ratio);

// Compares two generations that serve side by side: each time when both have enough further
// queries, these are compared by themselves, so that a load that changes with the hours makes
// neither look slow.
class SideBySide {
 public:
  // Takes all times of both until now. Where a generation is not the one before, all that was
  // compared is forgotten.
  void add(const Latencies& serving, const Latencies& canary, double ratio);
  const Slowdown& so_far() const { return sum_; }

 private:
  Latencies serving_, canary_;  // as they were when the sum was last added to
  Slowdown sum_;
};

}  // namespace barker
