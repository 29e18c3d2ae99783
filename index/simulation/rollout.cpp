#include "index/simulation/rollout.h"

#include "models/experiment/report_numbers.h"
#include "models/experiment/sequential.h"

namespace barker {
namespace {

// One-sided, with the pooled variance; 1 where neither side left a page out.
double more_bypassed_p(const RolloutSide& serving, const RolloutSide& canary) {
  const Effect e =
      two_proportion_z(static_cast<double>(serving.bypassed), static_cast<double>(serving.pages),
                       static_cast<double>(canary.bypassed), static_cast<double>(canary.pages));
  if (!e.is_known()) return 1;
  return e.value > 0 ? e.p / 2 : 1 - e.p / 2;
}

}  // namespace

RolloutLook look_at(const RolloutSide& serving, const RolloutSide& canary,
                    const RolloutOptions& options) {
  RolloutLook look;
  const auto has_enough = [&](const RolloutSide& side) {
    return side.users.units() >= static_cast<double>(options.least_users) &&
           side.clicks() >= static_cast<double>(options.least_clicks);
  };
  look.is_enough = has_enough(serving) && has_enough(canary);
  if (!look.is_enough) return look;
  look.lift = relative_lift(ratio_moments(serving.users, 0, 1), ratio_moments(canary.users, 0, 1));
  look.sequence = confidence_sequence(look.lift, serving.users.units() + canary.users.units(),
                                      kTunedUnits, 1 - options.alpha);
  look.bypass_p = more_bypassed_p(serving, canary);
  if (look.bypass_p < options.alpha / static_cast<double>(options.ramp.size())) {
    look.stop = "more pages are not rescored: " + std::to_string(canary.bypassed) + " of " +
                std::to_string(canary.pages) + " against " + std::to_string(serving.bypassed) +
                " of " + std::to_string(serving.pages) + ", p " +
                rounded_number_text(look.bypass_p, 2);
  } else if (look.sequence.high < 0) {
    look.stop = "fewer clicks: CTR " + lift_interval(look.sequence) + " at any number of looks";
  }
  return look;
}

RolloutVerdict conclude(const RolloutLook& last, const RolloutOptions& options) {
  if (!last.is_enough) {
    return {false, "too few users or clicks for a verdict; expected " +
                       std::to_string(options.least_users) + " users and " +
                       std::to_string(options.least_clicks) + " clicks of each side"};
  }
  const NonInferiority test = non_inferiority(last.lift, options.margin, true, options.alpha);
  const std::string found = "CTR " + lift_interval(last.lift) + ", one-sided bound " +
                            lift_text(test.bound) + " against a margin of " +
                            lift_text(-options.margin);
  return {test.holds, (test.holds ? "not worse: " : "not shown to be no worse: ") + found};
}

}  // namespace barker
