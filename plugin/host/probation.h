// Whether new weights do what those before or beside them did.
#pragma once

#include <cstdint>
#include <optional>

#include "plugin/barker.h"

namespace barker {

// What new weights are measured by.
struct Measure {
  double bypassed = 1;  // share of the queries; 1: not known
  uint64_t p99 = 0;     // nanoseconds; 0: too few queries say
};
Measure measure(const std::optional<barker_generation_stats>& stats);

struct Tolerance {
  double most_failures;  // share of the queries
  double slowest;        // times the p99 of the measure; 0: however slow
};

struct Verdict {
  char reason[160] = "";  // empty: nothing speaks against it
  explicit operator bool() const { return *reason != '\0'; }
};

// Of the queries that it answered.
Verdict judge(const barker_generation_stats& now, const Measure& beside,
              const Tolerance& tolerance);

// Of the queries that were asked of it and of the other, unseen.
Verdict judge_compared(const barker_agreement& agreement, uint64_t canary,
                       const Tolerance& tolerance);

}  // namespace barker
