#include "models/experiment/statistics.h"

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <numeric>

namespace barker {
namespace {

// An effect of a known standard error. Without any variance there is no test: it stays NaN.
Effect effect_of(double value, double variance, double degrees_of_freedom, double level) {
  Effect effect;
  effect.value = value;
  effect.degrees_of_freedom = degrees_of_freedom;
  if (!std::isfinite(value) || !(variance > 0) || !(degrees_of_freedom > 0)) return effect;
  effect.standard_error = std::sqrt(variance);
  const double wide = student_quantile(0.5 + level / 2, degrees_of_freedom) * effect.standard_error;
  effect.low = value - wide;
  effect.high = value + wide;
  effect.p = two_sided_student_p(value / effect.standard_error, degrees_of_freedom);
  return effect;
}

// By the arms' shares of the variance, because the square of a variance may overflow.
double welch(const ArmMoments& a, const ArmMoments& b) {
  const double variance = a.variance_of_mean() + b.variance_of_mean();
  const double of_a = a.variance_of_mean() / variance, of_b = b.variance_of_mean() / variance;
  return 1 / (of_a * of_a / (a.units - 1) + of_b * of_b / (b.units - 1));
}

// The positions of the p values that are numbers, the smallest first.
std::vector<size_t> ascending(const std::vector<double>& p) {
  std::vector<size_t> order;
  for (size_t i = 0; i < p.size(); ++i) {
    if (std::isfinite(p[i])) order.push_back(i);
  }
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return p[a] < p[b]; });
  return order;
}

// After so many halvings, an interval within (0, 1) is as short as a double can tell.
constexpr int kHalvings = 60;

// The likeliest share of the control, if the treatment's is larger by `difference`: where the
// derivative of the logarithm of the likelihood, which falls, is 0. Farrington and Manning solve a
// cubic equation instead, which loses the digits of small shares.
double likeliest_control(const Proportion& control, const Proportion& treatment,
                         double difference) {
  const auto slope = [](const Proportion& arm, double share) {
    const double others = arm.units - arm.events;
    return (arm.events > 0 ? arm.events / share : 0) - (others > 0 ? others / (1 - share) : 0);
  };
  double low = std::max(0.0, -difference), high = std::min(1.0, 1 - difference);
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = low + (high - low) / 2;
    const bool rises = slope(control, middle) + slope(treatment, middle + difference) > 0;
    (rises ? low : high) = middle;
  }
  return low + (high - low) / 2;
}

// The chance of a difference as small as the one that was seen, if it were `difference`.
double lower_tail(const Proportion& control, const Proportion& treatment, double difference) {
  const double correction = 0.5 / std::min(control.units, treatment.units);
  const double above = treatment.share() - control.share() + correction - difference;
  const double q1 = likeliest_control(control, treatment, difference), q2 = q1 + difference;
  const double variance = q1 * (1 - q1) / control.units + q2 * (1 - q2) / treatment.units;
  if (!(variance > 0)) return above > 0 ? 1 : 0;
  return normal_cdf(above / std::sqrt(variance));
}

// The largest difference whose lower tail is not below `alpha`.
double upper_bound_of(const Proportion& control, const Proportion& treatment, double alpha) {
  double low = treatment.share() - control.share(), high = 1;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = low + (high - low) / 2;
    (lower_tail(control, treatment, middle) < alpha ? high : low) = middle;
  }
  return high;
}

}  // namespace

double normal_cdf(double z) { return std::isnan(z) ? NAN : std::erfc(-z / std::sqrt(2.0)) / 2; }

double two_sided_normal_p(double z) {
  return std::isnan(z) ? NAN : std::erfc(std::fabs(z) / std::sqrt(2.0));
}

double normal_quantile(double p) {
  if (!(p >= 0 && p <= 1)) return NAN;
  if (p == 0 || p == 1) return p == 0 ? -INFINITY : INFINITY;
  return boost::math::quantile(boost::math::normal_distribution<double>(), p);
}

