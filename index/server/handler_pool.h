// A bounded pool of threads that answer requests, first come, first served. Of the threads that
// have nothing to do, the one that had last something to do takes the next request, because its
// memory is still in the caches. What finds the queue full, or its oldest request
// waiting for too long already, is refused at once; what waited for too long is not worth the work
// any more. Both keep the answers that are given fast when more requests come than can be answered.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "index/server/http_message.h"

namespace barker {

using Handler = std::function<HttpResponse(const HttpRequest&)>;

// Calls the handler. What it throws, which means that memory ran out, becomes a response.
HttpResponse call_handler(const Handler& handler, const HttpRequest& request);

struct PoolOptions {
  size_t threads = 1;
  size_t waiting = 64;                     // requests that may wait
  std::chrono::milliseconds longest_wait;  // since the request was received
};

class HandlerPool {
 public:
  using Done = std::function<void(HttpResponse)>;

  // Calls `make` on each thread, so that each has a handler of its own.
  HandlerPool(const PoolOptions& options, std::function<Handler()> make);
  ~HandlerPool();  // ends
  HandlerPool(const HandlerPool&) = delete;
  HandlerPool& operator=(const HandlerPool&) = delete;

  // Whether a request would be taken that was received now. Others may take the place meanwhile.
  // [any thread]
  bool has_room(std::chrono::steady_clock::time_point now) const;

  // Returns false where there is no room; `request` and `done` are then as they were. `done` is
  // called once, on a thread of the pool, and must not throw. [any thread]
  bool submit(HttpRequest& request, Done& done);

  size_t waiting() const;  // [any thread]

  // Returns at once unless two requests wait for every thread of the pool. Otherwise it returns
  // when one is left for each, or `most` has passed; `rests` is true while it waits. A thread that
  // brings requests calls it: what it brought now would wait all the same, and to bring several at
  // a time takes a core from the pool's threads once for all of them. [any thread]
  void rest_while_busy(std::chrono::microseconds most, std::atomic<bool>& rests);

  // Answers what waits and ends the threads. What is submitted from now on finds no room. [one
  // thread]
  void end();

 private:
  struct Job {
    HttpRequest request;
    Done done;
  };
  struct Sleeper {
    std::condition_variable woken;
    bool is_woken = false;
  };
  void run(Sleeper& self);
  bool take(Sleeper& self, Job& job);
  bool has_room_locked(std::chrono::steady_clock::time_point now) const;

  const PoolOptions options_;
  const std::function<Handler()> make_;
  mutable std::mutex mutex_;
  std::deque<Sleeper> places_;      // one for each thread; they stay where they are
  std::vector<Sleeper*> sleepers_;  // threads without work; the last fell asleep last
  std::condition_variable less_;    // there is less to do
  size_t resting_ = 0;              // threads in rest_while_busy()
  std::deque<Job> jobs_;
  bool ends_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace barker
