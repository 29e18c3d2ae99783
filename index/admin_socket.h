// A Unix socket on which an engine answers its administrator: one line in, one line out.
#pragma once

#include <functional>
#include <string>

#include "models/result.h"

namespace barker {

class AdminSocket {
 public:
  // Made for its owner alone (mode 0600). A socket that nobody answers on any more is replaced;
  // anything else at `path` is an error.
  static Result<AdminSocket> listen(const std::string& path);
  ~AdminSocket();
  AdminSocket(AdminSocket&& other) noexcept;
  AdminSocket& operator=(AdminSocket&&) = delete;

  int descriptor() const { return descriptor_; }  // readable when somebody asks

  // Answers one who asks. Waits a second at most for his line.
  void answer(const std::function<std::string(const std::string&)>& reply) const;

 private:
  AdminSocket(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  std::string path_;
  int descriptor_;
};

// The other side: what the engine at `path` answers to `command`.
Result<std::string> ask_engine(const std::string& path, const std::string& command);

}  // namespace barker
