// A Unix socket on which an engine answers its administrator: one line in, one line out.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "models/base/result.h"

namespace barker {

class AdminSocket {
 public:
  // Made for its owner alone (mode 0600). A socket that nobody answers on any more is replaced;
  // anything else at `path` is an error. Holds a lock on `path`.lock, which stays, so that of two
  // engines that start at once one takes the path and the other leaves it alone.
  static Result<AdminSocket> listen(const std::string& path);
  ~AdminSocket();
  AdminSocket(AdminSocket&& other) noexcept;
  AdminSocket& operator=(AdminSocket&&) = delete;

  int descriptor() const { return descriptor_; }  // readable when somebody asks

  // Answers one who asks. Waits a second at most for his line, and one for him to take the answer.
  // False: he could not be let in (no descriptor is free), and the descriptor stays readable.
  bool answer(const std::function<std::string(const std::string&)>& reply) const;

 private:
  explicit AdminSocket(int lock) : lock_(lock) {}
  std::string path_;  // empty: what is there is not ours
  int lock_, descriptor_ = -1;
};

// The other side: what the engine at `path` answers to `command`. It may be loading weights.
Result<std::string> ask_engine(const std::string& path, const std::string& command,
                               std::chrono::milliseconds patience = std::chrono::minutes(1));

}  // namespace barker
