#include "models/experiment/off_policy.h"

#include <algorithm>

namespace barker {

std::string_view estimator_name(PolicyEstimator estimator) {
  switch (estimator) {
    case PolicyEstimator::kPage:
      return "ips";
    case PolicyEstimator::kSelfNormalised:
      return "snips";
    case PolicyEstimator::kCascade:
      return "cascade-ips";
    case PolicyEstimator::kPosition:
      return "position-ips";
    case PolicyEstimator::kDoublyRobust:
      return "doubly-robust";
  }
  return "";
}

OffPolicyLog::Unit OffPolicyLog::count(std::span<const LoggedAction> page) {
  const auto positions = static_cast<double>(page.size());
  double product = 1, above_weights = 0, own_weights = 0;
  Unit unit;
  unit.pages = 1;
  for (const LoggedAction& action : page) {
    product *= action.target / action.logged;
    const double of_position =
        (std::isnan(action.target_position) ? action.target : action.target_position) /
        (std::isnan(action.logged_position) ? action.logged : action.logged_position);
    unit.reward += action.reward;
    unit.estimates[kAbove] += product * action.reward;
    unit.estimates[kOwn] += of_position * action.reward;
    unit.estimates[kRobust] +=
        action.predicted_policy + of_position * (action.reward - action.predicted);
    above_weights += product;
    own_weights += of_position;
  }
  unit.estimates[kWhole] = product * unit.reward;
  unit.mean_weights = {product, above_weights / positions, own_weights / positions,
                       own_weights / positions};
  for (size_t kind = 0; kind < kKinds; ++kind) {
    sums_[kind].weights.add({unit.mean_weights[kind]});
    sums_[kind].largest = std::max(sums_[kind].largest, unit.mean_weights[kind]);
  }
  ++pages_;
  actions_ += page.size();
  rewarded_ += unit.reward != 0;
  return unit;
}

void OffPolicyLog::add(const Unit& unit) {
  for (size_t kind = 0; kind < kKinds; ++kind) {
    sums_[kind].units.add({unit.estimates[kind], unit.mean_weights[kind], unit.pages});
  }
  rewards_.add({unit.reward, unit.pages});
}

void OffPolicyLog::add(std::span<const LoggedAction> page) { add(count(page)); }

void OffPolicyLog::add(std::span<const LoggedAction> page, uint64_t user) {
  const Unit unit = count(page);
  Unit& all = users_[user];
  for (size_t kind = 0; kind < kKinds; ++kind) {
    all.estimates[kind] += unit.estimates[kind];
    all.mean_weights[kind] += unit.mean_weights[kind];
  }
  all.reward += unit.reward;
  all.pages += unit.pages;
}

void OffPolicyLog::end_users() {
  for (const auto& [user, unit] : users_) add(unit);
  users_.clear();
}

PolicyValue OffPolicyLog::value(PolicyEstimator estimator, double level) const {
  const Kind kind = estimator == PolicyEstimator::kCascade        ? kAbove
                    : estimator == PolicyEstimator::kPosition     ? kOwn
                    : estimator == PolicyEstimator::kDoublyRobust ? kRobust
                                                                  : kWhole;
  const Sums& sums = sums_[kind];
  PolicyValue result;
  result.value = mean_interval(
      ratio_moments(sums.units, 0, estimator == PolicyEstimator::kSelfNormalised ? 1 : 2), level);
  const ArmMoments weights = sums.weights.moments(0);
  const double sum = weights.units * weights.mean;
  // sum m^2 = (n - 1) var m + n (mean m)^2
  const double scatter = weights.units > 1 ? (weights.units - 1) * weights.variance : 0;
  if (sum > 0) {
    result.effective_pages = sum * sum / (scatter + weights.mean * sum);
    result.largest_weight = sums.largest / sum;
  }
  result.mean_weight = weights.mean;
  result.weight_error = std::sqrt(ratio_moments(sums.units, 1, 2).variance_of_mean());
  return result;
}

Effect OffPolicyLog::logged(double level) const {
  return mean_interval(ratio_moments(rewards_, 0, 1), level);
}

}  // namespace barker
