#include "plugin/host/weights_cycle.h"

#include <utility>

namespace barker {
Status WeightsCycle::start() {
  Status status = look();
  probation_.reset();
  return status;
}

Status WeightsCycle::look() {
  if (weights_.path.empty()) return {};
  const Result<std::string> path = weights_.resolve();
  const Result<FoundFile> found = path.ok() ? find_signed_file(*path) : path.status();
  if (!found.ok()) {
    if (report_unreadable("weights", found.status(), source_, log_)) ++unreadable_;
    return found.status();
  }
  source_.was_readable();
  const bool is_due = source_.is_due(*found);
  if (is_due && probation_ && !control_.has_replace()) {
    wait_for_probation(*found);
    return {};
  }
  waiting_.clear();
  return is_due ? switch_to(*found) : Status();
}

Status WeightsCycle::switch_to(const FoundFile& found) {
  const bool is_canary = canary_.is(found);
  const Measure before =
      probation_ ? probation_->before : measure(control_.stats_of(BARKER_ROLE_SERVING));
  const bool has_times = probation_ && probation_->times_before.ok();
  Result<Latencies> times_before =
      has_times ? probation_->times_before : control_.latencies_of(BARKER_ROLE_SERVING);
  source_.begin(found);
  const Result<uint64_t> generation = make_serving(found, is_canary);
  source_.finish(generation.status());
  Json event = {{"event", "weights"}, {"version", found.name()}};
  if (generation.ok()) {
    if (is_canary) canary_.was_promoted();
    rolled_back_ = false;
    begin_probation(*generation, before, std::move(times_before));
    event["result"] = is_canary ? "promoted" : "loaded";
    event["generation"] = *generation;
    if (const auto now = control_.stats_of(BARKER_ROLE_SERVING)) event["digest"] = now->digest;
  } else {
    event["result"] = "refused";
    event["reason"] = generation.status().message();
  }
  log_.tell(event);
  return generation.status();
}

// Weights on probation are replaced, so that they do not become the way back.
Result<uint64_t> WeightsCycle::make_serving(const FoundFile& found, bool is_canary) const {
  if (probation_) return is_canary ? control_.replace_by_canary() : control_.replace(found.path);
  return is_canary ? control_.promote_canary() : control_.load(found.path);
}

void WeightsCycle::wait_for_probation(const FoundFile& found) {
  if (waiting_ == found.identity) return;
  waiting_ = found.identity;
  log_.tell({{"event", "weights"},
             {"version", found.name()},
             {"result", "waiting"},
             {"reason",
              "the weights that serve are on probation, and this plugin lacks " BARKER_EXT_SWAP}});
}

void WeightsCycle::begin_probation(uint64_t generation, const Measure& before,
                                   Result<Latencies> times_before) {
  if (!control_.has_canary()) return;  // such a plugin counts nothing to judge weights by
  const std::chrono::duration<double> seconds(probation_seconds_);
  probation_ =
      Probation{.generation = generation,
                .before = before,
                .times_before = std::move(times_before),
                .ends = std::chrono::steady_clock::now() +
                        std::chrono::duration_cast<std::chrono::steady_clock::duration>(seconds)};
}

// Judges the weights before it checks the time, because a look can come late.
void WeightsCycle::look_at_probation() {
  if (!probation_) return;
  const Control::GenerationStats now = control_.stats_of(BARKER_ROLE_SERVING);
  if (!now) return;
  if (now->generation != probation_->generation) {
    probation_.reset();
    return;
  }
  const ProbationVerdict verdict = judge_now(*now);
  if (verdict.is_failure()) {
    take_back(*now, verdict);
  } else if (std::chrono::steady_clock::now() >= probation_->ends) {
    probation_.reset();
  }
}

ProbationVerdict WeightsCycle::judge_now(const barker_generation_stats& now) {
  ProbationVerdict verdict = judge(now, probation_->before, tolerance_);
  if (verdict.is_failure() || tolerance_.slowest <= 0) return verdict;
  const std::optional<Slowdown> slow = slowdown_now(now);
  return slow ? judge_speed(*slow, tolerance_) : verdict;
}

// Nothing where times cannot be read, or where there are too few of them.
std::optional<Slowdown> WeightsCycle::slowdown_now(const barker_generation_stats& now) {
  const Result<Latencies>& before = probation_->times_before;
  const Result<Latencies> times = before.ok() ? control_.latencies_of(BARKER_ROLE_SERVING) : before;
  if (!times.ok()) {
    if (!std::exchange(probation_->told_speed, true)) {
      log_.tell(unjudged_speed("weights", file_name_of(now.file), times.status(),
                               /*may_follow=*/before.ok()));
    }
    return std::nullopt;
  }
  if (times->generation != now.generation) return std::nullopt;
  return slowdown(*before, *times, tolerance_.slowest);
}

void WeightsCycle::take_back(const barker_generation_stats& stats,
                             const ProbationVerdict& verdict) {
  const Result<uint64_t> generation = control_.roll_back();
  if (generation.ok()) {
    source_.take_back();
    rolled_back_ = true;
  }
  std::string result = "rolled back";
  if (generation.ok()) {
    probation_.reset();
  } else if (generation.status().code() == Code::kFailedPrecondition) {
    probation_.reset();
    result = "failed, but there is no way back";
  } else {
    // Memory was short. Each look tries again, and the first one says so.
    if (std::exchange(probation_->told_failure, true)) return;
    result = "failed, but cannot be rolled back yet: " + generation.status().message();
  }
  Json event = {{"event", "weights"},
                {"version", file_name_of(stats.file)},
                {"result", result},
                {"reason", verdict.reason}};
  if (generation.ok()) event["generation"] = *generation;
  log_.tell(event);
}

Result<std::string> WeightsCycle::roll_back() {
  const Control::GenerationStats before = control_.stats_of(BARKER_ROLE_SERVING);
  const std::string version = before ? file_name_of(before->file) : "";
  if (rolled_back_) {
    return Status(Code::kFailedPrecondition,
                  "the weights that serve (" + version +
                      ") were rolled back to; another rollback would bring back those that were "
                      "taken back. reload brings what CURRENT names");
  }
  const Result<uint64_t> generation = control_.roll_back();
  if (!generation.ok()) return generation.status();
  source_.take_back();
  rolled_back_ = true;
  probation_.reset();
  return log_.tell({{"event", "weights"},
                    {"version", version},
                    {"result", "rolled back"},
                    {"reason", "asked for"},
                    {"generation", *generation}});
}

}  // namespace barker
