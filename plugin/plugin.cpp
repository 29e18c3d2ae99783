#include "plugin/plugin.h"

#include <utility>

#include "scoring/golden.h"

namespace barker {

namespace {

// The rules matched against the names of a generation; null is fine.
Result<RuledGeneration> apply(const Rules& rules, std::shared_ptr<const Generation> generation) {
  RuledGeneration ruled;
  std::vector<RuleMask> rows;
  if (generation) {
    auto matched = rules.match(generation->file->vocabulary(), generation->network().keyword_rows);
    if (!matched.ok()) return matched.status();
    rows = std::move(*matched);
  }
  ruled.generation = std::move(generation);
  ruled.rows = std::make_shared<const std::vector<RuleMask>>(std::move(rows));
  return ruled;
}

}  // namespace

Plugin::Plugin(Config config, const KernelTable& kernels, const barker_host& host)
    : config_(std::move(config)),
      kernels_(kernels),
      host_(host),
      serving_(new Serving{apply(Rules(), nullptr).value(), std::make_shared<const Rules>()}),
      current_(serving_.get()) {}

Result<uint64_t> Plugin::load(const std::string& path) {
  const std::lock_guard<std::mutex> lock(control_);
  const auto refuse = [&](const Status& status) {
    ++counters_.loads_refused;
    log(BARKER_LOG_ERROR, "weights refused: " + status.message());
    return status;
  };
  const Result<std::string> file = resolve_weights_path(path);
  if (!file.ok()) return refuse(file.status());
  Result<std::shared_ptr<const Generation>> loaded =
      Generation::load(*file, last_id_ + 1, kernels_, config_.load);
  if (!loaded.ok()) return refuse(loaded.status());
  if (Status s = check_latency(**loaded); !s.ok()) return refuse(s);
  Result<RuledGeneration> ruled = apply(*serving_->rules, *loaded);
  if (!ruled.ok()) return refuse(ruled.status());
  ++counters_.loads;
  const uint64_t id = ++last_id_;
  log(BARKER_LOG_INFO, "generation " + std::to_string(id) + " serves " + (*loaded)->file->path());
  // What served becomes the previous one, which is kept for a rollback.
  RuledGeneration before = serving_->weights;
  serve(std::move(*ruled), serving_->rules);
  previous_ = std::move(before);
  return id;
}

Status Plugin::check_latency(const Generation& next) const {
  const Generation* now = serving_->weights.generation.get();
  if (config_.latency_gate == 0 || !now) return {};
  const uint64_t before = golden_latency(*now->file, now->packed);
  const uint64_t after = golden_latency(*next.file, next.packed);
  if (before == 0 ||
      static_cast<double>(after) <= config_.latency_gate * static_cast<double>(before))
    return {};
  return bad_data(next.file->path() + ": check latency: expected its warm-up queries within " +
                  std::to_string(config_.latency_gate) + " times " + std::to_string(before) +
                  " ns, found " + std::to_string(after) + " ns");
}

Result<uint64_t> Plugin::rollback() {
  const std::lock_guard<std::mutex> lock(control_);
  if (!previous_.generation) {
    return Status(Code::kFailedPrecondition, "there are no weights to roll back to");
  }
  RuledGeneration before = serving_->weights;
  serve(std::exchange(previous_, std::move(before)), serving_->rules);
  const uint64_t id = serving_->weights.generation->id;
  log(BARKER_LOG_WARNING, "rolled back to generation " + std::to_string(id));
  return id;
}

Status Plugin::load_rules(std::string_view toml) {
  const std::lock_guard<std::mutex> lock(control_);
  const auto refuse = [&](const Status& status) {
    log(BARKER_LOG_ERROR, "rules refused: " + status.message());
    return status;
  };
  Result<Rules> parsed = Rules::parse(toml);
  if (!parsed.ok()) return refuse(parsed.status());
  const auto rules = std::make_shared<const Rules>(std::move(*parsed));
  // The previous weights, too: a rollback must not bring forbidden claims back.
  Result<RuledGeneration> now = apply(*rules, serving_->weights.generation);
  if (!now.ok()) return refuse(now.status());
  Result<RuledGeneration> before = apply(*rules, previous_.generation);
  if (!before.ok()) return refuse(before.status());
  serve(std::move(*now), rules);
  previous_ = std::move(*before);
  log(BARKER_LOG_INFO, rules->off ? "rules loaded: everything is off" : "rules loaded");
  return {};
}

// Switches, and frees what served before when its last query is done.
void Plugin::serve(RuledGeneration weights, std::shared_ptr<const Rules> rules) {
  std::unique_ptr<const Serving> next(new Serving{std::move(weights), std::move(rules)});
  current_.store(next.get(), std::memory_order_seq_cst);
  const std::unique_ptr<const Serving> retired = std::exchange(serving_, std::move(next));
  workspaces_.wait_until_unused(retired.get());
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
  const auto* generation = lease ? lease.serving().weights.generation.get() : nullptr;
  s.generation = generation ? generation->id : 0;
}

}  // namespace barker
