// The A/A mode: units are split again and again at random into two arms that nothing tells apart. A
// test that calls more of these splits different than its level says is not to be trusted with this
// data. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/experiment/statistics.h"

namespace barker {

class SplitCheck {
 public:
  explicit SplitCheck(size_t splits = 400) : arms_(splits) {}

  // A unit once, with the y and x of its ratio (see ArmData in report.h). `key` is a hash of it.
  void add(uint64_t key, double y, double x);

  // Shares of the splits whose p is below alpha.
  struct Alarms {
    size_t splits = 0;
    double by_unit = NAN;        // the test that takes units as independent
    double by_impression = NAN;  // two-proportion z, which takes each impression as independent
  };
  Alarms alarms(double alpha) const;

 private:
  std::vector<std::array<Covariances<2>, 2>> arms_;
};

}  // namespace barker
