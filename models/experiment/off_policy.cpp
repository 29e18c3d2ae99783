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

void OffPolicyLog::Sums::weigh(double weight) {
  weights += weight;
  squares += weight * weight;
  largest = std::max(largest, weight);
}

void OffPolicyLog::add(std::span<const LoggedAction> page) {
  const auto positions = static_cast<double>(page.size());
  double reward = 0, product = 1, above = 0, own = 0, robust = 0;
  double above_weights = 0, own_weights = 0;
  for (const LoggedAction& action : page) {
    const double w = action.target / action.logged;
    product *= w;
    reward += action.reward;
    above += product * action.reward;
    own += w * action.reward;
    robust += action.predicted_policy + w * (action.reward - action.predicted);
    above_weights += product;
    own_weights += w;
    sums_[kAbove].weigh(product);
    sums_[kOwn].weigh(w);
    sums_[kRobust].weigh(w);
  }
  sums_[kWhole].weigh(product);
  sums_[kWhole].rows.add({product * reward, product});
  sums_[kAbove].rows.add({above, above_weights / positions});
  sums_[kOwn].rows.add({own, own_weights / positions});
  sums_[kRobust].rows.add({robust, own_weights / positions});
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
  result.effective_samples = sums.weights * sums.weights / sums.squares;
  result.largest_weight = sums.largest / sums.weights;
  result.mean_weight = sums.rows.mean(1);
  result.weight_error = std::sqrt(sums.rows.moments(1).variance_of_mean());
  return result;
}

Effect OffPolicyLog::logged(double level) const {
  return mean_interval(rewards_.moments(0), level);
}

}  // namespace barker
