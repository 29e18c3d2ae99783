#include "models/experiment/plan.h"

#include <vector>

#include "models/base/number_text.h"
#include "models/experiment/statistics.h"

namespace barker {
namespace {

double inflation(const PlanInput& plan) {
  const double equal = 1.0 / (plan.comparisons + 1);
  const bool knows_shares = std::isfinite(plan.control_share) && std::isfinite(plan.arm_share);
  const double control = knows_shares ? plan.control_share : equal;
  const double arm = knows_shares ? plan.arm_share : equal;
  return plan.design_effect * plan.variance * (1 / control + 1 / arm);
}

double critical_z(const PlanInput& plan) {
  return normal_quantile(1 - plan.alpha / plan.comparisons / 2);
}

}  // namespace

double units_needed(const PlanInput& plan) {
  const double z = critical_z(plan) + normal_quantile(plan.power);
  const double difference = plan.base * plan.lift;
  return std::ceil(z * z * inflation(plan) / (difference * difference));
}

double detectable_lift(const PlanInput& plan, double units) {
  const double z = critical_z(plan) + normal_quantile(plan.power);
  return z * std::sqrt(inflation(plan) / units) / std::fabs(plan.base);
}

double power_of(const PlanInput& plan, double units) {
  const double z = std::fabs(plan.base * plan.lift) / std::sqrt(inflation(plan) / units);
  const double critical = critical_z(plan);
  return normal_cdf(z - critical) + normal_cdf(-z - critical);
}

std::string plan_text(const PlanInput& plan, const PlanProgress& progress,
                      const std::string& unit) {
  // A lift is a share of the mean, and its size is judged by the variance.
  if (is_zero({1, plan.base, plan.variance}) || !std::isfinite(plan.base) || !(plan.variance > 0)) {
    return "Nothing can be planned: the control has " +
           (std::isfinite(plan.base) ? "a mean of " + rounded_number_text(plan.base, 4)
                                     : std::string("no mean")) +
           (plan.variance > 0 ? "" : " and no variance that is known") +
           ", so that it does not say how large a lift is.\n";
  }
  std::string text = "To find a lift with power " + rounded_number_text(plan.power, 3) +
                     " at level " + rounded_number_text(plan.alpha, 3) + ", from a mean of " +
                     rounded_number_text(plan.base, 4) + ", " + std::to_string(plan.comparisons) +
                     (plan.comparisons == 1 ? " arm" : " arms") +
                     " and the control need together:\n";
  const auto percent = [](double share) { return rounded_number_text(100 * share, 4) + "%"; };
  std::vector<double> lifts = {0.01, 0.02, 0.05, 0.1, 0.2};
  if (std::isfinite(plan.lift)) lifts = {plan.lift};
  for (const double lift : lifts) {
    PlanInput one = plan;
    one.lift = lift;
    if (plan.base * (1 + lift) > plan.highest) {
      text += "  lift " + percent(lift) + ": none, because the mean would be above " +
              number_text(plan.highest) + "\n";
      continue;
    }
    const double units = units_needed(one);
    text += "  lift " + percent(lift) + ": " + number_text(units, 0) + " " + unit + "s";
    if (progress.units_per_day > 0) {
      text += ", " + number_text(std::ceil(units / progress.units_per_day), 0) + " days at " +
              number_text(progress.units_per_day, progress.units_per_day < 100 ? 1 : 0) + " a day";
    }
    text += "\n";
  }
  if (progress.units > 0) {
    text += "The " + number_text(progress.units, 0) + " " + unit + "s so far find a lift of " +
            percent(detectable_lift(plan, progress.units)) + " with that power";
    if (std::isfinite(plan.lift)) {
      text += ", and one of " + percent(plan.lift) + " with power " +
              rounded_number_text(power_of(plan, progress.units), 3);
    }
    text += ".\n";
  }
  return text + "Whole weeks are better, because days of the week differ.\n";
}

}  // namespace barker
