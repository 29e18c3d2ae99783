// A segment with what changes of its ads while queries go on: bids, budgets, whether a merchant has
// opted out, and whether the ad is gone, because a newer segment has it or it was deleted.
//
// Threads: any thread reads; the functions below "For the writer" belong to one thread at a time.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "index/auction/budgets.h"
#include "index/live/ad_budgets.h"
#include "index/live/segment.h"

namespace barker {

namespace fbs {
struct Offer;
struct StoredAd;
}  // namespace fbs

class LiveSegment {
 public:
  // A bid may be as many times what it was when the segment was made without standing in the list
  // of raised offers: so far, reading offers in the order of what they were goes on for a page.
  static constexpr double kMostRaise = 1.1;

  // `handle`: of the catalogue as which the plugin knows the ads; 0: it does not. `release` ends
  // that.
  LiveSegment(Segment files, AdBudgets budgets, uint64_t handle = 0,
              std::function<void(uint64_t)> release = {});
  ~LiveSegment();
  LiveSegment(const LiveSegment&) = delete;
  LiveSegment& operator=(const LiveSegment&) = delete;

  const Segment& files() const { return files_; }
  const fbs::StoredAd& stored(uint32_t ad) const { return files_.store().ad(ad); }
  uint64_t handle() const { return handle_; }

  double bid(uint32_t ad) const noexcept { return ads_[ad].bid.load(std::memory_order_relaxed); }
  double bid_of(const fbs::Offer& offer) const noexcept;
  bool opt_out(uint32_t ad) const noexcept {
    return (ads_[ad].flags.load(std::memory_order_relaxed) & kOptOut) != 0;
  }
  // For a snapshot of this version (snapshot.h).
  bool is_gone(uint32_t ad, uint32_t version) const noexcept {
    return ads_[ad].gone_at.load(std::memory_order_relaxed) <= version;
  }
  bool can_pay(uint32_t ad, const Budgets::Pace& pace) const noexcept;
  bool has_no_budget_left(uint32_t ad) const noexcept {  // where spending is not counted
    return (ads_[ad].flags.load(std::memory_order_relaxed) & kNoBudgetLeft) != 0;
  }
  // No offer that is not in the list of raised ones has more than this times what it had.
  double most_raise() const noexcept { return most_raise_.load(std::memory_order_acquire); }

  const AdBudgets& budgets() const { return budgets_; }

  // For the writer.

  void set_gone(uint32_t ad, uint32_t version) noexcept;
  void set_opt_out(uint32_t ad, bool opt_out) noexcept;
  // False where the segment has no place for the ad's budget, so that the ad must be written anew.
  bool set_daily_budget(uint32_t ad, std::optional<double> budget);
  // Returns whether the list of raised offers changes.
  bool set_bid(uint32_t ad, double bid);
  // The offers of the ads whose bids were raised beyond kMostRaise, the highest bid first.
  std::vector<uint32_t> raised_offers();
  size_t gone() const { return gone_; }
  size_t raised() const { return raised_.size(); }
  size_t lowered() const { return lowered_; }  // ads that bid less than half of what they did

 private:
  static constexpr uint8_t kOptOut = 1;
  static constexpr uint8_t kNoBudgetLeft = 2;  // where spending is not counted: a budget of 0
  static constexpr uint8_t kRaised = 4, kLowered = 8;  // of the writer

  struct Ad {
    std::atomic<double> bid;
    std::atomic<uint32_t> gone_at = std::numeric_limits<uint32_t>::max();
    std::atomic<uint8_t> flags = 0;
  };

  void set_flag(uint32_t ad, uint8_t flag, bool value) noexcept;
  void find_offers();

  const Segment files_;
  const AdBudgets budgets_;
  const uint64_t handle_;
  const std::function<void(uint64_t)> release_;
  const std::unique_ptr<Ad[]> ads_;
  std::atomic<double> most_raise_ = 1;

  // Of the writer.
  size_t gone_ = 0, lowered_ = 0;
  std::vector<uint32_t> raised_;  // ads
  std::vector<uint32_t> first_offer_,
      offers_of_;  // those with the ad's bid, by ad; made when asked for
};

}  // namespace barker
