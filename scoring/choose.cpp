#include "scoring/choose.h"

#include <algorithm>
#include <cmath>

#include "models/weights/vocabulary.h"

namespace barker {

namespace internal {

Verdict Choice::alone(const Candidate& c, float logit) const noexcept {
  if (c.row == kUnknownRow && !policy_.takes_unknown) return Verdict::kUnknown;
  if (c.forbidden) return Verdict::kForbidden;
  if (!(lowered(logit, c, policy_) >= policy_.minimum_logit)) {  // so is a NaN
    return Verdict::kBelowMinimum;
  }
  if (c.in_title && (c.stays_in_title || policy_.duplicates == Duplicates::kSkip)) {
    return Verdict::kInTitle;
  }
  return Verdict::kNotAmongBest;
}

Verdict Choice::against_taken(size_t index) const noexcept {
  const Candidate& c = candidates_[index];
  for (const uint32_t t : taken()) {
    const Candidate& other = candidates_[t];
    if (c.fingerprint == other.fingerprint) return Verdict::kRepeated;
    if (c.row == kUnknownRow || other.row == kUnknownRow) continue;
    if (embeddings_.kernels.cosine(embeddings_.table, c.row, other.row) > policy_.maximum_cosine) {
      return Verdict::kNearDuplicate;
    }
  }
  return Verdict::kNotAmongBest;
}

bool Choice::is_taken(size_t index) const noexcept {
  return std::ranges::find(taken(), index) != taken().end();
}

size_t Choice::next(float slack) noexcept {
  for (;;) {
    // An ad has few candidates and gets at most three, so a scan for the best one left is cheap.
    size_t best = kNone;
    for (size_t i = 0; i < candidates_.size(); ++i) {
      const float preference = candidates_[i].preference;
      if (best != kNone && !(preference > candidates_[best].preference)) continue;
      if (last_ != kNone) {
        const float reached = candidates_[last_].preference;
        if (!(preference < reached || (preference == reached && i > last_))) continue;
      } else if (std::isnan(preference)) {
        continue;
      }
      best = i;
    }
    if (best == kNone) return kNone;
    last_ = best;
    const Candidate& c = candidates_[best];
    if (may_be_taken(best, c.screened ? c.logit + slack : c.logit)) return best;
  }
}

}  // namespace internal

size_t choose_selling_points(std::span<const Candidate> candidates, const ChoosePolicy& policy,
                             const Embeddings& embeddings, uint32_t* chosen,
                             Verdict* verdicts) noexcept {
  internal::Choice choice(candidates, policy, embeddings);
  while (!choice.is_full()) {
    const size_t best = choice.next(0);
    if (best == internal::Choice::kNone) break;
    choice.take(best);
  }
  std::ranges::copy(choice.taken(), chosen);
  if (verdicts) {
    for (size_t i = 0; i < candidates.size(); ++i) {
      verdicts[i] = choice.alone(candidates[i], candidates[i].logit);
      if (verdicts[i] == Verdict::kNotAmongBest) verdicts[i] = choice.against_taken(i);
    }
    for (const uint32_t t : choice.taken()) {
      verdicts[t] = candidates[t].in_title ? Verdict::kPromoted : Verdict::kChosen;
    }
  }
  return choice.taken().size();
}

}  // namespace barker
