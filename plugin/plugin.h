// The object behind a barker_plugin handle. It owns configuration, weights, rules, scratch memory
// and counters.
#pragma once

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "plugin/answer.h"
#include "plugin/barker.h"
#include "plugin/call_lock.h"
#include "plugin/catalogue.h"
#include "plugin/comparison.h"
#include "plugin/config.h"
#include "plugin/counters.h"
#include "plugin/pins.h"
#include "plugin/prepared.h"
#include "plugin/recording.h"
#include "plugin/request.h"
#include "plugin/serving.h"
#include "plugin/workspace.h"
#include "scoring/user_state.h"

namespace barker {

class Plugin {
 public:
  Plugin(Config config, const KernelTable& kernels, const barker_host& host);

  // [control thread] The caller holds control_lock(). load and promote_canary keep what served
  // before for a rollback; replace and replace_by_canary leave what a rollback leads to as it is.
  Result<uint64_t> load(const std::string& path);
  Result<uint64_t> replace(const std::string& path);
  Result<uint64_t> rollback();
  Status load_rules(std::string_view toml);
  Status load_experiments(std::string_view toml);
  Result<uint64_t> start_canary(const std::string& path);
  Result<uint64_t> promote_canary();
  Result<uint64_t> replace_by_canary();
  Status stop_canary();
  Status set_canary_shares(double served, double compared);

  // Catalogues (catalogue.h), which have a handle. [control thread] They are resolved for what
  // serves before this returns.
  Result<uint64_t> change_catalogue(uint64_t handle, const Catalogue::Changes& changes);  // 0: none
  Status release_catalogue(uint64_t handle);
  Result<const Catalogue*> catalogue(uint64_t handle) const;  // of those that serve

  // [any thread] The request and response have been checked (request.h).
  // False: response.text_capacity is less than response.text_size, and nothing was counted. The
  // answer is explained to `json` unless that is null; it is empty where there was no memory for an
  // explanation.
  bool rescore(const CheckedRequest& request, barker_response& response,
               std::string* json = nullptr);
  std::string explain(const CheckedRequest& request);
  std::unique_ptr<PreparedQuery> begin_query(const CheckedRequest& request);
  // With what served when another one began.
  std::unique_ptr<PreparedQuery> begin_query(const CheckedRequest& request,
                                             const PreparedQuery& beside);
  // The user's state after what was shown (barker.learn/1). failed_precondition without weights,
  // unsupported where they have no states.
  Result<UserState> learn(const CheckedRequest& request, std::span<const barker_shown> shown);
  void read_learning(int32_t role, barker_learning& learning) const;
  UserStateUse describe_state(std::string_view state, UserStateHead& head) const;
  // Throws RefusedRequest, as do rescore and explain.
  uint64_t text_bound(const CheckedRequest& request) const;
  // The caller holds compare_lock().
  uint64_t compare(uint64_t at_most);
  void read_agreement(barker_agreement& agreement) const;
  // Of a role (BARKER_ROLE_*); null: nothing plays it. Throws std::bad_alloc without memory.
  std::shared_ptr<const Generation> generation(int32_t role) const;
  void read_stats(barker_stats& stats) const;
  bool read_generation(int32_t role, barker_generation_stats& stats) const;  // false: no memory
  std::optional<CanaryShares> canary_shares() const;  // in force; nothing: no memory
  // Returns how many ranges it wrote; nothing where there was no memory to read them.
  std::optional<size_t> read_latencies(
      int32_t role, uint64_t& generation,
      std::span<barker_latencies, LatencyHistogram::kBuckets> latencies) const;

  // How a query is answered: the arms of its user, and a seed where it has none.
  Treatment treatment_of(const barker_request& request, const Experiments& experiments);

  // Adds a query that was answered on `weights` (not null where answer.generation is not 0) to all
  // counters. Returns how many there were before it.
  uint64_t count_query(const Answer& answer, const RuledGeneration* weights);
  Counters& counters() { return counters_; }
  const Config& config() const { return config_; }
  uint32_t host_minor() const { return host_.abi_minor; }  // of the host's header
  CallLock& control_lock() { return control_; }
  CallLock& compare_lock() { return compare_; }

 private:
  // Control calls prepare first, where all may fail, then serve(), which fails or switches, then
  // only keep books: what has been switched is never reported as a failure.
  Result<RuledGeneration> prepare(const std::string& path);
  Status check_latency(const Generation& next) const;
  void serve(Serving next);
  void serve_catalogues(CatalogueSet catalogues);
  RuledGeneration serve_weights(RuledGeneration weights);
  RuledGeneration serve_canary();
  uint64_t tell_promotion() const;
  void record(const barker_request& request, CompletedAds& ads) noexcept;
  uint64_t window_of(const barker_request& request) const;
  uint64_t count_load(const RuledGeneration& weights, std::string_view what);
  void log(int32_t level, std::initializer_list<std::string_view> parts) const;

  const Config config_;
  const KernelTable& kernels_;
  const barker_host host_;
  Counters counters_;
  mutable Pins pins_;
  WorkspacePool workspaces_;
  CallLock control_;  // one control call at a time; no query takes it
  std::unique_ptr<const Serving> serving_;
  std::atomic<const Serving*> current_;                 // what serving_ owns
  std::atomic<uint64_t> serving_id_{0}, canary_id_{0};  // of its generations
  RuledGeneration previous_;                            // kept for a rollback
  uint64_t last_id_ = 0;
  uint64_t last_catalogue_ = 0;
  std::atomic<uint64_t> next_seed_;
  RecordingQueue recordings_;  // from the query threads to compare()
  CallLock compare_;           // held while comparison_ is changed or read
  Comparison comparison_;
};

}  // namespace barker
