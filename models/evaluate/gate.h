// May this model replace that one? Refuses a regression that the noise does not explain, and says
// where it is.
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
  std::string metric;  // "AUC", "calibration error", "log loss"
  uint64_t instances = 0;
  double current = 0, candidate = 0;
  Interval difference;  // candidate - current; the interval's level is adjusted, see gate()
  bool refused = false;
};

// AUC over all, the four click bins, users without clicks and every category; log loss and
// calibration error over all. An AUC is refused where its whole interval lies below 0, the log loss
// where it lies above. Because many slices are looked at, the intervals of slices are widened to
// 1 - 0.05 / slices (Bonferroni). Predictions in the order of `test`.
std::vector<GateFinding> gate(const InstanceTable& test, const std::vector<float>& candidate,
                              const std::vector<float>& current, const GateOptions& options);

bool passes(const std::vector<GateFinding>& findings);
std::string to_text(const std::vector<GateFinding>& findings);

}  // namespace barker
