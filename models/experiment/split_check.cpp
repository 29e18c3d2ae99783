#include "models/experiment/split_check.h"

#include "models/base/buckets.h"

namespace barker {

void SplitCheck::add(uint64_t key, double y, double x) {
  uint64_t bits = 0;
  for (size_t split = 0; split < arms_.size(); ++split) {
    // A hash gives the sides of 64 splits.
    bits = split % 64 == 0 ? salted_place(key, split + 1) : bits >> 1;
    arms_[split][bits & 1].add({y, x});
  }
}

SplitCheck::Alarms SplitCheck::alarms(double alpha) const {
  Alarms result;
  result.splits = arms_.size();
  double by_unit = 0, by_impression = 0;
  for (const auto& [control, treatment] : arms_) {
    by_unit +=
        absolute_difference(ratio_moments(control, 0, 1), ratio_moments(treatment, 0, 1)).p < alpha;
    by_impression +=
        two_proportion_z(control.sum(0), control.sum(1), treatment.sum(0), treatment.sum(1)).p <
        alpha;
  }
  result.by_unit = by_unit / static_cast<double>(arms_.size());
  result.by_impression = by_impression / static_cast<double>(arms_.size());
  return result;
}

}  // namespace barker
