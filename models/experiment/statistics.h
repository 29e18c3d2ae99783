// The statistics of experiments: what two arms differ by, how sure that is, and what many such
// answers are worth together. The command, its reports and the off-policy estimators share them.
//
// A unit is what was put into an arm at random, which is a user as a rule. Every test here takes
// units as independent and nothing else. A number that cannot be computed, such as the variance of
// one unit or a lift over nothing, is NaN; it is never replaced by a number that looks like an
// answer. Pure functions; any thread.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace barker {

// P(|Z| >= |z|) and P(Z <= z) of a standard normal Z, and the z with P(Z <= z) = p.
double two_sided_normal_p(double z);
double normal_cdf(double z);
double normal_quantile(double p);
// P(|T| >= |t|) of Student's t, and its quantile.
double two_sided_student_p(double t, double degrees_of_freedom);
double student_quantile(double p, double degrees_of_freedom);
// P(X >= x) of chi-square.
double chi_square_p(double x, double degrees_of_freedom);

// What an arm's units say of one metric: how many there are, their mean, and the variance of one
// unit (with n - 1). The mean of the arm has the variance variance / units.
struct ArmMoments {
  double units = 0;
  double mean = NAN;
  double variance = NAN;

  double variance_of_mean() const { return variance / units; }
};

// A difference or a lift with its interval and the p value of "there is none", two-sided.
struct Effect {
  double value = NAN, low = NAN, high = NAN, p = NAN;
  double standard_error = NAN;
  double degrees_of_freedom = INFINITY;  // infinite: by the normal distribution

  bool is_known() const { return std::isfinite(p); }
};

// Means and covariances of K numbers of each unit, in one pass (Welford 1962; two parts are merged
// by Chan, Golub, LeVeque 1979). Sums of squares would lose the variance of large numbers.
template <size_t K>
class Covariances {
 public:
  using Row = std::array<double, K>;

  void add(const Row& values) {
    n_ += 1;
    Row before;
    for (size_t i = 0; i < K; ++i) {
      before[i] = values[i] - mean_[i];
      mean_[i] += before[i] / n_;
    }
    for (size_t i = 0; i < K; ++i) {
      for (size_t j = 0; j <= i; ++j) products_[i][j] += before[i] * (values[j] - mean_[j]);
    }
  }

  void merge(const Covariances& other) {
    if (other.n_ == 0) return;
    const double n = n_ + other.n_;
    Row apart;
    for (size_t i = 0; i < K; ++i) apart[i] = other.mean_[i] - mean_[i];
    for (size_t i = 0; i < K; ++i) {
      for (size_t j = 0; j <= i; ++j) {
        products_[i][j] += other.products_[i][j] + apart[i] * apart[j] * n_ * other.n_ / n;
      }
    }
    for (size_t i = 0; i < K; ++i) mean_[i] += apart[i] * other.n_ / n;
    n_ = n;
  }

  double units() const { return n_; }
  double mean(size_t i) const { return n_ > 0 ? mean_[i] : NAN; }
  double sum(size_t i) const { return n_ * mean_[i]; }
  double covariance(size_t i, size_t j) const {
    if (n_ < 2) return NAN;
    return (i >= j ? products_[i][j] : products_[j][i]) / (n_ - 1);
  }
  // Of one of the numbers.
  ArmMoments moments(size_t i) const { return {n_, mean(i), covariance(i, i)}; }
  // The variance of sum_i weights[i] * values[i].
  double variance_of(const Row& weights) const {
    double variance = 0;
    for (size_t i = 0; i < K; ++i) {
      for (size_t j = 0; j < K; ++j) {
        if (weights[i] != 0 && weights[j] != 0) {
          variance += weights[i] * weights[j] * covariance(i, j);
        }
      }
    }
    return n_ < 2 ? NAN : std::max(variance, 0.0);
  }

 private:
  double n_ = 0;
  Row mean_ = {};
  std::array<Row, K> products_ = {};  // the lower triangle
};

// A ratio of two sums over units, such as clicks over impressions by user, as if it were a mean:
// mean = sum y / sum x, and by the delta method the variance of one unit
//   (var y - 2 r cov(x, y) + r^2 var x) / (mean x)^2,  r = mean y / mean x
// (Deng, Knoblich, Lu 2018, "Applying the Delta Method in Metric Analytics", Eq. 3-4).
template <size_t K>
ArmMoments ratio_moments(const Covariances<K>& units, size_t numerator, size_t denominator) {
  const double x = units.mean(denominator), r = units.mean(numerator) / x;
  if (!(x > 0)) return {units.units(), NAN, NAN};
  typename Covariances<K>::Row weights = {};
  weights[numerator] = 1 / x;
  weights[denominator] = -r / x;
  return {units.units(), r, units.variance_of(weights)};
}

