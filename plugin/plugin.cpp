#include "plugin/plugin.h"

#include <cxxabi.h>

#include <algorithm>
#include <new>
#include <random>
#include <utility>

#include "models/base/number_text.h"
#include "plugin/catalogue_rows.h"
#include "scoring/golden.h"

namespace barker {
namespace {

// Another one in each process, so that two that serve the same users do not draw the same.
uint64_t random_seed() {
  std::random_device device;
  return (uint64_t{device()} << 32) | device();
}

// Whether weights lack what the arms of experiments need. They serve all the same, because a way
// back or a restart must never fail for an experiment; the pages of such an arm say so.
bool lack_click_rates(const Policy& policy, const Experiments& experiments,
                      const Generation* generation) {
  const bool need = policy.by == ChooseBy::kClickRate || policy.choose.lower_bound > 0 ||
                    experiments.need_click_rates();
  return generation && need && !generation->file->click_rates().are_there();
}

constexpr std::string_view kNoClickRates =
    ": selling points are to be chosen by click_rate or a lower_bound, but these weights have no "
    "click rates";

}  // namespace

Plugin::Plugin(Config config, const KernelTable& kernels, const barker_host& host)
    : config_(std::move(config)),
      kernels_(kernels),
      host_(host),
      serving_(new Serving{no_weights(), no_weights(),
                           CanaryShares{config_.canary_served, config_.canary_compared,
                                        fingerprint(config_.canary_salt)},
                           std::make_shared<const Rules>()}),
      current_(serving_.get()),
      next_seed_(random_seed()) {}

Result<uint64_t> Plugin::load(const std::string& path) {
  Result<RuledGeneration> loaded = prepare(path);
  if (!loaded.ok()) return loaded.status();
  previous_ = serve_weights(std::move(*loaded));
  return count_load(serving_->weights, "serves");
}

Result<uint64_t> Plugin::replace(const std::string& path) {
  Result<RuledGeneration> loaded = prepare(path);
  if (!loaded.ok()) return loaded.status();
  serve_weights(std::move(*loaded));
  return count_load(serving_->weights, "replaces what served:");
}

// Opens and checks weights; from here on nothing can go wrong with them but their answers.
Result<RuledGeneration> Plugin::prepare(const std::string& path) {
  const auto refuse = [&](const Status& status) {
    count(counters_.loads_refused);
    log(BARKER_LOG_ERROR, {"weights refused: ", status.message()});
    return status;
  };
  Result<std::shared_ptr<const Generation>> loaded =
      Generation::load(path, last_id_ + 1, kernels_, config_.load);
  if (!loaded.ok()) return refuse(loaded.status());
  if (Status s = check_latency(**loaded); !s.ok()) return refuse(s);
  if (lack_click_rates(config_.policy, *serving_->experiments, loaded->get())) {
    log(BARKER_LOG_WARNING, {(*loaded)->file->path(), kNoClickRates});
  }
  Result<RuledGeneration> ruled =
      apply(*serving_->rules, *loaded, std::make_shared<GenerationCounters>());
  if (!ruled.ok()) return refuse(ruled.status());
  return ruled;
}

uint64_t Plugin::count_load(const RuledGeneration& weights, std::string_view what) {
  count(counters_.loads);
  last_id_ = weights.generation->id;
  log(BARKER_LOG_INFO,
      {"generation ", std::to_string(last_id_), " ", what, " ", weights.generation->file->path()});
  return last_id_;
}

Status Plugin::check_latency(const Generation& next) const {
  const Generation* now = serving_->weights.generation.get();
  if (config_.latency_gate == 0 || !now) return {};
  const uint64_t before = golden_latency(*now->file, now->packed);
  const uint64_t after = golden_latency(*next.file, next.packed);
  if (after == 0) {
    return bad_data(next.file->path() +
                    ": check latency: expected golden vectors to be timed by, found none");
  }
  if (before == 0 ||
      static_cast<double>(after) <= config_.latency_gate * static_cast<double>(before))
    return {};
  return bad_data(next.file->path() + ": check latency: expected its warm-up queries within " +
                  number_text(config_.latency_gate) + " times " + std::to_string(before) +
                  " ns, found " + std::to_string(after) + " ns");
}

Result<uint64_t> Plugin::rollback() {
  if (!previous_.generation) {
    return Status(Code::kFailedPrecondition, "there are no weights to roll back to");
  }
  previous_ = serve_weights(previous_);
  const uint64_t id = serving_->weights.generation->id;
  log(BARKER_LOG_WARNING, {"rolled back to generation ", std::to_string(id)});
  return id;
}

Status Plugin::load_rules(std::string_view toml) {
  const auto refuse = [&](const Status& status) {
    log(BARKER_LOG_ERROR, {"rules refused: ", status.message()});
    return status;
  };
  Result<Rules> parsed = Rules::parse(toml);
  if (!parsed.ok()) return refuse(parsed.status());
  const auto rules = std::make_shared<const Rules>(std::move(*parsed));
  Serving next = *serving_;
  RuledGeneration previous = previous_;
  // The previous weights, too: a rollback must not bring forbidden claims back.
  for (RuledGeneration* weights : {&next.weights, &next.canary, &previous}) {
    Result<RuledGeneration> ruled = apply(*rules, weights->generation, weights->counters);
    if (!ruled.ok()) return refuse(ruled.status());
    ruled->catalogues = weights->catalogues;
    *weights = std::move(*ruled);
  }
  next.rules = rules;
  serve(std::move(next));
  previous_ = std::move(previous);
  log(BARKER_LOG_INFO, {"rules loaded", rules->off ? ": everything is off" : ""});
  return {};
}

Status Plugin::load_experiments(std::string_view toml) {
  const auto refuse = [&](const Status& status) {
    log(BARKER_LOG_ERROR, {"experiments refused: ", status.message()});
    return status;
  };
  Result<Experiments> parsed = Experiments::parse(toml, config_.policy);
  if (!parsed.ok()) return refuse(parsed.status());
  for (const RuledGeneration* weights : {&serving_->weights, &serving_->canary}) {
    if (lack_click_rates(config_.policy, *parsed, weights->generation.get())) {
      log(BARKER_LOG_WARNING, {weights->generation->file->path(), kNoClickRates});
    }
  }
  Serving next = *serving_;
  next.experiments = std::make_shared<const Experiments>(std::move(*parsed));
  serve(std::move(next));
  log(BARKER_LOG_INFO, {"experiments loaded"});
  return {};
}

bool Plugin::read_generation(int32_t role, barker_generation_stats& stats) const {
  const Pins::Pin pin = pins_.take(current_);
  if (!pin) return false;
  const Serving& serving = *pin;
  const RuledGeneration& weights = role == BARKER_ROLE_CANARY ? serving.canary : serving.weights;
  if (!weights.generation) return true;
  const GenerationCounters& c = *weights.counters;
  stats.generation = weights.generation->id;
  stats.queries = read(c.queries);
  stats.rescored = read(c.rescored);
  stats.partial = read(c.partial);
  stats.bypassed = read(c.bypassed);
  stats.non_finite = read(c.non_finite);
  stats.internal = read(c.internal);
  stats.p50_ns = c.latency.quantile(0.5);
  stats.p99_ns = c.latency.quantile(0.99);
  const WeightFile& file = *weights.generation->file;
  file.write_digest(stats.digest);
  const std::string_view path = file.path();
  const size_t size = std::min(path.size(), sizeof stats.file - 1);
  std::ranges::copy(path.substr(path.size() - size), stats.file);
  return true;
}

std::optional<CanaryShares> Plugin::canary_shares() const {
  const Pins::Pin pin = pins_.take(current_);
  return pin ? std::optional(pin->shares) : std::nullopt;
}

std::optional<size_t> Plugin::read_latencies(
    int32_t role, uint64_t& generation,
    std::span<barker_latencies, LatencyHistogram::kBuckets> latencies) const {
  const Pins::Pin pin = pins_.take(current_);
  if (!pin) return std::nullopt;
  const RuledGeneration& weights = role == BARKER_ROLE_CANARY ? pin->canary : pin->weights;
  if (!weights.generation) return 0;
  generation = weights.generation->id;
  size_t written = 0;
  weights.counters->latency.for_each([&](uint64_t from, uint64_t to, uint64_t queries) {
    latencies[written++] = {from, to, queries};
  });
  return written;
}

std::shared_ptr<const Generation> Plugin::generation(int32_t role) const {
  const Pins::Pin pin = pins_.take(current_);
  if (!pin) throw std::bad_alloc();
  return (role == BARKER_ROLE_CANARY ? pin->canary : pin->weights).generation;
}

// Serves other weights and returns those that served before.
RuledGeneration Plugin::serve_weights(RuledGeneration weights) {
  Serving next = *serving_;
  RuledGeneration before = std::exchange(next.weights, std::move(weights));
  serve(std::move(next));
  return before;
}

// Switches, and frees what served before when its last query is done. All catalogues are resolved
// for all that will serve before the switch, so that no query has to do it.
void Plugin::serve(Serving serving) {
  for (RuledGeneration* weights : {&serving.weights, &serving.canary}) {
    const CatalogueRows* const before = weights->catalogues.get();
    if (!weights->generation || (before && before->of == serving.catalogues)) continue;
    weights->catalogues = resolve(serving.catalogues, *weights->generation, before);
  }
  std::unique_ptr<const Serving> next(new Serving(std::move(serving)));
  current_.store(next.get(), std::memory_order_seq_cst);
  serving_id_ = next->weights.id();
  canary_id_ = next->canary.id();
  const std::unique_ptr<const Serving> retired = std::exchange(serving_, std::move(next));
  pins_.wait_until_unused(retired.get());
}

// The call that logs has done its work by now, so neither a lack of memory for the message nor what
// the host's callback throws makes it fail. Only a thread that the callback ends unwinds further.
// As in boundary.h, a forced unwinding has no exception object.
__attribute__((no_sanitize("null"))) void Plugin::log(
    int32_t level, std::initializer_list<std::string_view> parts) const {
  if (!host_.log) return;
  try {
    std::string message;
    for (const std::string_view part : parts) message += part;
    host_.log(host_.context, level, {message.data(), message.size()});
  } catch (const abi::__forced_unwind&) {
    throw;
  } catch (...) {
  }
}

void Plugin::read_stats(barker_stats& s) const {
  s.queries = read(counters_.queries);
  s.rescored = read(counters_.rescored);
  s.partial = read(counters_.partial);
  s.bypassed = read(counters_.bypassed);
  s.errors = read(counters_.errors);
  s.ads_rescored = read(counters_.ads_rescored);
  s.titles_rewritten = read(counters_.titles_rewritten);
  s.loads = read(counters_.loads);
  s.loads_refused = read(counters_.loads_refused);
  s.query_keywords = read(counters_.query_keywords);
  s.query_keywords_unknown = read(counters_.query_keywords_unknown);
  s.invalid_utf8 = read(counters_.invalid_utf8);
  s.candidates_scored = read(counters_.candidates_scored);
  s.candidates_rescored = read(counters_.candidates_rescored);
  s.screen_violations = read(counters_.screen_violations);
  s.user_tokens = read(counters_.user_tokens);
  s.user_tokens_unknown = read(counters_.user_tokens_unknown);
  s.candidates = read(counters_.candidates);
  s.candidates_unknown = read(counters_.candidates_unknown);
  s.groups_ignored = read(counters_.groups_ignored);
  s.bad_ads = read(counters_.bad_ads);
  s.unknown_surfaces = read(counters_.unknown_surfaces);
  const auto titles_with = [&](FeedRule rule) {
    return read(counters_.titles_by_rule[static_cast<size_t>(rule)]);
  };
  s.titles_with_decorations = titles_with(FeedRule::kDecorations);
  s.titles_with_punctuation = titles_with(FeedRule::kPunctuation);
  s.titles_with_repeats = titles_with(FeedRule::kRepeats);
  s.titles_with_capitals = titles_with(FeedRule::kCapitals);
  s.user_states = read(counters_.user_states);
  s.user_states_other_tower = read(counters_.user_states_other_tower);
  s.user_states_damaged = read(counters_.user_states_damaged);
  s.user_states_learned = read(counters_.user_states_learned);
  s.generation = serving_id_;
}

}  // namespace barker
