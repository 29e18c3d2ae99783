#include "plugin/host/probation.h"

#include <cstdio>

namespace barker {
namespace {

// Fewer queries than these are chance.
constexpr uint64_t kFewestFailures = 20, kFewestTimed = 2000;

double share_of(uint64_t part, uint64_t all) {
  return all ? static_cast<double>(part) / static_cast<double>(all) : 0;
}

}  // namespace

Measure measure(const std::optional<barker_generation_stats>& stats) {
  if (!stats) return {};
  return {share_of(stats->bypassed, stats->queries),
          stats->rescored >= kFewestTimed ? stats->p99_ns : 0};
}

ProbationVerdict judge(const barker_generation_stats& now, const Measure& beside,
                       const Tolerance& tolerance) {
  const auto too_many = [&](uint64_t queries, double besides) {
    return queries >= kFewestFailures &&
           share_of(queries, now.queries) > tolerance.most_failures + besides;
  };
  const uint64_t failed = now.non_finite + now.internal;
  ProbationVerdict verdict;
  if (too_many(failed, 0)) {
    std::snprintf(verdict.reason, sizeof verdict.reason, "%llu of %llu queries failed",
                  static_cast<unsigned long long>(failed),
                  static_cast<unsigned long long>(now.queries));
  } else if (too_many(now.bypassed, beside.bypassed)) {
    std::snprintf(verdict.reason, sizeof verdict.reason,
                  "%llu of %llu queries were bypassed, before or beside it %.2f%%",
                  static_cast<unsigned long long>(now.bypassed),
                  static_cast<unsigned long long>(now.queries), 100 * beside.bypassed);
  } else if (tolerance.slowest > 0 && beside.p99 > 0 && now.rescored >= kFewestTimed &&
             static_cast<double>(now.p99_ns) >
                 tolerance.slowest * static_cast<double>(beside.p99)) {
    std::snprintf(verdict.reason, sizeof verdict.reason, "p99 %.1f us, before or beside it %.1f us",
                  static_cast<double>(now.p99_ns) / 1e3, static_cast<double>(beside.p99) / 1e3);
  }
  return verdict;
}

ProbationVerdict judge_compared(const barker_agreement& a, uint64_t canary,
                                const Tolerance& tolerance) {
  ProbationVerdict verdict;
  if (a.canary == canary && a.canary_failed >= kFewestFailures &&
      share_of(a.canary_failed, a.compared) >
          tolerance.most_failures + share_of(a.serving_failed, a.compared)) {
    std::snprintf(verdict.reason, sizeof verdict.reason,
                  "%llu of %llu compared queries failed, beside it %llu",
                  static_cast<unsigned long long>(a.canary_failed),
                  static_cast<unsigned long long>(a.compared),
                  static_cast<unsigned long long>(a.serving_failed));
  }
  return verdict;
}

}  // namespace barker