double two_sided_student_p(double t, double degrees_of_freedom) {
  if (std::isnan(t) || !(degrees_of_freedom > 0)) return NAN;
  if (std::isinf(t)) return 0;
  if (std::isinf(degrees_of_freedom)) return two_sided_normal_p(t);
  const boost::math::students_t_distribution<double> student(degrees_of_freedom);
  return 2 * boost::math::cdf(boost::math::complement(student, std::fabs(t)));
}

double student_quantile(double p, double degrees_of_freedom) {
  if (!(p > 0 && p < 1) || !(degrees_of_freedom > 0)) return NAN;
  if (std::isinf(degrees_of_freedom)) return normal_quantile(p);
  return boost::math::quantile(boost::math::students_t_distribution<double>(degrees_of_freedom), p);
}

double chi_square_p(double x, double degrees_of_freedom) {
  if (!(x >= 0) || !(degrees_of_freedom > 0)) return NAN;
  if (std::isinf(x)) return 0;
  const boost::math::chi_squared_distribution<double> chi(degrees_of_freedom);
  return boost::math::cdf(boost::math::complement(chi, x));
}

ArmMoments proportion_moments(double clicks, double impressions) {
  const double p = clicks / impressions;
  if (!(impressions > 1)) return {impressions, impressions > 0 ? p : NAN, NAN};
  return {impressions, p, p * (1 - p) * impressions / (impressions - 1)};
}

Effect mean_interval(const ArmMoments& arm, double level) {
  return effect_of(arm.mean, arm.variance_of_mean(), arm.units - 1, level);
}

Effect wilson_interval(double clicks, double impressions, double level) {
  Effect effect;
  if (!(impressions > 0)) return effect;
  const double z = normal_quantile(0.5 + level / 2), n = impressions, p = clicks / n;
  const double middle = (p + z * z / (2 * n)) / (1 + z * z / n);
  const double wide = z / (1 + z * z / n) * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  effect.value = p;
  // At the ends the formula gives 0 and 1, which rounding would miss by a little.
  effect.low = clicks > 0 ? std::max(0.0, middle - wide) : 0;
  effect.high = clicks < n ? std::min(1.0, middle + wide) : 1;
  effect.standard_error = std::sqrt(p * (1 - p) / n);
  return effect;
}

double pooled_z(double control_clicks, double control_impressions, double clicks,
                double impressions) {
  const double pooled = (control_clicks + clicks) / (control_impressions + impressions);
  const double error =
      std::sqrt(pooled * (1 - pooled) * (1 / control_impressions + 1 / impressions));
  return error > 0 ? (clicks / impressions - control_clicks / control_impressions) / error : 0;
}

Effect two_proportion_z(double control_clicks, double control_impressions, double clicks,
                        double impressions, double level) {
  Effect effect;
  if (!(control_impressions > 0) || !(impressions > 0)) return effect;
  const double p1 = control_clicks / control_impressions, p2 = clicks / impressions;
  effect.value = p2 - p1;
  const double clicked = control_clicks + clicks;
  // Nobody clicked, or everybody did.
  if (!(clicked > 0 && clicked < control_impressions + impressions)) return effect;
  effect.p = two_sided_normal_p(pooled_z(control_clicks, control_impressions, clicks, impressions));
  effect.standard_error =
      std::sqrt(p1 * (1 - p1) / control_impressions + p2 * (1 - p2) / impressions);
  const double wide = normal_quantile(0.5 + level / 2) * effect.standard_error;
  effect.low = effect.value - wide;
  effect.high = effect.value + wide;
  return effect;
}

Effect absolute_difference(const ArmMoments& control, const ArmMoments& treatment, double level) {
  return effect_of(treatment.mean - control.mean,
                   control.variance_of_mean() + treatment.variance_of_mean(),
                   welch(control, treatment), level);
}

