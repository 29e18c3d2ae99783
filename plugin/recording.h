// Copies of queries. The query threads make them, and another thread compares generations by them
// later.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <vector>

#include "plugin/barker.h"
#include "plugin/fork.h"

namespace barker {

// A request that owns all it points to: the window's ads without the bad ones, all of them shown,
// no deadline.
class Recording {
 public:
  // A larger request is not copied, because copying would take the query too long.
  static constexpr uint64_t kMaxBytes = 1 << 20;

  // False: it is larger than kMaxBytes. The request has been checked (request.h).
  bool assign(const barker_request& request, uint64_t window);
  const barker_request& request() const { return request_; }

 private:
  struct Sizes;
  void make_room(const Sizes& sizes);
  barker_string keep(const barker_string& text);
  void keep_group(barker_group group);
  void keep_ad(barker_ad ad);

  std::vector<char> bytes_;
  std::vector<barker_string> texts_;  // user keywords, then the tokens of the groups
  std::vector<float> weights_;
  std::vector<barker_group> groups_;
  std::vector<barker_ad> ads_;
  std::vector<uint64_t> title_keywords_;
  std::vector<barker_selling_point> points_;
  barker_request request_{};
};

// A few recordings between the query threads and one reader. No thread waits: where all are taken,
// the query is not recorded.
class RecordingQueue {
 public:
  // [any thread] `complete` is called before the request is read, and only where it is recorded; it
  // may throw.
  template <typename Complete>
  void offer(const barker_request& request, uint64_t window, Complete complete) noexcept {
    offered_.fetch_add(1, std::memory_order_relaxed);
    for (Slot& slot : slots_) {
      if (!slot.take_free()) continue;
      bool recorded = false;
      try {
        if (!slot.recording) slot.recording = std::make_unique<Recording>();
        complete();
        recorded = slot.recording->assign(request, window);
      } catch (const std::exception&) {  // without memory the query is not recorded
      }
      slot.give_back(recorded);
      if (!recorded) break;
      return;
    }
    drop();
  }

  void offer(const barker_request& request, uint64_t window) noexcept {
    offer(request, window, [] {});
  }

  // [one thread at a time] Shows one recording to `visit`. False: there is none.
  template <typename Visit>
  bool take(Visit visit) {
    for (Slot& slot : slots_) {
      if (!slot.take_full()) continue;
      const Freed freed{slot};
      visit(slot.recording->request());
      return true;
    }
    return false;
  }

  void drop() { dropped_.fetch_add(1, std::memory_order_relaxed); }

  uint64_t offered() const { return offered_.load(std::memory_order_relaxed); }
  // How many of those offered were not recorded, or were taken in vain.
  uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  static constexpr size_t kSlots = 32;
  // A slot that a thread has taken carries the number of the process's forks. In a child of fork a
  // slot with another number is an orphan: its thread is not there and may have been in the middle
  // of changing the recording, which therefore is neither used nor freed again.
  class Slot {
   public:
    Slot() = default;
    Slot(const Slot&) = delete;
    ~Slot() {
      if (is_orphan(state_.load())) (void)recording.release();
    }

    bool take_full() noexcept {
      uint64_t full = kFull;
      return state_.compare_exchange_strong(full, taken_now(), std::memory_order_acquire);
    }
    // Takes a slot that is free or an orphan.
    bool take_free() noexcept {
      uint64_t seen = state_.load(std::memory_order_relaxed);
      const bool was_orphan = is_orphan(seen);
      if (seen != kFree && !was_orphan) return false;
      if (!state_.compare_exchange_strong(seen, taken_now(), std::memory_order_acquire)) {
        return false;
      }
      if (was_orphan) (void)recording.release();
      return true;
    }
    void give_back(bool is_full) noexcept {
      state_.store(is_full ? kFull : kFree, std::memory_order_release);
    }

    std::unique_ptr<Recording> recording;  // made when the slot is first filled

   private:
    static constexpr uint64_t kFree = 0, kFull = 1, kTaken = 2;  // kTaken + fork_count()
    static uint64_t taken_now() noexcept { return kTaken + fork_count(); }
    static bool is_orphan(uint64_t state) noexcept {
      return state >= kTaken && state != taken_now();
    }
    std::atomic<uint64_t> state_{kFree};
  };
  struct Freed {  // frees the slot also where the visit throws
    Slot& slot;
    ~Freed() { slot.give_back(/*is_full=*/false); }
  };

  std::array<Slot, kSlots> slots_;
  std::atomic<uint64_t> offered_{0}, dropped_{0};
};

}  // namespace barker
