// The access log: one JSON line for each request. Lines are gathered and written by a thread of the
// log's own, so that a slow disk holds up no request; what does not fit any more or cannot be
// written is dropped and counted. A line of which a part was written, as on a full disk, is ended,
// so that no line is two records run together.
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
#include "models/base/outage.h"

namespace barker {

class AccessLog {
 public:
  // Appends to the file; "-" is standard output. reopen() opens the path anew, for log rotation.
  // Where that fails, it is tried again and the old file takes the lines meanwhile. `report` is
  // told when writing or opening begins to fail, and when it works again.
  static Result<std::unique_ptr<AccessLog>> open(const std::string& path, const UserSalt& salt,
                                                 Report report = {});
  ~AccessLog();  // writes what is left
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  void add(const FinishedRequest& request);  // [any thread]
  void reopen();                             // [any thread]

  // Bytes that wait to be written, and lines that were lost. [any thread]
  struct Counts {
    uint64_t waiting = 0, dropped = 0;
  };
  Counts counts() const;

 private:
  AccessLog(std::string path, int descriptor, const UserSalt& salt, Report report);
  void run();
  void write(const std::string& lines);
  bool open_anew();

  const std::string path_;
  const UserSalt salt_;
  // Of the thread, once it runs.
  int descriptor_;
  bool is_within_line_;  // what was written last has no line end
  Outage outage_, reopening_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string lines_;
  uint64_t dropped_ = 0;
  bool ends_ = false, reopens_ = false;
  std::thread thread_;
};

}  // namespace barker
