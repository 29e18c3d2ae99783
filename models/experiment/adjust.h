// What makes intervals narrower without a bias: CUPED and post-stratification. Pure functions; any
// thread.
#pragma once

#include <vector>

#include "models/experiment/statistics.h"

namespace barker {

// CUPED (Deng, Xu, Kohavi, Walker 2013, "Improving the Sensitivity of Online Controlled Experiments
// by Utilizing Pre-Experiment Data", Eq. 4-5): what a unit did before the experiment explains a
// part of what it does in it. With theta = cov(u, v) / var(v) over all arms (each around its own
// mean), an arm's mean is mean u - theta (mean v - mean v of all), and the variance of one unit
// var u - 2 theta cov(u, v) + theta^2 var v. Numbers of a unit are (y, x, y before, x before): what
// is adjusted is a ratio, by the delta method's u = y - r x and v = y before - r' x before
// (appendix B). A value of each unit is the ratio whose x are 1.
struct Cuped {
  double theta = NAN;
  double variance_removed = NAN;  // share of the units' variance, of all arms together
  std::vector<ArmMoments> arms;   // as given
};
Cuped cuped(const std::vector<Covariances<4>>& arms);

// Post-stratification (Miratrix, Sekhon, Yu 2013, "Adjusting Treatment Effect Estimates by
// Post-Stratification in Randomized Experiments", Eq. 3 and 7): the arm's mean is the mean of its
// strata's means, each weighted by the stratum's share W of the units of all arms. What is adjusted
// is a ratio y / x, as by CUPED: both of its means are, and then divided (the combined ratio
// estimator; Cochran 1977, "Sampling Techniques", section 6.11),
//   r = sum W mean y / sum W mean x,  variance of r = sum W^2 var(y - r x) / n / (sum W mean x)^2.
// strata[a][s] is of arm a in stratum s. A stratum in which an arm has fewer than two units is left
// out for all arms. `units_used` says what share of the units is in the others.
struct PostStratified {
  std::vector<ArmMoments> arms;
  double units_used = NAN;
};
PostStratified post_stratify(const std::vector<std::vector<Covariances<4>>>& strata);

}  // namespace barker
