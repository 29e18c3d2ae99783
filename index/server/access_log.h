// The access log: one JSON line for each request. Lines are gathered and written by a thread of the
// log's own, so that a slow disk holds up no request; what does not fit any more is dropped and
// counted.
//
//   {"time":"2026-01-31T12:00:00.123Z","peer":"127.0.0.1","method":"GET","route":"/v1/search",
//    "status":200,"bytes":5120,"seconds":0.000412,"request_id":"...","user":"HASH"}
//
// The route stands for the path, because paths and queries hold what people typed and their ids.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "index/server/http_server.h"
#include "index/server/user_salt.h"

namespace barker {

class AccessLog {
 public:
  // Appends to the file; "-" is standard error. reopen() opens the path anew, for log rotation.
  static Result<std::unique_ptr<AccessLog>> open(const std::string& path, const UserSalt& salt);
  ~AccessLog();  // writes what is left
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  void add(const FinishedRequest& request);  // [any thread]
  void reopen();                             // [any thread]
  uint64_t dropped() const;                  // [any thread]

 private:
  AccessLog(std::string path, int descriptor, const UserSalt& salt);
  void run();

  const std::string path_;
  const UserSalt salt_;
  int descriptor_;  // of the thread, once it runs
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string lines_;
  uint64_t dropped_ = 0;
  bool ends_ = false, reopens_ = false;
  std::thread thread_;
};

}  // namespace barker
