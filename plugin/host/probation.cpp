#include "plugin/host/probation.h"

#include "models/base/number_text.h"

namespace barker {
namespace {

constexpr uint64_t kFewestFailures = 20;  // fewer are chance

double share_of(uint64_t part, uint64_t all) {
  return all ? static_cast<double>(part) / static_cast<double>(all) : 0;
}

// What the reasons call the weights that `beside` measures.
constexpr const char* kOthers = "weights before or beside these";

std::string part_of(uint64_t part, uint64_t all) {
  return std::to_string(part) + " of " + std::to_string(all);
}

std::string microseconds(uint64_t nanoseconds) {
  return number_text(static_cast<double>(nanoseconds) / 1e3, 1) + " us";
}

}  // namespace

Measure measure(const std::optional<barker_generation_stats>& stats) {
  if (!stats) return {};
  return {share_of(stats->bypassed, stats->queries)};
}

ProbationVerdict judge(const barker_generation_stats& now, const Measure& beside,
                       const Tolerance& tolerance) {
  const auto too_many = [&](uint64_t queries, double besides) {
    return queries >= kFewestFailures &&
           share_of(queries, now.queries) > tolerance.most_failures + besides;
  };
  const uint64_t failed = now.non_finite + now.internal;
  if (too_many(failed, 0)) return {part_of(failed, now.queries) + " queries failed"};
  if (too_many(now.bypassed, beside.bypassed)) {
    return {part_of(now.bypassed, now.queries) + " queries were bypassed; of the queries of the " +
            kOthers + ", " + number_text(100 * beside.bypassed, 2) + "% were"};
  }
  return {};
}

// Every number of the reason is of the queries that were compared. The p99 of the new weights is
// not among them, because what the plugin tells is that of their whole life.
ProbationVerdict judge_speed(const Slowdown& slowdown, const Tolerance& tolerance) {
  if (!slowdown.is_shown()) return {};
  const std::string least = microseconds(slowdown.least_p99_ns);
  const std::string greatest = microseconds(slowdown.greatest_p99_ns);
  return {part_of(slowdown.longer, slowdown.queries) + " queries took more than " +
          number_text(tolerance.slowest) + " times as long as the p99 of the " + kOthers +
          (least == greatest ? ", which is " + least
                             : ", which went from " + least + " to " + greatest)};
}

ProbationVerdict judge_compared(const barker_agreement& a, uint64_t canary,
                                const Tolerance& tolerance) {
  const bool is_failure = a.canary == canary && a.canary_failed >= kFewestFailures &&
                          share_of(a.canary_failed, a.compared) >
                              tolerance.most_failures + share_of(a.serving_failed, a.compared);
  if (!is_failure) return {};
  return {part_of(a.canary_failed, a.compared) +
          " compared queries failed; with the serving weights, " +
          std::to_string(a.serving_failed) + " failed"};
}

}  // namespace barker
