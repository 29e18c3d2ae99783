// The object behind a barker_plugin handle: configuration, weights, rules, workspaces, counters.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "plugin/barker.h"
#include "plugin/config.h"
#include "plugin/query.h"
#include "plugin/serving.h"
#include "plugin/workspace.h"

namespace barker {

class Plugin {
 public:
  Plugin(Config config, const KernelTable& kernels, const barker_host& host);

  // [control thread]
  Result<uint64_t> load(const std::string& path);
  Result<uint64_t> rollback();
  Status load_rules(std::string_view toml);

  // [any thread] The request and response have been checked (request.h).
  // False: response.text_capacity is less than response.text_size.
  bool rescore(const barker_request& request, barker_response& response);
  std::string explain(const barker_request& request);
  void read_stats(barker_stats& stats) const;

  Counters& counters() { return counters_; }

 private:
  void log(int32_t level, const std::string& message) const;
  Status check_latency(const Generation& next) const;
  void serve(RuledGeneration weights, std::shared_ptr<const Rules> rules);

  const Config config_;
  const KernelTable& kernels_;
  const barker_host host_;
  Counters counters_;
  mutable WorkspacePool workspaces_;
  std::mutex control_;  // one control call at a time; no query takes it
  std::unique_ptr<const Serving> serving_;
  std::atomic<const Serving*> current_;  // serving_
  RuledGeneration previous_;             // kept for a rollback
  uint64_t last_id_ = 0;
};

}  // namespace barker
