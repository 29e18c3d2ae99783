// The clicks that wait to be written, and the one thread that writes them in batches.
//
// A batch that cannot be written stays and is tried again, at first soon and then every second,
// while the clicks behind it wait. Where the queue is full, new clicks are dropped.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "index/profiles/profile_record.h"
#include "models/base/result.h"

namespace barker {

struct ClickQueueOptions {
  size_t most_waiting;
  size_t batch;
  std::chrono::milliseconds batch_interval;
  std::chrono::milliseconds sweep_interval;
};

class ClickQueue {
 public:
  // Both are called by the thread of the queue, one call at a time. When `write` returns without an
  // error, the batch is durable.
  using Write = std::function<Status(std::span<const ProfileClick> batch)>;
  using Sweep = std::function<void()>;

  ClickQueue(const ClickQueueOptions& options, Write write, Sweep sweep);
  // Tries once more to write what waits. What cannot be written is lost.
  ~ClickQueue();
  ClickQueue(const ClickQueue&) = delete;
  ClickQueue& operator=(const ClickQueue&) = delete;

  // False if the queue is full. [any thread]
  bool push(ProfileClick&& click) noexcept;

  // See ProfileStore::flush(). [any thread]
  Status flush();

  // Removes the clicks of a user and calls `remove`, while nothing is being written. True if there
  // was a click or `remove` says so. [any thread]
  Result<bool> erase(std::string_view user, const std::function<Result<bool>()>& remove);

  struct Counters {
    uint64_t recorded = 0, written = 0, waiting = 0, dropped = 0, errors = 0;
  };
  Counters counters() const noexcept;
  std::string last_error() const;

 private:
  struct Waiting {
    uint64_t number;
    ProfileClick click;
  };

  void run();
  void write_all();
  bool take_batch();
  Status write_batch() noexcept;
  std::chrono::milliseconds pause() const;  // before the next look at the queue; needs mutex_
  uint64_t oldest() const;                  // number of the oldest click that is not durable

  const ClickQueueOptions options_;
  const Write write_;
  const Sweep sweep_;

  std::mutex writing_;               // held while a batch is written; taken before mutex_
  std::vector<ProfileClick> batch_;  // guarded by writing_

  mutable std::mutex mutex_;  // guards all that follows
  std::condition_variable wake_, settled_;
  std::deque<Waiting> waiting_;
  uint64_t in_batch_ = 0, oldest_in_batch_ = 0;
  Counters counters_;
  uint64_t failures_in_row_ = 0;
  Status last_error_;
  bool flush_wanted_ = false;
  bool stopping_ = false;

  std::thread thread_;  // last, so that all it uses exists
};

}  // namespace barker
