#include "plugin/host/slowdown.h"

#include <math.h>

#include <algorithm>
#include <cmath>

namespace barker {
namespace {

constexpr double kTail = 0.01;  // beyond the p99

// std::lgamma writes a global variable.
double log_gamma(double x) {
  int sign = 0;
  return ::lgamma_r(x, &sign);
}

double log_beta(double a, double b) { return log_gamma(a) + log_gamma(b) - log_gamma(a + b); }

// The logarithm of the probability of one sequence with x of n, where p is from Beta(a, b).
double log_probability(double a, double b, double x, double n) {
  return log_beta(a + x, b + n - x) - log_beta(a, b);
}

// The end of the range in which the k-th longest time is.
uint64_t kth_longest(const Latencies& latencies, uint64_t k) {
  uint64_t seen = 0;
  for (auto range = latencies.ranges.rbegin(); range != latencies.ranges.rend(); ++range) {
    seen += range->queries;
    if (seen >= k) return range->to_ns;
  }
  return 0;
}

uint64_t count_longer(const Latencies& latencies, double than_ns) {
  uint64_t longer = 0;
  for (const barker_latencies& range : latencies.ranges) {
    if (static_cast<double>(range.from_ns) > than_ns) longer += range.queries;
  }
  return longer;
}

}  // namespace

uint64_t Latencies::queries() const {
  uint64_t sum = 0;
  for (const barker_latencies& range : ranges) sum += range.queries;
  return sum;
}

Latencies Latencies::since(const Latencies& before) const {
  Latencies rest{generation, {}};
  auto known = before.ranges.begin();
  for (barker_latencies range : ranges) {
    while (known != before.ranges.end() && known->from_ns < range.from_ns) ++known;
    if (known != before.ranges.end() && known->from_ns == range.from_ns) {
      range.queries -= std::min(range.queries, known->queries);
    }
    if (range.queries > 0) rest.ranges.push_back(range);
  }
  return rest;
}

bool Slowdown::is_shown() const {
  const double most = *std::ranges::max_element(log_evidence);
  double sum = 0;
  for (const double log : log_evidence) sum += std::exp(log - most);
  const double mean = most + std::log(sum / static_cast<double>(kFactors.size()));
  return mean >= -std::log(kSlowdownLevel);
}

Slowdown& Slowdown::operator+=(const Slowdown& other) {
  for (size_t f = 0; f < kFactors.size(); ++f) log_evidence[f] += other.log_evidence[f];
  const bool is_first = queries == 0;
  least_p99_ns = is_first ? other.least_p99_ns : std::min(least_p99_ns, other.least_p99_ns);
  greatest_p99_ns = std::max(greatest_p99_ns, other.greatest_p99_ns);
  queries += other.queries;
  longer += other.longer;
  return *this;
}

std::optional<Slowdown> slowdown(const Latencies& before, const Latencies& now, double ratio) {
  const uint64_t old_queries = before.queries();
  Slowdown found;
  found.queries = now.queries();
  if (old_queries < kFewestTimed || found.queries < kFewestTimed) return std::nullopt;
  const auto m = static_cast<double>(old_queries), n = static_cast<double>(found.queries);
  const double k = std::floor(kTail * m);
  const uint64_t p99_ns = kth_longest(before, static_cast<uint64_t>(k));
  found.least_p99_ns = found.greatest_p99_ns = p99_ns;
  found.longer = count_longer(now, ratio * static_cast<double>(p99_ns));
  const auto x = static_cast<double>(found.longer);
  const double null = log_probability(k, m + 1 - k, x, n);
  for (size_t f = 0; f < Slowdown::kFactors.size(); ++f) {
    const double larger = Slowdown::kFactors[f] * k;
    found.log_evidence[f] = log_probability(larger, m + 1 - larger, x, n) - null;
  }
  return found;
}

void SideBySide::add(const Latencies& serving, const Latencies& canary, double ratio) {
  if (serving.generation != serving_.generation || canary.generation != canary_.generation) {
    serving_ = serving;
    canary_ = canary;
    sum_ = {};
    return;
  }
  const auto further = slowdown(serving.since(serving_), canary.since(canary_), ratio);
  if (!further) return;
  sum_ += *further;
  serving_ = serving;
  canary_ = canary;
}

}  // namespace barker
