// How large an experiment has to be: power, sample size and days. Pure functions; any thread.
#pragma once

#include <cmath>
#include <string>

namespace barker {

struct PlanInput {
  double base = NAN;          // mean of the control, such as a click-through rate
  double variance = NAN;      // of one unit; for a rate by impression it is base (1 - base)
  double lift = NAN;          // relative, that is to be found
  double alpha = 0.05;        // two-sided
  double power = 0.8;         // chance of finding it
  double design_effect = 1;   // variance by user over variance by impression
  double highest = INFINITY;  // what a mean can be: 1 of a rate
  int comparisons = 1;        // arms against the control; alpha is divided by their number
  // Shares of all units: the control's, and that of the smallest of the other arms. Where one is
  // NaN, all arms have equal ones.
  double control_share = NAN, arm_share = NAN;
};

// Units of all arms together (Kohavi, Tang, Xu 2020, Eq. 15.1, for unequal shares s of the control
// and t of the other arm): (z_(1 - alpha / 2) + z_power)^2 design variance (1 / s + 1 / t) / (base
// lift)^2.
double units_needed(const PlanInput& plan);

// The lift that `units` units of all arms find with the power of the plan.
double detectable_lift(const PlanInput& plan, double units);

// The chance that `units` units of all arms find the plan's lift.
double power_of(const PlanInput& plan, double units);

// What an experiment has so far; NaN where that is not known.
struct PlanProgress {
  double units = NAN, units_per_day = NAN;
};

// What lifts need how many units, as a table for people: the plan's lift, or some usual ones where
// it is NaN. Days, and what the units so far can find, are added where they are known. `unit` is
// the word for a unit.
std::string plan_text(const PlanInput& plan, const PlanProgress& progress, const std::string& unit);

}  // namespace barker
