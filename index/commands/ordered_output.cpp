#include "index/commands/ordered_output.h"

#include <algorithm>

namespace barker {

OrderedOutput::OrderedOutput(size_t capacity, std::function<void(const std::string&)> write)
    : write_(std::move(write)), waiting_(std::max<size_t>(1, capacity)) {}

// The thread with the ticket that is next never waits, so that the others cannot wait for ever.
bool OrderedOutput::put(uint64_t ticket, std::string answer) {
  std::unique_lock<std::mutex> lock(mutex_);
  moved_.wait(lock, [&] { return ticket >= end_ || ticket < next_ + waiting_.size(); });
  if (ticket >= end_) return false;
  slot(ticket) = std::move(answer);
  for (; next_ < end_ && slot(next_); ++next_) {
    write_(*slot(next_));
    slot(next_).reset();
  }
  moved_.notify_all();
  return true;
}

void OrderedOutput::stop_before(uint64_t ticket) {
  const std::lock_guard<std::mutex> lock(mutex_);
  end_ = std::min(end_, ticket);
  moved_.notify_all();
}

}  // namespace barker
