// The network over what was mapped: pCTR of every ad, their order, P(attracted) of every distinct
// candidate.

#include <algorithm>
#include <cmath>
#include <optional>

#include "models/text/keywords.h"
#include "plugin/query.h"

namespace barker {
namespace {

// Between two looks at the deadline.
constexpr size_t kMostRows = 64;             // candidates or titles
constexpr size_t kMostTitleKeywords = 1024;  // in these titles; a longer title is scored by itself

bool all_finite(std::span<const float> numbers) {
  return std::ranges::all_of(numbers, [](float x) { return std::isfinite(x); });
}

}  // namespace

// pCTR of the window to w_.aux, NaN where the model predicts none.
bool Query::score_titles() {
  w_.aux.assign(window_, NAN);
  if (!n_.has_auxiliary) return !late();
  // Where candidates are certified, the whole answer is exact, and so is the order of the ads.
  const Exactness exactness = screens() || exact_ ? Exactness::kExact : Exactness::kFast;
  for (uint64_t begin = 0, end = 0; begin < window_; begin = end) {
    if (late()) return false;
    size_t keywords = 0;
    while (end < window_ && end - begin < kMostRows &&
           (end == begin || keywords + w_.titles[end].count <= kMostTitleKeywords)) {
      keywords += w_.titles[end++].count;
    }
    w_.forward.score_titles({w_.titles.data() + begin, end - begin}, w_.aux.data() + begin, nullptr,
                            exactness);
  }
  kernels_.sigmoid(w_.aux.data(), window_, n_.aux_scale, n_.aux_offset, w_.aux.data());
  return true;
}

Query::Scored Query::score_ads() {
  if (n_.has_auxiliary && !all_finite({w_.aux.data(), window_})) return Scored::kNonFinite;
  w_.scores.resize(window_);
  w_.order.resize(window_);
  for (uint64_t i = 0; i < window_; ++i) {
    if (late_after(kStepsPerAd)) return Scored::kInPart;
    w_.scores[i] = 0;
    if (w_.bad[i]) continue;
    const barker_ad& a = ad(i);
    const double pctr = n_.has_auxiliary ? double{w_.aux[i]} : 1.0;
    w_.scores[i] = ad_score(a.bid, pctr, a.first_pass_score, policy_.order);
    if (!std::isfinite(w_.scores[i])) return Scored::kNonFinite;
  }
  return Scored::kAll;
}

// Bad ads keep their ranks; the others are ordered as if there were no bad ones between them.
void Query::order_ads() {
  if (checked_.bad_ads == 0) return order_by_score(w_.scores, w_.order);
  w_.good.clear();
  w_.good_scores.clear();
  for (uint32_t i = 0; i < window_; ++i) {
    if (w_.bad[i]) continue;
    w_.good.push_back(i);
    w_.good_scores.push_back(w_.scores[i]);
  }
  w_.good_order.resize(w_.good.size());
  order_by_score(w_.good_scores, w_.good_order);
  for (uint32_t rank = 0, next = 0; rank < window_; ++rank) {
    w_.order[rank] = w_.bad[rank] ? rank : w_.good[w_.good_order[next++]];
  }
}

bool Query::screens() const {
  if (exact_ || g_.packed.compute() == Compute::kF32) return false;
  return config_.numbers == Numbers::kScreened ||
         (config_.numbers == Numbers::kByFile && n_.screen);
}

// Logits of every distinct candidate, the first ranks' first. kInPart: the deadline came first; the
// logits that were not reached stay at NaN, and such candidates are not chosen.
Query::Scored Query::score_candidates() {
  const bool screened = screens();
  const Exactness exactness = exact_ ? Exactness::kExact : Exactness::kFast;
  const size_t distinct = w_.distinct_rows.size();
  w_.distinct_logits.assign(distinct, NAN);
  w_.distinct_state.assign(distinct, screened ? SlotState::kScreened : SlotState::kExact);
  size_t scored = 0;
  while (scored < distinct && !late()) {
    const size_t some = std::min(kMostRows, distinct - scored);
    float* const logits = w_.distinct_logits.data() + scored;
    w_.forward.score_targets({w_.distinct_rows.data() + scored, some}, logits, exactness);
    if (!all_finite({logits, some})) return Scored::kNonFinite;
    scored += some;
  }
  counts_.candidates_scored += scored;
  spread_logits();
  if (scored < distinct) return Scored::kInPart;
  return screened ? certify_candidates(n_.compute_bound) : Scored::kAll;
}

// Calibrated logits to the candidates.
void Query::spread_logits() {
  for (size_t i = 0; i < w_.candidates.size(); ++i) {
    const uint32_t slot = w_.candidate_slot[i];
    if (slot == kNoSlot) continue;
    Candidate& c = w_.candidates[i];
    c.logit = n_.main_scale * w_.distinct_logits[slot] + n_.main_offset;
    c.preference = lowered(c.logit, c, policy_.choose);
    c.screened = w_.distinct_state[slot] != SlotState::kExact;
  }
}

// Scores exactly what the choice of some ad turns on, until no choice turns on a screened logit.
// kInPart: the deadline came first; what is chosen then may differ from the exact choice.
Query::Scored Query::certify_candidates(float bound) {
  const float calibrated_bound = std::abs(n_.main_scale) * bound;
  w_.uncertified.assign(w_.order.begin(), w_.order.begin() + static_cast<ptrdiff_t>(shown_));
  for (;;) {
    w_.needed_slots.clear();
    size_t kept = 0;
    for (size_t i = 0; i < w_.uncertified.size(); ++i) {
      if (i + 1 < w_.uncertified.size()) prefetch_embeddings(w_.uncertified[i + 1]);
      const uint32_t ad = w_.uncertified[i];
      if (!certify_ad(ad, calibrated_bound)) w_.uncertified[kept++] = ad;
    }
    w_.uncertified.resize(kept);
    if (is_late_) return Scored::kInPart;
    if (w_.needed_slots.empty()) return Scored::kAll;
    w_.needed_rows.clear();
    for (const uint32_t slot : w_.needed_slots) w_.needed_rows.push_back(w_.distinct_rows[slot]);
    w_.needed_logits.resize(w_.needed_rows.size());
    for (size_t begin = 0; begin < w_.needed_rows.size(); begin += kMostRows) {
      if (late()) return Scored::kInPart;
      const size_t count = std::min(kMostRows, w_.needed_rows.size() - begin);
      w_.forward.score_targets({w_.needed_rows.data() + begin, count},
                               w_.needed_logits.data() + begin, Exactness::kExact);
    }
    if (!all_finite(w_.needed_logits)) return Scored::kNonFinite;
    uint64_t violations = 0;
    for (size_t i = 0; i < w_.needed_slots.size(); ++i) {
      const uint32_t slot = w_.needed_slots[i];
      violations += !(std::abs(w_.distinct_logits[slot] - w_.needed_logits[i]) <= bound);
      w_.distinct_logits[slot] = w_.needed_logits[i];
      w_.distinct_state[slot] = SlotState::kExact;
    }
    counts_.candidates_rescored += w_.needed_slots.size();
    counts_.screen_violations += violations;
    spread_logits();
  }
}

// False: the choice for an ad is not certain, and what it needs is among the needed slots; or it is
// past the deadline.
bool Query::certify_ad(uint32_t ad, float bound) {
  const size_t begin = w_.candidate_ranges[ad].begin, size = candidates_of(ad).size();
  if (late_after(kStepsPerAd + size * size)) return false;
  Chosen& chosen = w_.certified[ad];
  for (;;) {
    const std::optional<size_t> count = choose_certified(
        candidates_of(ad), choice_, embeddings(), bound, chosen.candidates, [&](size_t i) {
          const uint32_t slot = w_.candidate_slot[begin + i];
          if (w_.distinct_state[slot] != SlotState::kScreened) return;
          w_.distinct_state[slot] = SlotState::kNeeded;
          w_.needed_slots.push_back(slot);
        });
    if (!count) return false;
    // Without the ones that may not be shown it is another choice, which must be certain as well.
    if (pass_over_unfit(ad, {chosen.candidates, *count})) continue;
    chosen.count = static_cast<uint32_t>(*count);
    return true;
  }
}

void Query::score_keywords(std::span<const std::string_view> keywords, double* probabilities) {
  w_.fingerprints.clear();
  for (const std::string_view keyword : keywords) {
    if (late_after(kStepsPerByteNormalized * keyword.size())) return;
    w_.fingerprints.push_back(keyword_fingerprint(keyword));
  }
  if (!find_rows(w_.fingerprints, w_.found_rows)) return;
  w_.needed_rows.clear();
  w_.needed_slots.clear();  // the keywords that have rows
  for (uint32_t i = 0; i < keywords.size(); ++i) {
    const uint32_t row = w_.found_rows[i];
    if (row >= n_.keyword_rows || weights_.forbids(row, rules_.of_category({}))) continue;
    w_.needed_rows.push_back(row);
    w_.needed_slots.push_back(i);
  }
  w_.needed_logits.resize(w_.needed_rows.size());
  for (size_t begin = 0; begin < w_.needed_rows.size(); begin += kMostRows) {
    if (late()) return;
    const size_t count = std::min(kMostRows, w_.needed_rows.size() - begin);
    float* const logits = w_.needed_logits.data() + begin;
    w_.forward.score_targets({w_.needed_rows.data() + begin, count}, logits, Exactness::kExact);
    for (size_t i = begin; i < begin + count; ++i) {
      const double logit = n_.main_scale * w_.needed_logits[i] + n_.main_offset;
      if (std::isfinite(logit)) probabilities[w_.needed_slots[i]] = 1 / (1 + std::exp(-logit));
    }
  }
}

void Query::learn(std::span<const barker_shown> shown, UserState& state) {
  w_.fingerprints.clear();
  for (const barker_shown& point : shown) {
    w_.fingerprints.push_back(point.fingerprint ? point.fingerprint
                                                : keyword_fingerprint(view(point.text)));
  }
  if (!find_rows(w_.fingerprints, w_.found_rows)) return;
  w_.needed_rows.clear();
  std::vector<uint8_t> clicked;
  for (size_t i = 0; i < shown.size(); ++i) {
    if (w_.found_rows[i] >= n_.keyword_rows) continue;
    w_.needed_rows.push_back(w_.found_rows[i]);
    clicked.push_back(static_cast<uint8_t>(shown[i].clicked));
  }
  w_.learner.learn(w_.forward, n_, w_.needed_rows, clicked, state);
}

}  // namespace barker
