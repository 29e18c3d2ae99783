// A Unix socket on which an engine answers its administrator: one line in, one line out.
//
// The socket is of mode 0600, so that only the engine's own user and root can ask. Each side waits
// a limited time for the other, so that a client that stalls cannot hold up the control thread.
// Threads: one at a time for an AdminSocket; ask_engine from any thread. Errors: kIoError, and
// kInvalidArgument for a path that is no address.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "models/base/result.h"

namespace barker {

class AdminSocket {
 public:
  // Makes the socket. One that a dead engine left at `path` is replaced; anything else there is an
  // error. The socket holds a lock on the file `path`.lock while it lives, so that of two engines
  // that start at once one takes the path and the other leaves it alone. The lock file stays.
  static Result<AdminSocket> listen(const std::string& path);
  ~AdminSocket();
  AdminSocket(AdminSocket&& other) noexcept;
  AdminSocket& operator=(AdminSocket&&) = delete;

  int descriptor() const { return descriptor_; }  // readable when a client connects

  // Answers one client. Waits at most a second for its command and a second for it to take the
  // answer. Returns false where the client could not be accepted, because no descriptor was free;
  // descriptor() stays readable then.
  bool answer(const std::function<std::string(const std::string&)>& reply) const;

 private:
  explicit AdminSocket(int lock) : lock_(lock) {}
  std::string path_;  // empty: the socket has not been made, so that there is none to remove
  int lock_, descriptor_ = -1;
};

// Asks the engine at `path` and returns its answer. The default patience is long, because an engine
// answers only when the weights that it is loading have been loaded.
Result<std::string> ask_engine(const std::string& path, const std::string& command,
                               std::chrono::milliseconds patience = std::chrono::minutes(1));

}  // namespace barker
