// Makes the connections of readers on a thread of its own, so that a search never waits for one.
//
// A reader has a slot. Where its connection fails, it asks for another one and goes on without, and
// takes the new one out of the slot when it is there: this is the circuit breaker. A connection is
// given out only after a PING came back within the time that a read may take. Between two attempts
// lie 20 ms, and twice as many after each that fails, up to a second. The first attempt that fails
// is reported, and the first one after it that does not.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "index/profiles/redis_connection.h"
#include "models/base/outage.h"

namespace barker {

class RedisConnector {
 public:
  class Slot {
   public:
    ~Slot() { delete ready_.load(); }
    // The new connection, once; null if there is none yet. [the reader's thread]
    std::unique_ptr<RedisConnection> take() noexcept {
      if (ready_.load(std::memory_order_relaxed) == nullptr) return nullptr;
      return std::unique_ptr<RedisConnection>(ready_.exchange(nullptr, std::memory_order_acquire));
    }

   private:
    friend class RedisConnector;
    std::atomic<RedisConnection*> ready_ = nullptr;
    std::atomic<bool> wanted_ = false;
  };

  // `report` is told when Redis does not answer and when it answers again [any thread]; empty: it
  // is not told.
  RedisConnector(RedisAddress address, std::chrono::microseconds read,
                 std::chrono::milliseconds connect, Report report);
  ~RedisConnector();
  RedisConnector(const RedisConnector&) = delete;
  RedisConnector& operator=(const RedisConnector&) = delete;

  // A slot of a new reader. Unless Redis is known to be dead, a first connection is made before
  // this returns, so that the first search has one. [any thread]
  std::shared_ptr<Slot> add();

  // Asks for a connection. Waits for nothing but a mutex that is held for moments. [any thread]
  void want(Slot& slot) noexcept;

 private:
  void run();
  bool serve_wanted();
  std::unique_ptr<RedisConnection> connect();
  Result<std::unique_ptr<RedisConnection>> try_to_connect() const;

  const RedisAddress address_;
  const std::chrono::microseconds read_;
  const std::chrono::milliseconds connect_;
  Outage outage_;  // Redis does not answer

  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::vector<std::weak_ptr<Slot>> slots_;
  bool is_wanted_ = false, stopping_ = false;

  std::thread thread_;  // last, so that all it uses exists
};

}  // namespace barker
