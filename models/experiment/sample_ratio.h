// Sample ratio mismatch (SRM): whether the arms have as many units as the planned shares say. Where
// they do not, units were lost or placed differently by arm, and no comparison of the arms means
// anything (Fabijan et al. 2019, "Diagnosing Sample Ratio Mismatch in Online Controlled
// Experiments"). Pure functions; any thread.
#pragma once

#include <vector>

namespace barker {

// Pearson's chi-square test of the counts against shares, which are positive and are divided by
// their sum. NaN with fewer than two arms or no units.
double sample_ratio_p(const std::vector<double>& counts, const std::vector<double>& shares);

// The same test for a count that is looked at again and again: the Bayes factor of a Dirichlet
// prior around the planned shares against the shares themselves,
//   B_n = Gamma(a) / Gamma(a + n) * prod_i Gamma(a_i + x_i) / Gamma(a_i) / shares_i^x_i,
// where a_i = strength * shares_i, and p = min over the looks of 1 / B_n (Lindon, Malek 2020,
// "Anytime-Valid Inference for Multinomial Count Data", Eq. 4-6). With probability 1 - alpha it
// never falls below alpha, however often it is looked at.
class SequentialSampleRatio {
 public:
  explicit SequentialSampleRatio(std::vector<double> shares, double strength = 1000);

  // The counts so far, which never fall. Returns p so far.
  double look(const std::vector<double>& counts);
  double p() const { return p_; }

 private:
  std::vector<double> shares_;  // add up to one
  double strength_;
  double p_ = 1;
};

}  // namespace barker
