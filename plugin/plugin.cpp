#include "plugin/plugin.h"

#include <utility>

namespace barker {

Result<uint64_t> Plugin::load(const std::string& path) {
  const std::lock_guard<std::mutex> lock(control_);
  Result<std::unique_ptr<const Generation>> loaded =
      Generation::load(path, last_id_ + 1, kernels_, config_.storage);
  if (!loaded.ok()) {
    ++counters_.loads_refused;
    log(BARKER_LOG_ERROR, "weights refused: " + loaded.status().message());
    return loaded.status();
  }
  ++counters_.loads;
  const uint64_t id = ++last_id_;
  log(BARKER_LOG_INFO, "generation " + std::to_string(id) + " serves " + (*loaded)->file->path());
  switch_to(std::move(loaded).value());
  return id;
}

Result<uint64_t> Plugin::rollback() {
  const std::lock_guard<std::mutex> lock(control_);
  if (!previous_) return Status(Code::kFailedPrecondition, "there are no weights to roll back to");
  switch_to(std::move(previous_));
  log(BARKER_LOG_WARNING, "rolled back to generation " + std::to_string(serving_->id));
  return serving_->id;
}

// The serving generation becomes the previous one, which is kept mapped for a rollback; the one
// before it goes when its last query is done.
void Plugin::switch_to(std::unique_ptr<const Generation> next) {
  current_.store(next.get(), std::memory_order_seq_cst);
  std::unique_ptr<const Generation> retired = std::move(previous_);
  previous_ = std::exchange(serving_, std::move(next));
  if (retired) workspaces_.wait_until_unused(retired.get());
}

void Plugin::log(int32_t level, const std::string& message) const {
  if (host_.log) host_.log(host_.context, level, {message.data(), message.size()});
}

void Plugin::read_stats(barker_stats& s) const {
  const auto get = [](const std::atomic<uint64_t>& c) { return c.load(std::memory_order_relaxed); };
  s.queries = get(counters_.queries);
  s.rescored = get(counters_.rescored);
  s.partial = get(counters_.partial);
  s.bypassed = get(counters_.bypassed);
  s.errors = get(counters_.errors);
  s.ads_rescored = get(counters_.ads_rescored);
  s.titles_rewritten = get(counters_.titles_rewritten);
  s.loads = get(counters_.loads);
  s.loads_refused = get(counters_.loads_refused);
  s.query_keywords = get(counters_.query_keywords);
  s.query_keywords_unknown = get(counters_.query_keywords_unknown);
  s.invalid_utf8 = get(counters_.invalid_utf8);
  s.candidates_scored = get(counters_.candidates_scored);
  s.candidates_rescored = get(counters_.candidates_rescored);
  s.screen_violations = get(counters_.screen_violations);
  // Through a pin: the generation must not go while its number is read.
  const auto lease = workspaces_.take(current_);
  s.generation = lease && lease.generation() ? lease.generation()->id : 0;
}

}  // namespace barker
