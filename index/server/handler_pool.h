// A bounded pool of threads that answer requests, first come, first served. Of the threads that
// have nothing to do, the one that had last something to do takes the next request, because its
// memory is still in the caches. What finds the queue full, or its oldest request
// waiting for too long already, is refused at once; what waited for too long is not worth the work
// any more. Both keep the answers that are given fast when more requests come than can be answered.
//
// A pool's threads may bring the requests, too: a thread that finds few left looks for others where
// they come from, and one that finds none waits there. It answers itself what it brings, so that no
// other thread must be woken. While no thread waits there, tend() looks every now and then.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
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
  size_t waiting = 64;  // requests that may wait, beside one for each thread that answers none
  std::chrono::milliseconds longest_wait;  // since the request was received
};

// Where requests come from, such as the sockets of an event loop. Its functions submit what they
// find. One thread at a time is in `look` or `wait`, and what one did, the next one sees.
struct RequestSource {
  std::function<bool()> look;  // at some of what is there; true: there may be more
  std::function<void()> wait;  // until something is there, and looks at it
  std::function<void()> wake;  // lets wait() return [any thread]
};

class HandlerPool {
 public:
  using Done = std::function<void(HttpResponse)>;

  // Calls `make` on each thread, so that each has a handler of its own. The threads begin with
  // start().
  HandlerPool(const PoolOptions& options, std::function<Handler()> make,
              std::vector<RequestSource> sources = {});
  ~HandlerPool();  // ends
  HandlerPool(const HandlerPool&) = delete;
  HandlerPool& operator=(const HandlerPool&) = delete;

  void start();  // [one thread]

  // Whether a request would be taken that was received now. Others may take the place meanwhile.
  // [any thread]
  bool has_room(std::chrono::steady_clock::time_point now) const;

  // Returns false where there is no room; `request` and `done` are then as they were. `done` is
  // called once, on a thread of the pool, and must not throw. `source` is the number of the source
  // of which a function calls this. [any thread]
  bool submit(HttpRequest& request, Done& done, size_t source);

  size_t waiting() const;  // [any thread]

  // Whether a request waited for every thread when a source was last looked at. It is looked at
  // again when fewer are left than there are threads, or by tend(). [any thread]
  bool is_busy() const { return is_busy_; }

  // Looks at a source that no thread watches: every `often` while the pool is busy or no thread
  // came since the last look, otherwise, and where many requests wait, every `seldom`. Where none
  // came, a thread that has nothing to do is woken to wait there. Sleeps while a thread of the pool
  // waits there and nothing comes, and returns at the end. [one thread for each source]
  void tend(size_t source, std::chrono::microseconds often, std::chrono::microseconds seldom);

  // Answers what waits and ends the threads. What is submitted from now on finds no room. [one
  // thread]
  void end();

 private:
  struct Job {
    HttpRequest request;
    Done done;
  };
  struct Watched {
    explicit Watched(RequestSource request_source) : source(std::move(request_source)) {}
    const RequestSource source;
    bool is_watched = false;         // a thread is in look() or wait()
    bool waits = false;              // in wait(), and not told to return
    bool takes_next = false;         // it will answer a request that it brings
    bool is_wanted = false;          // another thread came meanwhile and went to sleep
    uint64_t times = 0;              // that it was looked at
    bool tender_sleeps = false;      // tend() does, until something comes
    std::condition_variable tended;  // for tend()
  };
  struct Sleeper {
    Watched* watched = nullptr;  // of which the thread is a watcher; null: there are no sources
    std::condition_variable woken;
    bool is_woken = false;
    bool answers = false;  // the thread has a request
  };
  using Lock = std::unique_lock<std::mutex>;
  void run(Sleeper& self);
  bool take(Sleeper& self, Job& job);
  bool look(Watched& watched, Lock& lock);
  void look_or_sleep(Sleeper& self, Lock& lock);
  void begin_watch(Watched& watched);
  void end_watch(Watched& watched);
  void wake(std::vector<Sleeper*>::iterator sleeper);
  void wake_watcher(const Watched& watched);
  bool has_room_locked(std::chrono::steady_clock::time_point now) const;

  const PoolOptions options_;
  const std::function<Handler()> make_;
  mutable std::mutex mutex_;
  std::deque<Watched> sources_;     // they stay where they are
  std::deque<Sleeper> places_;      // one for each thread; they stay where they are
  std::vector<Sleeper*> sleepers_;  // threads without work; the last fell asleep last
  std::deque<Job> jobs_;
  size_t answering_ = 0;  // threads that have a request
  std::atomic<bool> is_busy_{false};
  bool ends_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace barker
