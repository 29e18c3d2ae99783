// Intervals and tests that may be looked at as often as one likes. A usual interval holds for one
// look that was fixed beforehand: an experiment that is looked at every day, and stopped at the
// first "significant" result, is wrong far more often than its interval says. Pure functions; any
// thread.
#pragma once

#include <cmath>

#include "models/experiment/statistics.h"

namespace barker {

// Where the sequences below are narrowest, in units. gbstats has the same default.
inline constexpr double kTunedUnits = 5000;

// The parameter that makes the sequence narrowest at `units`:
//   rho^2 = (-2 log alpha + log(-2 log alpha + 1)) / units
// (Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas 2021, arXiv 2103.06476, section 2.3).
double sequence_rho(double tuned_units, double alpha);

// An asymptotic confidence sequence around an effect that `units` units of all arms together gave:
//   value +- se sqrt(units) sqrt(2 (n rho^2 + 1) / (n^2 rho^2) log(sqrt(n rho^2 + 1) / alpha))
// with n = units (the same paper, Theorem 2.2). With probability `level` it contains the truth at
// all times at once, so that it may be looked at after every batch. p is the smallest alpha whose
// sequence leaves out zero. Asymptotic: the first looks need a few hundred units. Only the value,
// low, high, p and standard_error of the result are meaningful.
Effect confidence_sequence(const Effect& effect, double units, double tuned_units = kTunedUnits,
                           double level = 0.95);

// The mixture sequential probability ratio test (Robbins 1970; Johari, Koomen, Pekelis, Walsh 2017,
// "Peeking at A/B Tests", Eq. 8): the likelihood ratio of effects drawn from N(0, spread^2) against
// none,
//   L = sqrt(V / (V + spread^2)) exp(spread^2 value^2 / (2 V (V + spread^2))),  V = se^2,
// and p = min(1, 1 / L), of which the smallest over all looks is valid at any time. `spread` is in
// the effect's unit and is what effects one usually sees; it has to be fixed beforehand.
double mixture_sprt_p(const Effect& effect, double spread);

}  // namespace barker
