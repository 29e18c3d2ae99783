// Decides whether one model may replace another. A regression that noise does not explain is
// refused, and the findings say where it is. A log that says too little judges nothing, and that is
// a verdict of its own. Pure functions; any thread.
#pragma once

#include <string>
#include <vector>

#include "models/evaluate/instances.h"
#include "models/evaluate/metrics.h"

namespace barker {

struct GateOptions {
  int draws = 400;
  uint64_t seed = 1;
  uint64_t min_instances = 500;         // a slice with fewer is not judged
  double calibration_tolerance = 0.01;  // how much the calibration error may grow
  double negatives_kept = 1;  // share of the SFs not clicked that the log kept (quality.h)
};

// What a model says about a log. Predictions are in the order of the instances.
struct GateModel {
  std::vector<float> main;
  std::vector<float> auxiliary = {};  // empty where the model has no auxiliary task
  bool has_auxiliary = false;
  // SFs whose keyword the model does not know. Their predictions are some constant.
  uint64_t unknown = 0;
};

struct GateInput {
  const InstanceTable& main;
  const InstanceTable& auxiliary;  // may have no instances
  const GateModel& candidate;
  const GateModel& current;
};

enum class GateVerdict : uint8_t { kPassed, kRefused, kCannotJudge };

struct GateFinding {
  std::string slice;   // "all", a bin of Table 3, "without history", "category ...", "ads"
  std::string metric;  // "AUC", "calibration error", "log loss", "not a number", "auxiliary task"
  uint64_t instances = 0, users = 0;
  double current = 0, candidate = 0;
  Interval difference;  // candidate - current; the interval's level is adjusted, see gate()
  GateVerdict verdict = GateVerdict::kPassed;
  std::string reason = {};  // why it cannot be judged
};

struct GateReport {
  std::vector<GateFinding> findings;
  GateVerdict verdict = GateVerdict::kPassed;
  std::string reason;  // why it cannot be judged
};

// Judges the AUC over all SFs, over the four click bins, over searches without history, over every
// category and over all ads, and log loss and calibration error over all SFs.
//
// An AUC is refused if the interval of its difference lies below 0, a log loss if it lies above 0.
// Because many slices are looked at, the intervals of slices are widened to 1 - 0.05 / slices
// (Bonferroni). Intervals are over users, so that nothing is judged by fewer than kLeastUsers
// users, or by fewer than kLeastUsersOfClass users with a click, or with an impression that was not
// clicked.
// Refused in any case are predictions that are NaN and a candidate without the auxiliary task that
// the current model has. If nothing is refused, the verdict is that of the AUC over all SFs,
// whether ads could be judged or not. Nor can it be judged where both models know fewer than half
// of the keywords shown, or where neither has an AUC above chance, as on clicks that were mixed up.
GateReport gate(const GateInput& input, const GateOptions& options);

std::string to_text(const GateReport& report);

}  // namespace barker
