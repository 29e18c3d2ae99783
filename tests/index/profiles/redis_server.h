// A redis-server of a test: a process of its own on a Unix socket in the temporary directory, which
// keeps nothing on disk and ends with the test.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "index/profiles/profile_store.h"

namespace barker {

class RedisServer {
 public:
  // Why there can be no server here; empty if there can.
  static std::string skip();

  // Starts it and waits until it answers. `options` are more words of its command line.
  explicit RedisServer(std::vector<std::string> options = {});
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  const std::string& socket() const { return socket_; }
  std::string address() const { return "unix:" + socket_; }

  void start();
  void kill();   // it loses all that it has
  void pause();  // it takes connections and answers nothing
  void resume();

  // The answer to a command, as text: an integer in digits, "(nil)" for none.
  std::string ask(std::initializer_list<std::string_view> words) const;

 private:
  const std::vector<std::string> options_;
  const std::string directory_, socket_;
  pid_t process_ = -1;
};

struct RedisPlace {
  static std::string skip() { return RedisServer::skip(); }
  const RedisServer server;
  // Budgets are wide, because a test machine may be busy with other things.
  ProfileStoreOptions options() const {
    ProfileStoreOptions options;
    options.store = server.address();
    options.redis_read = std::chrono::seconds(10);
    options.redis_write = std::chrono::seconds(10);
    return options;
  }
};

}  // namespace barker
