// Decides whether one model may replace another. A regression that noise does not explain is
// refused, and the findings say where it is. Pure functions; any thread.
#pragma once

#include <string>
#include <vector>

#include "models/evaluate/instances.h"
#include "models/evaluate/metrics.h"

namespace barker {

struct GateOptions {
  int draws = 400;
  uint64_t seed = 1;
  uint64_t min_instances = 500;         // smaller slices are not judged
  double calibration_tolerance = 0.01;  // how much the calibration error may grow
};

struct GateFinding {
  std::string slice;   // "all", a bin of Table 3, "cold users", "category ..."
  std::string metric;  // "AUC", "calibration error", "log loss", "not a number"
  uint64_t instances = 0;
  double current = 0, candidate = 0;
  Interval difference;  // candidate - current; the interval's level is adjusted, see gate()
  bool refused = false;
};

// Judges the AUC over all instances, over the four click bins, over users without clicks and over
// every category, and log loss and calibration error over all instances. Predictions are in the
// order of `test`.
//
// An AUC is refused if the interval of its difference lies below 0, a log loss if it lies above 0.
// Because many slices are looked at, the intervals of slices are widened to 1 - 0.05 / slices
// (Bonferroni). A candidate with predictions that are NaN is always refused; the finding "not a
// number" then counts them.
std::vector<GateFinding> gate(const InstanceTable& test, const std::vector<float>& candidate,
                              const std::vector<float>& current, const GateOptions& options);

bool passes(const std::vector<GateFinding>& findings);
std::string to_text(const std::vector<GateFinding>& findings);

}  // namespace barker
