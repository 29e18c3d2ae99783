// What a query needs while it runs, kept between queries so that memory is asked for once; and the
// pool that hands workspaces out without a lock. A workspace also pins what its query runs on (a
// hazard pointer): weights and rules are freed only when no workspace pins them.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "plugin/rewrite.h"
#include "plugin/serving.h"
#include "scoring/choose.h"
#include "scoring/forward.h"

namespace barker {

inline constexpr uint32_t kNoSlot = 0xFFFFFFFFu;

enum class SlotState : uint8_t { kScreened, kNeeded, kExact };  // of a distinct candidate's logit

struct Workspace {
  Forward forward;
  uint64_t bound_generation = 0;

  std::vector<std::vector<uint32_t>> group_rows;
  std::vector<std::vector<float>> group_weights;
  std::vector<Bag> groups;
  std::vector<Fingerprint> fingerprints;  // to be looked up together
  std::vector<uint32_t> found_rows;       // and what was found

  std::vector<uint32_t> title_rows;  // of all titles, one after the other
  std::vector<Fingerprint> title_fingerprints;
  std::vector<size_t> title_begin;  // [ads + 1] into title_fingerprints
  std::vector<Bag> titles;
  std::vector<float> aux;  // logits, then pCTR

  std::vector<Candidate> candidates;      // of all ads, one after the other
  std::vector<RuleMask> candidate_rules;  // which rules apply to its ad
  std::vector<size_t> candidate_begin;    // [ads + 1]
  std::vector<uint32_t> candidate_slot;   // candidate -> distinct row
  std::vector<uint32_t> distinct_rows;
  std::vector<float> distinct_logits;
  std::vector<SlotState> distinct_state;
  std::vector<uint32_t> slot_of_row;  // [rows], kNoSlot where not a candidate of this query

  std::vector<uint32_t> uncertified;  // ads whose choice turns on screened logits
  std::vector<uint32_t> needed_slots, needed_rows;
  std::vector<float> needed_logits;

  std::vector<double> scores;
  std::vector<uint32_t> order;
  std::string text;  // all titles
};

class WorkspacePool {
 public:
  // A workspace in use, with what serves pinned to it. Empty when all are taken.
  class Lease {
   public:
    Lease() = default;
    Lease(Lease&& other) noexcept : pool_(other.pool_), index_(other.index_) {
      other.pool_ = nullptr;
    }
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (pool_) pool_->give_back(index_);
    }
    explicit operator bool() const { return pool_ != nullptr; }
    // One of two: a query on the canary must not throw away what is bound for the others.
    Workspace& workspace_for(const RuledGeneration& weights) const;
    const Serving& serving() const {
      return *pool_->entries_[index_].pinned.load(std::memory_order_relaxed);
    }

   private:
    friend class WorkspacePool;
    Lease(WorkspacePool* pool, size_t index) : pool_(pool), index_(index) {}
    WorkspacePool* pool_ = nullptr;
    size_t index_ = 0;
  };

  // [any thread] Takes a free workspace and pins what `current` points to.
  Lease take(const std::atomic<const Serving*>& current);

  // [control thread] Waits until no query pins `serving`. It must not be current any more.
  void wait_until_unused(const Serving* serving) const;

 private:
  // At once; far above the cores of any one machine's share.
  static constexpr size_t kMostQueries = 256;
  struct alignas(64) Entry {
    std::atomic<bool> taken{false};
    std::atomic<const Serving*> pinned{nullptr};
    std::array<std::unique_ptr<Workspace>, 2> workspaces;  // touched by the taker alone
  };
  void give_back(size_t index);

  std::array<Entry, kMostQueries> entries_;
};

}  // namespace barker
