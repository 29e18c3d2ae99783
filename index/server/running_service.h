// The whole service of `barker serve`: it opens what a configuration names and answers until it is
// stopped. Threads: one, but for what is marked.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "index/config/service_config.h"
#include "models/base/result.h"

namespace barker {

// What belongs to rooms that the server does not know.
struct ServiceHooks {
  std::string plugin;  // libbarker.so, where the configuration names none
  // The file, once it passed every check, becomes the next version of this weights directory:
  // CURRENT where the label is empty, otherwise the label. Returns the version's name.
  std::function<Result<std::string>(const std::string& file, const std::string& directory,
                                    const std::string& label)>
      publish;
  // The label canary of this weights directory becomes CURRENT; returns the version's name.
  std::function<Result<std::string>(const std::string& directory)> promote;
  // What a weight file holds, as a JSON object on one line.
  std::function<Result<std::string>(const std::string& file)> describe;
};

class RunningService {
 public:
  // Opens everything and answers. The error names what cannot be opened.
  static Result<std::unique_ptr<RunningService>> start(const ServiceConfig& config,
                                                       const ServiceHooks& hooks);
  ~RunningService();  // stops
  RunningService(const RunningService&) = delete;
  RunningService& operator=(const RunningService&) = delete;

  const std::vector<std::string>& addresses() const;  // "http://127.0.0.1:8080"

  // Looks for changed weights and rules, and opens the access log anew. [any thread]
  void reload() const;

  void fail_readiness();  // from now on /readyz says that the server is about to stop

  // Answers what runs, then closes everything. Returns how many connections were cut off.
  size_t stop();

  // Waits until the event log and the histories have all that was accepted. The error says why they
  // have not. After stop().
  Status flush();

 private:
  struct Parts;
  explicit RunningService(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace barker