Effect relative_lift(const ArmMoments& control, const ArmMoments& treatment, double level) {
  const double m1 = control.mean, m2 = treatment.mean;
  if (is_zero(control)) return {};
  const double ratio = m2 / m1;
  const double variance =
      (treatment.variance_of_mean() + control.variance_of_mean() * ratio * ratio) / (m1 * m1);
  // (m2 - m1) / |m1| keeps the sign of the difference where the control's mean is negative.
  return effect_of((m2 - m1) / std::fabs(m1), variance, welch(control, treatment), level);
}

Effect fieller_lift(const ArmMoments& control, const ArmMoments& treatment, double level) {
  Effect effect = relative_lift(control, treatment, level);
  if (!effect.is_known()) return effect;
  const double t = student_quantile(0.5 + level / 2, effect.degrees_of_freedom);
  const double m1 = control.mean, m2 = treatment.mean;
  const double g = t * t * control.variance_of_mean() / (m1 * m1);
  effect.low = effect.high = NAN;
  if (g >= 1) return effect;
  const double ratio = m2 / m1;
  const double wide = t / std::fabs(m1) *
                      std::sqrt(treatment.variance_of_mean() * (1 - g) +
                                ratio * ratio * control.variance_of_mean());
  const double sign = m1 < 0 ? -1 : 1;
  const double a = sign * ((ratio - wide) / (1 - g) - 1), b = sign * ((ratio + wide) / (1 - g) - 1);
  effect.low = std::min(a, b);
  effect.high = std::max(a, b);
  return effect;
}

NonInferiority non_inferiority(const Effect& effect, double margin, bool larger_is_better,
                               double alpha) {
  NonInferiority result;
  if (!(effect.standard_error > 0) || !std::isfinite(effect.value)) return result;
  const double good = larger_is_better ? effect.value : -effect.value;
  const double t = (good + margin) / effect.standard_error;
  const double both = two_sided_student_p(t, effect.degrees_of_freedom);
  result.p = t > 0 ? both / 2 : 1 - both / 2;
  const double bound =
      good - student_quantile(1 - alpha, effect.degrees_of_freedom) * effect.standard_error;
  result.bound = larger_is_better ? bound : -bound;
  result.holds = result.p < alpha;
  return result;
}

Effect score_difference(const Proportion& control, const Proportion& treatment, double level) {
  Effect effect;
  if (!(control.units > 0) || !(treatment.units > 0)) return effect;
  effect.value = treatment.share() - control.share();
  effect.low = -upper_bound_of(treatment, control, (1 - level) / 2);
  effect.high = upper_bound_of(control, treatment, (1 - level) / 2);
  const double p = std::min(lower_tail(control, treatment, 0), lower_tail(treatment, control, 0));
  effect.p = std::min(1.0, 2 * p);
  return effect;
}

NonInferiority not_more(const Proportion& control, const Proportion& treatment, double margin,
                        double alpha) {
  NonInferiority result;
  if (!(control.units > 0) || !(treatment.units > 0)) return result;
  // No share is larger than another one by more than 1.
  result.p = lower_tail(control, treatment, std::min(margin, 1.0));
  result.bound = upper_bound_of(control, treatment, alpha);
  result.holds = result.p < alpha;
  return result;
}

std::vector<double> holm(const std::vector<double>& p) {
  std::vector<double> adjusted(p.size(), NAN);
  const std::vector<size_t> order = ascending(p);
  double largest = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    largest = std::max(largest, p[order[i]] * static_cast<double>(order.size() - i));
    adjusted[order[i]] = std::min(1.0, largest);
  }
  return adjusted;
}

std::vector<double> benjamini_hochberg(const std::vector<double>& p) {
  std::vector<double> adjusted(p.size(), NAN);
  const std::vector<size_t> order = ascending(p);
  double smallest = 1;
  for (size_t i = order.size(); i-- > 0;) {
    smallest = std::min(
        smallest, p[order[i]] * static_cast<double>(order.size()) / static_cast<double>(i + 1));
    adjusted[order[i]] = smallest;
  }
  return adjusted;
}

}  // namespace barker
