#include "index/profiles/click_queue.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace barker {
namespace {

constexpr std::chrono::milliseconds kFirstRetry{50}, kLastRetry{1000};

}  // namespace

ClickQueue::ClickQueue(const ClickQueueOptions& options, Write write, Sweep sweep)
    : options_(options), write_(std::move(write)), sweep_(std::move(sweep)) {
  batch_.reserve(std::min(options_.batch, options_.most_waiting));
  thread_ = std::thread([this] { run(); });
}

ClickQueue::~ClickQueue() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

// The thread is woken when the first click comes and when a batch is full, and not for every click.
bool ClickQueue::push(ProfileClick&& click) noexcept {
  bool wake = false;
  try {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() + in_batch_ >= options_.most_waiting) {
      ++counters_.dropped;
      return false;
    }
    waiting_.push_back({counters_.recorded + 1, std::move(click)});
    ++counters_.recorded;
    wake = waiting_.size() == 1 || waiting_.size() == options_.batch;
  } catch (const std::bad_alloc&) {
    const std::lock_guard lock(mutex_);
    ++counters_.dropped;
    return false;
  }
  if (wake) wake_.notify_one();
  return true;
}

uint64_t ClickQueue::oldest() const {
  if (in_batch_ > 0) return oldest_in_batch_;
  return waiting_.empty() ? counters_.recorded + 1 : waiting_.front().number;
}

Status ClickQueue::flush() {
  std::unique_lock lock(mutex_);
  const uint64_t last = counters_.recorded, errors = counters_.errors;
  flush_wanted_ = true;
  wake_.notify_one();
  settled_.wait(lock, [&] { return oldest() > last || counters_.errors != errors; });
  return oldest() > last ? Status() : last_error_;
}

Result<bool> ClickQueue::erase(std::string_view user, const std::function<Result<bool>()>& remove) {
  const std::lock_guard writing(writing_);
  const auto is_users = [&](const ProfileClick& click) { return click.user == user; };
  bool had_clicks = false;
  {
    const std::lock_guard lock(mutex_);
    const size_t waiting =
        std::erase_if(waiting_, [&](const Waiting& w) { return is_users(w.click); });
    const size_t in_batch = std::erase_if(batch_, is_users);
    in_batch_ -= in_batch;
    had_clicks = waiting + in_batch > 0;
  }
  settled_.notify_all();
  Result<bool> removed = remove();
  if (!removed.ok()) return removed;
  return *removed || had_clicks;
}

ClickQueue::Counters ClickQueue::counters() const noexcept {
  const std::lock_guard lock(mutex_);
  Counters now = counters_;
  now.waiting = waiting_.size() + in_batch_;
  return now;
}

std::string ClickQueue::last_error() const {
  const std::lock_guard lock(mutex_);
  return last_error_.message();
}

std::chrono::milliseconds ClickQueue::pause() const {
  if (failures_in_row_ > 0) {
    const auto doubled = kFirstRetry * (1u << std::min<uint64_t>(failures_in_row_ - 1, 10));
    return std::min<std::chrono::milliseconds>(doubled, kLastRetry);
  }
  return waiting_.empty() ? options_.sweep_interval : options_.batch_interval;
}

// A click waits for others until the interval is over, a batch is full, or somebody calls flush().
void ClickQueue::run() {
  auto next_sweep = std::chrono::steady_clock::now() + options_.sweep_interval;
  for (;;) {
    bool stop = false;
    {
      std::unique_lock lock(mutex_);
      const bool was_empty = waiting_.empty();
      const auto due = [&] {
        if (stopping_ || flush_wanted_) return true;
        if (failures_in_row_ > 0) return false;
        return waiting_.size() >= options_.batch || (was_empty && !waiting_.empty());
      };
      const bool is_due = wake_.wait_for(lock, pause(), due);
      stop = stopping_;
      const bool first_came = is_due && was_empty && !stop && !flush_wanted_;
      if (first_came && waiting_.size() < options_.batch) continue;
      flush_wanted_ = false;
    }
    write_all();
    if (stop) break;
    if (std::chrono::steady_clock::now() >= next_sweep) {
      const std::lock_guard writing(writing_);
      try {
        sweep_();
      } catch (const std::exception&) {  // there is no memory; the next sweep goes on
      }
      next_sweep = std::chrono::steady_clock::now() + options_.sweep_interval;
    }
  }
  const std::lock_guard lock(mutex_);
  counters_.dropped += waiting_.size() + in_batch_;
}

// A batch that failed before goes first, because the order of a user's clicks must stay.
bool ClickQueue::take_batch() {
  const std::lock_guard lock(mutex_);
  if (!batch_.empty()) return true;
  if (waiting_.empty()) return false;
  oldest_in_batch_ = waiting_.front().number;
  const size_t count = std::min(waiting_.size(), options_.batch);
  for (size_t i = 0; i < count; ++i) {
    batch_.push_back(std::move(waiting_.front().click));
    waiting_.pop_front();
  }
  in_batch_ = count;
  return true;
}

Status ClickQueue::write_batch() noexcept {
  try {
    return write_(batch_);
  } catch (const std::exception& error) {
    return io_error(std::string("profiles: ") + error.what());
  }
}

void ClickQueue::write_all() {
  for (;;) {
    const std::lock_guard writing(writing_);
    if (!take_batch()) break;
    Status status = write_batch();
    const std::lock_guard lock(mutex_);
    if (!status.ok()) {
      ++counters_.errors;
      ++failures_in_row_;
      last_error_ = std::move(status);
      break;
    }
    counters_.written += in_batch_;
    in_batch_ = 0;
    failures_in_row_ = 0;
    batch_.clear();
    settled_.notify_all();
  }
  settled_.notify_all();
}

}  // namespace barker
