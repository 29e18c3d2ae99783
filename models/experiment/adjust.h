// What makes intervals narrower or heavy tails bearable without a bias: CUPED, post-stratification
// and winsorising. Pure functions; any thread.
#pragma once

#include <cstddef>
#include <vector>

#include "models/experiment/statistics.h"

namespace barker {

// CUPED (Deng, Xu, Kohavi, Walker 2013, "Improving the Sensitivity of Online Controlled Experiments
// by Utilizing Pre-Experiment Data", Eq. 4-5): what a unit did before the experiment explains a
// part of what it does in it. With theta = cov(y, x) / var(x) over all arms (each around its own
// mean), an arm's mean is mean y - theta (mean x - mean x of all), and the variance of one unit
// var y - 2 theta cov(y, x) + theta^2 var x. Numbers are (value, before) of each unit.
struct Cuped {
  double theta = NAN;
  double variance_removed = NAN;  // share of the units' variance, of all arms together
  std::vector<ArmMoments> arms;   // as given
};
Cuped cuped(const std::vector<Covariances<2>>& arms);

// CUPED of a ratio: numbers are (y, x, y before, x before), and what is adjusted is the delta
// method's y - r x by y before - r' x before (Deng et al. 2013, appendix B).
Cuped cuped_ratio(const std::vector<Covariances<4>>& arms);

// Post-stratification (Miratrix, Sekhon, Yu 2013, "Adjusting Treatment Effect Estimates by
// Post-Stratification in Randomized Experiments", Eq. 3 and 7): the arm's mean is the mean of its
// strata's means, each weighted by the stratum's share of the units of all arms. moments[a][s] is
// of arm a in stratum s. A stratum in which an arm has fewer than two units is left out for all
// arms. `units_used` says what share of the units is in the others.
struct PostStratified {
  std::vector<ArmMoments> arms;
  double units_used = NAN;
};
PostStratified post_stratify(const std::vector<std::vector<ArmMoments>>& moments);

// The cap for winsorising (Kohavi, Tang, Xu 2020, chapter 18): the smallest value below or at which
// a share `quantile` of all values of all arms lies. One cap for all arms, because caps by arm
// would compare different metrics. Reorders `values`, which must not be empty.
double winsorising_cap(std::vector<double>& values, double quantile);

}  // namespace barker
