// One connection to a Redis, of which every call ends at its deadline. The socket is our own,
// because hiredis waits for each piece of an answer anew and writes in a way that can raise
// SIGPIPE; hiredis reads the answers. A connection belongs to one thread at a time.
#pragma once

#include <chrono>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "index/profiles/redis_address.h"
#include "models/base/result.h"

struct redisReply;
struct redisReader;

namespace barker {

struct FreeRedisReply {
  void operator()(redisReply* reply) const noexcept;
};
struct FreeRedisReader {
  void operator()(redisReader* reader) const noexcept;
};
using RedisReply = std::unique_ptr<redisReply, FreeRedisReply>;

class RedisConnection {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // Connects, logs in and selects the database. The look-up of a host's name is up to the system
  // and does not know the deadline.
  static Result<std::unique_ptr<RedisConnection>> connect(const RedisAddress& address,
                                                          Time deadline);
  ~RedisConnection();
  RedisConnection(const RedisConnection&) = delete;
  RedisConnection& operator=(const RedisConnection&) = delete;

  // Adds a command to those that the next exchange() sends.
  void add(std::initializer_list<std::string_view> words);
  void add(std::span<const std::string_view> words);

  // Sends what was added and waits for an answer to each command; replies() has them afterwards.
  // False at the deadline or if the connection is lost; error() says why, and nothing may be
  // exchanged afterwards, because answers would be taken for those of other commands.
  bool exchange(Time deadline);

  std::vector<RedisReply>& replies() { return replies_; }
  // The first of the replies that is an error of Redis; null if there is none.
  const redisReply* refusal() const;
  const std::string& error() const { return error_; }

 private:
  RedisConnection() = default;
  Status open(const RedisAddress& address, Time deadline);
  Status log_in(const RedisAddress& address, Time deadline);
  bool open_socket(int family, const void* address, unsigned size, Time deadline);
  bool send_all(Time deadline);
  bool receive(size_t count, Time deadline);
  bool wait(short events, Time deadline);
  bool fail(std::string error);

  int socket_ = -1;
  std::unique_ptr<redisReader, FreeRedisReader> reader_;
  std::string out_;
  size_t commands_ = 0;  // in out_
  std::vector<RedisReply> replies_;
  std::string error_;
};

}  // namespace barker
