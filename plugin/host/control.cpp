#include "plugin/host/control.h"

#include "plugin/host/extension.h"
#include "plugin/host/plugin_error.h"
#include "plugin/host/session.h"

namespace barker {
namespace {

Status lacks(const char* extension) {
  return {Code::kUnsupported, std::string("this plugin lacks ") + extension};
}

}  // namespace

Control::Control(const barker_api& api, barker_plugin* plugin)
    : api_(api),
      plugin_(plugin),
      rules_(find_extension<barker_rules>(api, BARKER_EXT_RULES)),
      experiments_(find_extension<barker_experiments>(api, BARKER_EXT_EXPERIMENTS)),
      canary_(find_extension<barker_canary>(api, BARKER_EXT_CANARY)),
      swap_(find_extension<barker_swap>(api, BARKER_EXT_SWAP)) {}

// `call` takes a generation and an error text and returns a code, as the ABI's calls do.
template <typename Call>
Result<uint64_t> Control::generation_of(Call call) const {
  char error[BARKER_ERROR_SIZE] = "";
  uint64_t generation = 0;
  const int32_t code = call(&generation, error);
  if (code != BARKER_OK) return plugin_error(code, error);
  return generation;
}

Result<uint64_t> Control::load(const std::string& path) const {
  return generation_of([&](uint64_t* generation, char* error) {
    return api_.load_weights(plugin_, as_string(path), generation, error);
  });
}

Result<uint64_t> Control::replace(const std::string& path) const {
  if (!swap_) return lacks(BARKER_EXT_SWAP);
  return generation_of([&](uint64_t* generation, char* error) {
    return swap_->replace_weights(plugin_, as_string(path), generation, error);
  });
}

Result<uint64_t> Control::promote_canary() const {
  if (!canary_) return lacks(BARKER_EXT_CANARY);
  return generation_of([&](uint64_t* generation, char* error) {
    return canary_->promote(plugin_, generation, error);
  });
}

Result<uint64_t> Control::replace_by_canary() const {
  if (!swap_) return lacks(BARKER_EXT_SWAP);
  return generation_of([&](uint64_t* generation, char* error) {
    return swap_->replace_by_canary(plugin_, generation, error);
  });
}

Result<uint64_t> Control::roll_back() const {
  return generation_of(
      [&](uint64_t* generation, char* error) { return api_.rollback(plugin_, generation, error); });
}

Result<uint64_t> Control::start_canary(const std::string& path) const {
  if (!canary_) return lacks(BARKER_EXT_CANARY);
  return generation_of([&](uint64_t* generation, char* error) {
    return canary_->start(plugin_, as_string(path), generation, error);
  });
}

Status Control::stop_canary() const {
  if (!canary_) return lacks(BARKER_EXT_CANARY);
  char error[BARKER_ERROR_SIZE] = "";
  const int32_t code = canary_->stop(plugin_, error);
  return code == BARKER_OK ? Status() : plugin_error(code, error);
}

Status Control::set_shares(const Shares& shares) const {
  if (!canary_) return lacks(BARKER_EXT_CANARY);
  char error[BARKER_ERROR_SIZE] = "";
  const int32_t code = canary_->set_shares(plugin_, shares.served, shares.compared, error);
  return code == BARKER_OK ? Status() : plugin_error(code, error);
}

std::optional<Control::Shares> Control::shares() const {
  Shares shares;
  if (!canary_ || !canary_->read_shares ||
      canary_->read_shares(plugin_, &shares.served, &shares.compared) != BARKER_OK) {
    return std::nullopt;
  }
  return shares;
}

void Control::compare(uint64_t at_most) const {
  if (canary_) canary_->compare(plugin_, at_most, nullptr, nullptr);
}

Status Control::load_rules(const std::string& toml) const {
  if (!rules_) return lacks(BARKER_EXT_RULES);
  char error[BARKER_ERROR_SIZE] = "";
  const int32_t code = rules_->load_rules(plugin_, as_string(toml), error);
  return code == BARKER_OK ? Status() : plugin_error(code, error);
}

Status Control::load_experiments(const std::string& toml) const {
  if (!experiments_) return lacks(BARKER_EXT_EXPERIMENTS);
  char error[BARKER_ERROR_SIZE] = "";
  const int32_t code = experiments_->load_experiments(plugin_, as_string(toml), error);
  return code == BARKER_OK ? Status() : plugin_error(code, error);
}

barker_stats Control::stats() const {
  barker_stats stats{};
  stats.struct_size = sizeof stats;
  api_.stats(plugin_, &stats);
  return stats;
}

Control::GenerationStats Control::stats_of(int32_t role) const {
  barker_generation_stats stats{};
  stats.struct_size = sizeof stats;
  if (canary_ && canary_->read_generation(plugin_, role, &stats) != BARKER_OK) return std::nullopt;
  return stats;
}

Result<Latencies> Control::latencies_of(int32_t role) const {
  if (!has_latencies()) return lacks(BARKER_EXT_CANARY ", read_latencies");
  Latencies latencies;
  latencies.ranges.resize(BARKER_MAX_LATENCIES);
  uint64_t count = 0;
  const int32_t code =
      canary_->read_latencies(plugin_, role, &latencies.generation, latencies.ranges.data(),
                              latencies.ranges.size(), &count);
  if (code != BARKER_OK) {
    return Status(Code::kFailedPrecondition,
                  "read_latencies failed with the code " + std::to_string(code));
  }
  latencies.ranges.resize(count);
  return latencies;
}

barker_agreement Control::agreement() const {
  barker_agreement agreement{};
  agreement.struct_size = sizeof agreement;
  if (canary_) canary_->read_agreement(plugin_, &agreement);
  return agreement;
}

}  // namespace barker
