#include "plugin/host/canary_cycle.h"

#include <filesystem>
#include <utility>

namespace barker {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLabel = "canary";
constexpr uint64_t kComparedAtOnce = 64;

// The plugin keeps only the end of a long path.
bool is_of(const barker_generation_stats& stats, const std::string& path) {
  return stats.generation != 0 && path.ends_with(stats.file);
}

}  // namespace

bool CanaryCycle::is(const FoundFile& weights) const {
  return is_running() && source_.is_in_force() && source_.identity() == weights.identity;
}

void CanaryCycle::was_promoted() {
  generation_ = 0;
  restore_shares();
}

Status CanaryCycle::set_shares(const Control::Shares& shares) {
  Status s = control_.set_shares(shares);
  if (!s.ok()) return s;
  set_ = shares;
  must_restore_ = false;
  return s;
}

std::optional<Control::Shares> CanaryCycle::shares() const {
  const std::optional<Control::Shares> told = control_.shares();
  return told ? told : set_;
}

// Where memory is short, each look tries again.
void CanaryCycle::restore_shares() {
  must_restore_ = set_ && configured_;
  if (!must_restore_ || !control_.set_shares(*configured_).ok()) return;
  set_.reset();
  must_restore_ = false;
}

void CanaryCycle::look() {
  std::error_code failed;
  if (!control_.has_canary() || !fs::is_directory(weights_.path, failed)) return;
  const Result<std::string> path = weights_.resolve(kLabel);
  if (!path.ok() && path.status().code() == Code::kNotFound) {
    // Where the whole directory has just been moved away, nobody removed the label.
    if (fs::is_directory(weights_.path, failed)) forget("no version has the label canary any more");
    return;
  }
  const Result<FoundFile> found = path.ok() ? find_signed_file(*path) : path.status();
  if (!found.ok()) {
    if (report_unreadable("canary", found.status(), source_, log_)) ++unreadable_;
    return;
  }
  source_.was_readable();
  const Control::GenerationStats serving = control_.stats_of(BARKER_ROLE_SERVING);
  if (!serving) return;
  if (is_of(*serving, found->path)) return forget("the version with the label canary serves");
  if (source_.is_due(*found)) start(*found);
}

void CanaryCycle::start(const FoundFile& found) {
  source_.begin(found);
  const std::optional<Control::Shares> of_the_last = is_running() ? set_ : std::nullopt;
  if (of_the_last) restore_shares();  // before the new one serves with them
  const Result<uint64_t> generation = control_.start_canary(found.path);
  source_.finish(generation.status());
  if (!generation.ok() && of_the_last) (void)set_shares(*of_the_last);  // that one goes on
  Json event = {{"event", "canary"},
                {"version", found.name()},
                {"result", generation.ok() ? "started" : "refused"}};
  if (generation.ok()) {
    generation_ = *generation;
    told_speed_ = false;
    if (const auto now = shares()) {
      event["served"] = now->served;
      event["compared"] = now->compared;
    }
    event["generation"] = generation_;
    if (const auto now = control_.stats_of(BARKER_ROLE_CANARY)) event["digest"] = now->digest;
  } else {
    event["reason"] = generation.status().message();
  }
  log_.tell(event);
}

void CanaryCycle::look_at_probation() {
  if (must_restore_) restore_shares();
  if (!is_running()) return;
  const Control::GenerationStats now = control_.stats_of(BARKER_ROLE_CANARY);
  const Control::GenerationStats serving = control_.stats_of(BARKER_ROLE_SERVING);
  if (!now || !serving || now->generation != generation_) return;
  ProbationVerdict verdict = judge(*now, measure(serving), tolerance_);
  if (!verdict.is_failure()) {
    verdict = judge_compared(control_.agreement(), generation_, tolerance_);
  }
  if (!verdict.is_failure()) verdict = judge_times(*now);
  if (!verdict.is_failure()) return;
  source_.take_back();
  stop(verdict.reason);
}

ProbationVerdict CanaryCycle::judge_times(const barker_generation_stats& now) {
  if (tolerance_.slowest <= 0) return {};
  const Result<Latencies> serving = control_.latencies_of(BARKER_ROLE_SERVING);
  const Result<Latencies> canary = control_.latencies_of(BARKER_ROLE_CANARY);
  if (!serving.ok() || !canary.ok()) {
    const Status& why = serving.ok() ? canary.status() : serving.status();
    if (!std::exchange(told_speed_, true)) {
      log_.tell(unjudged_speed("canary", file_name_of(now.file), why, /*may_follow=*/true));
    }
    return {};
  }
  times_.add(*serving, *canary, tolerance_.slowest);
  return judge_speed(times_.so_far(), tolerance_);
}

void CanaryCycle::forget(const std::string& reason) {
  source_.forget();
  if (is_running()) stop(reason);
}

void CanaryCycle::stop(const std::string& reason) {
  const Control::GenerationStats last = control_.stats_of(BARKER_ROLE_CANARY);
  const barker_agreement agreed = control_.agreement();
  const Status stopped = control_.stop_canary();
  if (stopped.ok() || stopped.code() == Code::kFailedPrecondition) {
    generation_ = 0;
    told_failure_ = false;
    restore_shares();
  } else if (std::exchange(told_failure_, true)) {
    return;  // memory is still short; the canary runs until a look can stop it
  }
  log_.tell({{"event", "canary"},
             {"version", last ? file_name_of(last->file) : ""},
             {"result", stopped.ok() ? "stopped" : stopped.message()},
             {"reason", reason},
             {"counters", describe(last)},
             {"agreement", describe(agreed)}});
}

void CanaryCycle::compare() const { control_.compare(kComparedAtOnce); }

}  // namespace barker
