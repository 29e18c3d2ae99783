// Which of an ad's selling points (SPs) go before its title: the best ones by logit that add
// something to the title and to each other.
//
// Pure functions over the caller's memory: any thread, no allocation.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>

#include "models/text/fingerprint.h"
#include "scoring/kernels.h"

namespace barker {

// What to do with an SP whose words stand in the title: leave it out, or move it to the front.
enum class Duplicates { kSkip, kPromote };

struct ChoosePolicy {
  uint32_t count = 2;  // 0..3 (BARKER_MAX_SELLING_POINTS)
  // An SP whose calibrated logit of P(attracted) is below this is not worth its room.
  float minimum_logit = -std::numeric_limits<float>::infinity();
  // Two SPs whose embeddings have a larger cosine than this say the same thing.
  float maximum_cosine = 0.9f;
  Duplicates duplicates = Duplicates::kSkip;
  // Standard deviations by which a logit is lowered before it is compared with minimum_logit or
  // with other logits (Candidate::deviation): a lower confidence bound, for which an SP needs
  // evidence.
  float lower_bound = 0;
  // An SP that the model does not know may be chosen, if it has a logit. It resembles no other.
  bool takes_unknown = false;
};

struct Candidate {
  Fingerprint fingerprint;
  uint32_t row;            // embedding row; kUnknownRow: unknown to the model
  float logit;             // calibrated: sigma of it is P(attracted); NaN: not scored, never chosen
  bool in_title;           // its words stand in the title
  bool forbidden = false;  // never chosen
  // It stands in the title and must stay where it is, whatever is done with duplicates, because the
  // title would not read well without it or denies it. Never chosen.
  bool stays_in_title = false;
  // True: the logit is within the screen's bound of the exact one. False: it is the exact one.
  bool screened = false;
  // What it is chosen by, the highest first: its lowered logit, unless another policy or a draw
  // says so. A screened candidate is chosen by its lowered logit.
  float preference = std::numeric_limits<float>::quiet_NaN();
  float deviation = 0;  // standard deviation of what is believed of the logit; 0: it is certain
};

// The standard deviation of the logit of an SP: of a normal belief with the deviation `prior`
// around the model's logit, to whose precision the evidence adds, which is the sum of p (1 - p)
// over the impressions that the SP was learned from (the Fisher information of a logistic model
// about an SP's own offset). 0 without a prior, and where the evidence is infinite.
inline float logit_deviation(float prior, double evidence) noexcept {
  if (!(prior > 0)) return 0;
  return static_cast<float>(prior / std::sqrt(1 + evidence * double{prior} * prior));
}

// The logit less the policy's standard deviations.
inline float lowered(float logit, const Candidate& c, const ChoosePolicy& policy) noexcept {
  return logit - policy.lower_bound * c.deviation;
}

enum class Verdict : uint8_t {
  kChosen,
  kPromoted,
  kUnknown,
  kForbidden,
  kBelowMinimum,
  kInTitle,
  kNearDuplicate,
  kRepeated,
  kNotAmongBest
};

// The embedding that near-duplicates are found by. It has a row for every candidate's.
struct Embeddings {
  Kernels kernels;
  Table table;
};

// Chooses up to policy.count of `candidates`, highest preference first, equal ones by position.
// Writes their indices to `chosen`, which has room for policy.count, and returns how many there
// are. Where `verdicts` is not null, it gets the reason for each candidate.
size_t choose_selling_points(std::span<const Candidate> candidates, const ChoosePolicy& policy,
                             const Embeddings& embeddings, uint32_t* chosen,
                             Verdict* verdicts) noexcept;

// As choose_selling_points(), where some logits are screened, each within `bound` of its exact one.
// If the choice is certain to be the one that exact logits lead to, it is made, and all that is
// chosen has its exact logit. If it is not, nothing is returned, and need(index) was called, at
// least once, for screened candidates whose exact logits decide the choice.
template <typename Need>
std::optional<size_t> choose_certified(std::span<const Candidate> candidates,
                                       const ChoosePolicy& policy, const Embeddings& embeddings,
                                       float bound, uint32_t* chosen, Need need);

// ---- choose_certified

namespace internal {

// A choice under way: it visits the candidates, highest preference first, and takes those that it
// may take.
// A candidate that was passed over never becomes eligible later: it resembles one that was taken,
// and what was taken stays.
class Choice {
 public:
  Choice(std::span<const Candidate> candidates, const ChoosePolicy& policy,
         const Embeddings& embeddings)
      : candidates_(candidates), policy_(policy), embeddings_(embeddings) {}

  static constexpr size_t kNone = std::numeric_limits<size_t>::max();

  // The next candidate that may be taken; kNone if there is none. A screened logit may be too low
  // by `slack`.
  size_t next(float slack) noexcept;
  void take(size_t index) noexcept { taken_[count_++] = static_cast<uint32_t>(index); }

  // The verdict on a candidate by itself, and on a candidate beside those taken. `logit` is the
  // most that its logit may be.
  Verdict alone(const Candidate& c, float logit) const noexcept;
  Verdict against_taken(size_t index) const noexcept;
  bool may_be_taken(size_t index, float logit) const noexcept {
    return alone(candidates_[index], logit) == Verdict::kNotAmongBest &&
           against_taken(index) == Verdict::kNotAmongBest;
  }
  bool is_taken(size_t index) const noexcept;
  bool is_full() const noexcept { return count_ >= policy_.count || count_ == kMost; }
  std::span<const uint32_t> taken() const noexcept { return {taken_, count_}; }

  static constexpr size_t kMost = 3;

 private:
  std::span<const Candidate> candidates_;
  const ChoosePolicy& policy_;
  const Embeddings& embeddings_;
  uint32_t taken_[kMost];
  size_t count_ = 0;
  size_t last_ = kNone;  // the candidate visited last
};

}  // namespace internal

template <typename Need>
std::optional<size_t> choose_certified(std::span<const Candidate> candidates,
                                       const ChoosePolicy& policy, const Embeddings& embeddings,
                                       float bound, uint32_t* chosen, Need need) {
  internal::Choice choice(candidates, policy, embeddings);
  bool certified = true;
  while (!choice.is_full()) {
    const size_t likely = choice.next(bound);
    if (likely == internal::Choice::kNone) break;
    // Let L be the lowest exact logit, lowered as the policy says, that the likely candidate can
    // have. The exact choice has a lowered logit of at least L, so only candidates that can reach L
    // matter. Once all of them have exact logits, the choice is known.
    const Candidate& best = candidates[likely];
    const float lowest = lowered(best.screened ? best.logit - bound : best.logit, best, policy);
    for (size_t i = 0; i < candidates.size(); ++i) {
      const Candidate& c = candidates[i];
      if (!c.screened || choice.is_taken(i)) continue;
      if (!(lowered(c.logit + bound, c, policy) >= lowest)) continue;
      if (!choice.may_be_taken(i, c.logit + bound)) continue;
      certified = false;
      need(i);
    }
    // The search goes on as if the likely one were taken, so that one round of exact logits usually
    // settles all places.
    choice.take(likely);
  }
  if (!certified) return std::nullopt;
  // Each likely candidate was the best of all, for none with a screened logit could reach it.
  std::ranges::copy(choice.taken(), chosen);
  return choice.taken().size();
}

}  // namespace barker
