#include "models/experiment/off_policy.h"

#include <algorithm>

namespace barker {
namespace {

struct Weighted {
  Covariances<2> sums;  // w r or its like, and w
  double squares = 0, largest = 0;
};

template <typename Value>
Weighted weigh(const std::vector<LoggedAction>& log, Value value) {
  Weighted out;
  for (const LoggedAction& action : log) {
    const double w = action.target / action.logged;
    out.sums.add({value(action, w), w});
    out.squares += w * w;
    out.largest = std::max(out.largest, w);
  }
  return out;
}

PolicyValue value_of(const Weighted& weighted, const ArmMoments& moments, double level) {
  PolicyValue result;
  result.value = mean_interval(moments, level);
  const double sum = weighted.sums.sum(1);
  result.effective_samples = sum * sum / weighted.squares;
  result.largest_weight = weighted.largest / sum;
  result.mean_weight = weighted.sums.mean(1);
  return result;
}

}  // namespace

PolicyValue ips(const std::vector<LoggedAction>& log, double level) {
  const Weighted weighted =
      weigh(log, [](const LoggedAction& a, double w) { return w * a.reward; });
  return value_of(weighted, weighted.sums.moments(0), level);
}

PolicyValue snips(const std::vector<LoggedAction>& log, double level) {
  const Weighted weighted =
      weigh(log, [](const LoggedAction& a, double w) { return w * a.reward; });
  return value_of(weighted, ratio_moments(weighted.sums, 0, 1), level);
}

PolicyValue doubly_robust(const std::vector<LoggedAction>& log, double level) {
  const Weighted weighted = weigh(log, [](const LoggedAction& a, double w) {
    return a.predicted_policy + w * (a.reward - a.predicted);
  });
  return value_of(weighted, weighted.sums.moments(0), level);
}

}  // namespace barker
