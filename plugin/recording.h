// Queries copied while they pass, to be looked at later and elsewhere.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

#include "plugin/barker.h"

namespace barker {

// A request that owns all it points to: the window's ads without the bad ones, all of them shown, no
// deadline.
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
  // [any thread]
  void offer(const barker_request& request, uint64_t window) noexcept;

  // [one thread at a time] Shows one recording to `visit`. False: there is none.
  template <typename Visit>
  bool take(Visit visit) {
    for (Slot& slot : slots_) {
      State full = State::kFull;
      if (!slot.state.compare_exchange_strong(full, State::kTaken, std::memory_order_acquire)) {
        continue;
      }
      const Freed freed{slot};
      visit(slot.recording.request());
      return true;
    }
    return false;
  }

  void drop() { dropped_.fetch_add(1, std::memory_order_relaxed); }

  uint64_t offered() const { return offered_.load(std::memory_order_relaxed); }
  // Of those offered: not recorded, or taken in vain.
  uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  static constexpr size_t kSlots = 32;
  enum class State : uint8_t { kFree, kTaken, kFull };
  struct Slot {
    std::atomic<State> state{State::kFree};
    Recording recording;
  };
  struct Freed {  // frees the slot also where the visit throws
    Slot& slot;
    ~Freed() { slot.state.store(State::kFree, std::memory_order_release); }
  };

  std::array<Slot, kSlots> slots_;
  std::atomic<uint64_t> offered_{0}, dropped_{0};
};

}  // namespace barker
