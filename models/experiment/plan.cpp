#include "models/experiment/plan.h"

#include "models/experiment/statistics.h"

namespace barker {
namespace {

double inflation(const PlanInput& plan) {
  const double s = plan.control_share;
  return plan.design_effect * plan.variance * (1 / s + 1 / (1 - s));
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
  return z * std::sqrt(inflation(plan) / units) / plan.base;
}

double power_of(const PlanInput& plan, double units) {
  const double z = std::fabs(plan.base * plan.lift) / std::sqrt(inflation(plan) / units);
  const double critical = critical_z(plan);
  return normal_cdf(z - critical) + normal_cdf(-z - critical);
}

}  // namespace barker
