#include "index/live/live_segment.h"

#include <algorithm>
#include <utility>

#include "index/catalogue/ad_store_generated.h"
#include "index/retrieval/bids_generated.h"

namespace barker {

LiveSegment::LiveSegment(Segment files, AdBudgets budgets, uint64_t handle,
                         std::function<void(uint64_t)> release)
    : files_(std::move(files)),
      budgets_(std::move(budgets)),
      handle_(handle),
      release_(std::move(release)),
      ads_(std::make_unique<Ad[]>(files_.size())) {
  for (uint32_t i = 0; i < files_.size(); ++i) {
    const fbs::StoredAd& ad = stored(i);
    ads_[i].bid.store(ad.bid(), std::memory_order_relaxed);
    set_flag(i, kOptOut, ad.opt_out());
    set_flag(i, kNoBudgetLeft, !budgets_.ledger && ad.daily_budget() == 0);
  }
}

LiveSegment::~LiveSegment() {
  if (handle_ != 0 && release_) release_(handle_);
}

double LiveSegment::bid_of(const fbs::Offer& offer) const noexcept {
  return offer.is_ads_bid() ? bid(offer.ad()) : offer.bid();
}

bool LiveSegment::can_pay(uint32_t ad, const Budgets::Pace& pace) const noexcept {
  const uint32_t number = budgets_.number(ad);
  if (number != AdBudgets::kNone) return budgets_.ledger->may_take_part(number, pace);
  return !has_no_budget_left(ad);
}

void LiveSegment::set_flag(uint32_t ad, uint8_t flag, bool value) noexcept {
  if (value) {
    ads_[ad].flags.fetch_or(flag, std::memory_order_relaxed);
  } else {
    ads_[ad].flags.fetch_and(static_cast<uint8_t>(~flag), std::memory_order_relaxed);
  }
}

void LiveSegment::set_gone(uint32_t ad, uint32_t version) noexcept {
  ads_[ad].gone_at.store(version, std::memory_order_relaxed);
  ++gone_;
}

void LiveSegment::set_opt_out(uint32_t ad, bool opt_out) noexcept {
  set_flag(ad, kOptOut, opt_out);
}

bool LiveSegment::set_daily_budget(uint32_t ad, std::optional<double> budget) {
  if (!budgets_.ledger) {
    set_flag(ad, kNoBudgetLeft, budget == 0.0);
    return true;
  }
  const uint32_t number = budgets_.number(ad);
  if (number == AdBudgets::kNone) return !budget || *budget > Budgets::kMostDailyBudget;
  const double amount =
      std::min(budget.value_or(Budgets::kMostDailyBudget), Budgets::kMostDailyBudget);
  return budgets_.ledger->set_daily_budget(number, amount).ok();
}

bool LiveSegment::set_bid(uint32_t ad, double bid) {
  const double before = stored(ad).bid();
  const bool is_raised = bid > kMostRaise * before;
  // The bound stands before the bid does, so that no query reads a bid beyond the bound.
  if (!is_raised && bid > before * most_raise()) {
    most_raise_.store(kMostRaise, std::memory_order_release);
  }
  ads_[ad].bid.store(bid, std::memory_order_release);
  const uint8_t flags = ads_[ad].flags.load(std::memory_order_relaxed);
  const bool is_lowered = bid < before / 2;
  if (is_lowered != ((flags & kLowered) != 0)) {
    set_flag(ad, kLowered, is_lowered);
    lowered_ += is_lowered ? 1 : size_t(-1);
  }
  const bool was_raised = (flags & kRaised) != 0;
  if (is_raised && !was_raised) raised_.push_back(ad);
  set_flag(ad, kRaised, is_raised || was_raised);
  return is_raised || was_raised;
}

// Sorts the offers that have their ad's bid by their ads: counting sort, once.
void LiveSegment::find_offers() {
  if (!first_offer_.empty()) return;
  const BidBook& book = files_.bids().book();
  first_offer_.assign(files_.size() + 1, 0);
  for (size_t i = 0; i < book.offers(); ++i) {
    if (book.offer(i).is_ads_bid()) ++first_offer_[book.offer(i).ad() + 1];
  }
  for (size_t ad = 0; ad < files_.size(); ++ad) first_offer_[ad + 1] += first_offer_[ad];
  offers_of_.resize(first_offer_.back());
  std::vector<uint32_t> next(first_offer_.begin(), first_offer_.end() - 1);
  for (size_t i = 0; i < book.offers(); ++i) {
    const fbs::Offer& offer = book.offer(i);
    if (offer.is_ads_bid()) offers_of_[next[offer.ad()]++] = static_cast<uint32_t>(i);
  }
}

std::vector<uint32_t> LiveSegment::raised_offers() {
  find_offers();
  std::erase_if(raised_, [this](uint32_t ad) {
    const bool is_raised = bid(ad) > kMostRaise * stored(ad).bid();
    if (!is_raised) set_flag(ad, kRaised, false);
    return !is_raised;
  });
  std::vector<uint32_t> offers;
  for (const uint32_t ad : raised_) {
    offers.insert(offers.end(), offers_of_.begin() + first_offer_[ad],
                  offers_of_.begin() + first_offer_[ad + 1]);
  }
  const BidBook& book = files_.bids().book();
  std::ranges::stable_sort(offers, std::ranges::greater(),
                           [&](uint32_t offer) { return bid(book.offer(offer).ad()); });
  return offers;
}

}  // namespace barker
