// Judges new weights by counters: whether they answer queries as well as the weights that served
// before them, or that serve beside a canary. Pure functions. [any thread]
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "plugin/barker.h"

namespace barker {

// What new weights are compared with: how the weights before or beside them did.
struct Measure {
  double bypassed = 1;  // share of the queries; 1: unknown, so that no share is held against them
  uint64_t p99 = 0;     // nanoseconds; 0: too few queries to tell
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

// Judges weights by the queries that they answered. Fewer than 20 failures are no verdict, and
// neither is a p99 of fewer than 2,000 queries: from so few it would be noise.
ProbationVerdict judge(const barker_generation_stats& now, const Measure& beside,
                       const Tolerance& tolerance);

// Judges the canary of the given generation by the queries that were asked of it and of the serving
// weights, side by side and unseen.
ProbationVerdict judge_compared(const barker_agreement& agreement, uint64_t canary,
                                const Tolerance& tolerance);

}  // namespace barker
