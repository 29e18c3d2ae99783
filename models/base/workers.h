// Threads that share the work of the thread that owns them.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace barker {

class Workers {
 public:
  // count: how many threads work, the owner's included; at least 1. Throws std::system_error where
  // the system gives no more threads.
  explicit Workers(size_t count);
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  size_t count() const { return errors_.size(); }

  // Calls work(0) on this thread and work(1) to work(count - 1) each on a thread of its own, and
  // returns when all of them have. Throws what one of them threw; of several, that of the lowest
  // number. Only the owner's thread may call it, and not from within `work`.
  void run(const std::function<void(size_t)>& work);

 private:
  void serve(const std::stop_token& stop, size_t number);
  void call(size_t number);

  std::vector<std::exception_ptr> errors_;  // of this round, one for each thread
  std::mutex mutex_;
  std::condition_variable_any begun_, ended_;
  const std::function<void(size_t)>* work_ = nullptr;
  uint64_t round_ = 0;                 // guarded by mutex_, like work_
  size_t running_ = 0;                 // threads that this round waits for; guarded by mutex_
  std::vector<std::jthread> threads_;  // last, so that they end before what they use
};

}  // namespace barker
