// The object behind a barker_plugin handle: configuration, weights, workspaces, counters.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "plugin/barker.h"
#include "plugin/config.h"
#include "plugin/generation.h"
#include "plugin/query.h"
#include "plugin/workspace.h"

namespace barker {

class Plugin {
 public:
  Plugin(Config config, const KernelTable& kernels, const barker_host& host)
      : config_(std::move(config)), kernels_(kernels), host_(host) {}

  // [control thread]
  Result<uint64_t> load(const std::string& path);
  Result<uint64_t> rollback();

  // [any thread] The request and response have been checked (request.h).
  // False: response.text_capacity is less than response.text_size.
  bool rescore(const barker_request& request, barker_response& response);
  std::string explain(const barker_request& request);
  void read_stats(barker_stats& stats) const;

  Counters& counters() { return counters_; }

 private:
  void log(int32_t level, const std::string& message) const;
  void switch_to(std::unique_ptr<const Generation> next);

  const Config config_;
  const KernelTable& kernels_;
  const barker_host host_;
  Counters counters_;
  mutable WorkspacePool workspaces_;
  std::mutex control_;  // one control call at a time; no query takes it
  std::atomic<const Generation*> current_{nullptr};  // the one in serving_
  std::unique_ptr<const Generation> serving_, previous_;
  uint64_t last_id_ = 0;
};

}  // namespace barker
