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

void OffPolicyLog::Sums::add(double estimate, double mean_weight) {
  rows.add({estimate, mean_weight});
  largest = std::max(largest, mean_weight);
}

void OffPolicyLog::add(std::span<const LoggedAction> page) {
  const auto positions = static_cast<double>(page.size());
  double reward = 0, product = 1, above = 0, own = 0, robust = 0;
  double above_weights = 0, own_weights = 0;
  for (const LoggedAction& action : page) {
    product *= action.target / action.logged;
    const double of_position =
        (std::isnan(action.target_position) ? action.target : action.target_position) /
        (std::isnan(action.logged_position) ? action.logged : action.logged_position);
    reward += action.reward;
    above += product * action.reward;
    own += of_position * action.reward;
    robust += action.predicted_policy + of_position * (action.reward - action.predicted);
    above_weights += product;
    own_weights += of_position;
  }
  sums_[kWhole].add(product * reward, product);
  sums_[kAbove].add(above, above_weights / positions);
  sums_[kOwn].add(own, own_weights / positions);
  sums_[kRobust].add(robust, own_weights / positions);
  rewards_.add({reward});
  ++pages_;
  actions_ += page.size();
  rewarded_ += reward != 0;
}

PolicyValue OffPolicyLog::value(PolicyEstimator estimator, double level) const {
  const Kind kind = estimator == PolicyEstimator::kCascade        ? kAbove
                    : estimator == PolicyEstimator::kPosition     ? kOwn
                    : estimator == PolicyEstimator::kDoublyRobust ? kRobust
                                                                  : kWhole;
  const Sums& sums = sums_[kind];
  const ArmMoments moments = estimator == PolicyEstimator::kSelfNormalised
                                 ? ratio_moments(sums.rows, 0, 1)
                                 : sums.rows.moments(0);
  PolicyValue result;
  result.value = mean_interval(moments, level);
  const ArmMoments weights = sums.rows.moments(1);
  const double sum = weights.units * weights.mean;
  // sum m^2 = (n - 1) var m + n (mean m)^2
  const double scatter = weights.units > 1 ? (weights.units - 1) * weights.variance : 0;
  if (sum > 0) {
    result.effective_pages = sum * sum / (scatter + weights.mean * sum);
    result.largest_weight = sums.largest / sum;
  }
  result.mean_weight = weights.mean;
  result.weight_error = std::sqrt(weights.variance_of_mean());
  return result;
}

Effect OffPolicyLog::logged(double level) const {
  return mean_interval(rewards_.moments(0), level);
}

}  // namespace barker
