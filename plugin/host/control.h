// The control calls of a plugin as functions with results: load, replace, roll back, canary, rules.
//
// A Control reads the tables of the extensions once. Where a plugin is too old for a call, a has_
// function says so; calling it all the same returns kUnsupported. Threads: one at a time, and no
// other code may make control calls meanwhile. The plugin must outlive the object.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "models/base/result.h"
#include "plugin/barker.h"
#include "plugin/host/slowdown.h"

namespace barker {

class Control {
 public:
  using GenerationStats = std::optional<barker_generation_stats>;
  struct Shares {  // of users whom the canary serves, and of queries on which it is compared
    double served = 0, compared = 0;
    bool operator==(const Shares&) const = default;
  };

  Control(const barker_api& api, barker_plugin* plugin);

  // Each makes other weights serve and returns their generation. With load and promote_canary, what
  // served before becomes what roll_back leads to; with the replace_ functions, the way back stays
  // as it is.
  Result<uint64_t> load(const std::string& path) const;
  Result<uint64_t> replace(const std::string& path) const;
  Result<uint64_t> promote_canary() const;
  Result<uint64_t> replace_by_canary() const;

  // kFailedPrecondition: there is no way back.
  Result<uint64_t> roll_back() const;

  Result<uint64_t> start_canary(const std::string& path) const;
  Status stop_canary() const;  // kFailedPrecondition: no canary runs
  Status set_shares(const Shares& shares) const;
  std::optional<Shares> shares() const;  // in force; nothing: the plugin does not tell
  void compare(uint64_t at_most) const;  // does nothing without BARKER_EXT_CANARY

  Status load_rules(const std::string& toml) const;
  Status load_experiments(const std::string& toml) const;

  bool has_replace() const { return swap_.has_value(); }
  bool has_canary() const { return canary_.has_value(); }
  bool has_latencies() const { return canary_ && canary_->read_latencies; }

  barker_stats stats() const;
  // The counters of the generation with this BARKER_ROLE_*. Nothing where the plugin had no memory
  // to read them; all zero where the plugin lacks BARKER_EXT_CANARY.
  GenerationStats stats_of(int32_t role) const;
  // How long its queries took. kUnsupported: the plugin does not tell. Any other error: reading
  // failed this time and may succeed later, because the plugin may have been short of memory.
  Result<Latencies> latencies_of(int32_t role) const;
  barker_agreement agreement() const;

 private:
  template <typename Call>
  Result<uint64_t> generation_of(Call call) const;

  const barker_api& api_;
  barker_plugin* const plugin_;
  const std::optional<barker_rules> rules_;
  const std::optional<barker_experiments> experiments_;
  const std::optional<barker_canary> canary_;
  const std::optional<barker_swap> swap_;
};

}  // namespace barker