// Of `clicks` among `impressions` as if every impression were a unit of its own.
ArmMoments proportion_moments(double clicks, double impressions);

// The mean with its Student interval. p is of "the mean is zero".
Effect mean_interval(const ArmMoments& arm, double level = 0.95);

// A proportion's interval that never leaves [0, 1] (Wilson 1927, Eq. 4 in Brown, Cai, DasGupta
// 2001). It is honest with few clicks, where the normal interval is not.
Effect wilson_interval(double clicks, double impressions, double level = 0.95);

// How far apart two click-through rates are, in standard deviations of their difference where there
// is none; 0 where nobody clicked, or everybody did. Impressions are above 0.
//   z = (p2 - p1) / sqrt(p (1 - p) (1 / n1 + 1 / n2)),  p = (c1 + c2) / (n1 + n2).
double pooled_z(double control_clicks, double control_impressions, double clicks,
                double impressions);

// The paper's test of two click-through rates by pooled_z(), which takes each impression as
// independent. The interval is the unpooled one, sqrt(p1 (1 - p1) / n1 + p2 (1 - p2) / n2).
Effect two_proportion_z(double control_clicks, double control_impressions, double clicks,
                        double impressions, double level = 0.95);

// treatment - control, Welch's t test: se^2 = v1 / n1 + v2 / n2, with the degrees of freedom of
// Welch and Satterthwaite, se^4 / ((v1 / n1)^2 / (n1 - 1) + (v2 / n2)^2 / (n2 - 1)). These are
// gbstats' numbers (TwoSidedTTest, difference_type "absolute").
Effect absolute_difference(const ArmMoments& control, const ArmMoments& treatment,
                           double level = 0.95);

// Whether the mean is 0 but for the rounding of the sum that it was made of: values that cancel out
// leave a mean of 1e-17. No experiment has the 1e18 units that would tell the other means from 0.
inline bool is_zero(const ArmMoments& arm) {
  return arm.mean == 0 || std::fabs(arm.mean) <= 1e-9 * std::sqrt(arm.variance);
}

// treatment / control - 1, by the delta method: se^2 = v2 / (n2 m1^2) + v1 m2^2 / (n1 m1^4), with
// the same degrees of freedom (gbstats, difference_type "relative"; Deng, Knoblich, Lu 2018). It is
// a test of its own: with a badly known control it may be unsure where the difference is sure.
// Nothing is known over a control of 0.
Effect relative_lift(const ArmMoments& control, const ArmMoments& treatment, double level = 0.95);

// treatment / control - 1 with Fieller's interval (Fieller 1954), which is exact for normal means.
// It is unbounded, NaN here, where the control's mean is not surely different from zero.
Effect fieller_lift(const ArmMoments& control, const ArmMoments& treatment, double level = 0.95);

// "Not worse by more than the margin" (Wellek 2010, section 3.1): one-sided. `margin` is in the
// effect's unit and not negative. p is of "it is worse by the margin or more".
struct NonInferiority {
  double p = NAN;
  double bound = NAN;  // the one-sided confidence bound on the bad side
  bool holds = false;
};
NonInferiority non_inferiority(const Effect& effect, double margin, bool larger_is_better,
                               double alpha = 0.05);

// How many of an arm's units had an event; each unit counts once.
struct Proportion {
  double events = 0, units = 0;

  double share() const { return events / units; }
};

// treatment - control of two proportions, also where few units or none had the event: the Wald test
// of absolute_difference() takes a share without an event as known. If the difference were d,
//   z = (p2 - p1 + c - d) / sqrt(q1 (1 - q1) / n1 + q2 (1 - q2) / n2),  c = 1 / (2 min(n1, n2)),
// where q1 and q2 = q1 + d are the likeliest shares that differ by d (Farrington, Manning 1990,
// "Test Statistics and Sample Size Formulae for Comparative Binomial Trials", method 3), and c is
// the correction of Hauck and Anderson 1986, which makes the test refuse a true d rather too seldom
// than too often. The interval has each d that is not refused.
Effect score_difference(const Proportion& control, const Proportion& treatment,
                        double level = 0.95);
// By the same test: "the treatment's share is not larger by the margin or more".
NonInferiority not_more(const Proportion& control, const Proportion& treatment, double margin,
                        double alpha = 0.05);

// p values corrected for their number, in the order given; NaN stays NaN and does not count.
// Holm 1979 bounds the chance of a single false alarm, under any dependence.
std::vector<double> holm(const std::vector<double>& p);
// Benjamini and Hochberg 1995 bounds the share of false ones among the alarms.
std::vector<double> benjamini_hochberg(const std::vector<double>& p);

}  // namespace barker
