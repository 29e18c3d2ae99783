// Judges new weights by counters: whether they answer queries as well as the weights that served
// before them, or that serve beside a canary. Pure functions. [any thread]
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "plugin/barker.h"
#include "plugin/host/slowdown.h"

namespace barker {

// What new weights are compared with: how the weights before or beside them did.
struct Measure {
  double bypassed = 1;  // share of the queries; 1: unknown, so that no share is held against them
};
Measure measure(const std::optional<barker_generation_stats>& stats);

struct Tolerance {
  double most_failures;  // share of the queries
  double slowest;        // multiple of the p99 of the measure; 0: speed is not judged
};

struct ProbationVerdict {
  std::string reason;  // what speaks against the weights; empty: nothing does

  bool is_failure() const { return !reason.empty(); }
};

// Judges weights by the queries that they answered, but not by their speed. Fewer than 20 failures
// are no verdict: they would be chance.
ProbationVerdict judge(const barker_generation_stats& now, const Measure& beside,
                       const Tolerance& tolerance);

// Judges the speed of weights by the test that compared it with that of others (slowdown.h).
ProbationVerdict judge_speed(const Slowdown& slowdown, const Tolerance& tolerance);

// Judges the canary of the given generation by the queries that were asked of it and of the serving
// weights, side by side and unseen.
ProbationVerdict judge_compared(const barker_agreement& agreement, uint64_t canary,
                                const Tolerance& tolerance);

}  // namespace barker
