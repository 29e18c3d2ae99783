#include "models/experiment/sample_ratio.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "models/experiment/statistics.h"

namespace barker {
namespace {

double sum(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

}  // namespace

double sample_ratio_p(const std::vector<double>& counts, const std::vector<double>& shares) {
  const double all = sum(counts), whole = sum(shares);
  if (counts.size() < 2 || counts.size() != shares.size() || !(all > 0)) return NAN;
  double chi = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    const double expected = all * shares[i] / whole;
    chi += (counts[i] - expected) * (counts[i] - expected) / expected;
  }
  return chi_square_p(chi, static_cast<double>(counts.size() - 1));
}

SequentialSampleRatio::SequentialSampleRatio(std::vector<double> shares, double strength)
    : shares_(std::move(shares)), strength_(strength) {
  const double whole = sum(shares_);
  for (double& share : shares_) share /= whole;
}

double SequentialSampleRatio::look(const std::vector<double>& counts) {
  if (counts.size() < 2 || counts.size() != shares_.size()) return p_;
  double log_factor = std::lgamma(strength_) - std::lgamma(strength_ + sum(counts));
  for (size_t i = 0; i < counts.size(); ++i) {
    const double prior = strength_ * shares_[i];
    log_factor +=
        std::lgamma(prior + counts[i]) - std::lgamma(prior) - counts[i] * std::log(shares_[i]);
  }
  p_ = std::min(p_, std::exp(-log_factor));
  return p_;
}

}  // namespace barker
