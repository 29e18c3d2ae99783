// Puts the answers of several threads into the order of their questions.
//
//   OrderedOutput output(4 * threads, [](const std::string& answer) { ... });
//   output.put(ticket, answer);      // on any thread; tickets 0, 1, 2, ... each exactly once
//
// A thread whose answer comes early leaves it here and goes on. At most `capacity` answers wait, so
// that one slow query does not make the others fill the memory: a thread that is further ahead
// waits. [any thread]
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace barker {

class OrderedOutput {
 public:
  // `write` is called with one answer at a time, in the order of the tickets, on the thread that
  // puts the answer which was waited for.
  OrderedOutput(size_t capacity, std::function<void(const std::string&)> write);

  // Returns false, without writing, once stop() was called.
  bool put(uint64_t ticket, std::string answer);

  // Ends the output before this ticket: answers before it are still written, and puts of it and of
  // later ones return false. Of several calls, the one with the lowest ticket counts.
  void stop_before(uint64_t ticket);

 private:
  std::optional<std::string>& slot(uint64_t ticket) { return waiting_[ticket % waiting_.size()]; }

  const std::function<void(const std::string&)> write_;
  std::mutex mutex_;
  std::condition_variable moved_;
  std::vector<std::optional<std::string>> waiting_;  // [capacity]
  uint64_t next_ = 0;                                // ticket to be written next
  uint64_t end_ = UINT64_MAX;                        // tickets from here on are not written
};

}  // namespace barker
