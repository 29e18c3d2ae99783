// Which of an ad's selling points go before its title: the best n, true of the product, not said
// twice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "models/text/fingerprint.h"
#include "scoring/kernels.h"

namespace barker {

// An SP that stands in the title: leave it out, or move it to the front.
enum class Duplicates { kSkip, kPromote };

struct ChoosePolicy {
  uint32_t count = 2;  // 0..3 (BARKER_MAX_SELLING_POINTS)
  // Calibrated logit of P(attracted) below which an SP is not worth its room.
  float minimum_logit = -std::numeric_limits<float>::infinity();
  float maximum_cosine = 0.9f;  // two chosen SPs nearer than this in embedding say the same thing
  Duplicates duplicates = Duplicates::kSkip;
};

struct Candidate {
  Fingerprint fingerprint;
  uint32_t row;            // embedding row; kUnknownRow: never seen in training, not chosen
  float logit;             // calibrated: sigma of it is P(attracted); NaN: not scored, not chosen
  bool in_title;           // its words stand in the title
  bool forbidden = false;  // never chosen
  // The logit is within the screen's bound of the exact one; else it is the exact one.
  bool screened = false;
};

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

// What the choice looks at; embedding has a row for every candidate's.
struct Embeddings {
  const KernelTable& kernels;
  Table table;
};

// Chooses up to policy.count of `candidates` (best logit first, ties by position) and writes their
// indices to `chosen`; returns how many. Near-duplicate: cosine of embedding rows above the limit.
// `verdicts` (candidates.size()) says why for each; may be null. `chosen` has room for
// policy.count. No allocation.
size_t choose_selling_points(std::span<const Candidate> candidates, const ChoosePolicy& policy,
                             const Embeddings& embeddings, uint32_t* chosen,
                             Verdict* verdicts) noexcept;

// Whether the choice among these candidates is the one that exact logits would lead to, where every
// screened logit is within `bound` of its exact one. If not, calls need(index) for screened
// candidates whose exact logits decide it, at least once. When true, choose_selling_points() takes
// exact logits only. No allocation.
template <typename Need>
bool is_certified(std::span<const Candidate> candidates, const ChoosePolicy& policy,
                  const Embeddings& embeddings, float bound, Need need);

// ---- is_certified

namespace internal {

// A choice under way: a sweep over the candidates, best logit first, that takes what may be taken.
// What is passed over stays out: it is like one of those taken, and these stay.
class Choice {
 public:
  Choice(std::span<const Candidate> candidates, const ChoosePolicy& policy,
         const Embeddings& embeddings)
      : candidates_(candidates), policy_(policy), embeddings_(embeddings) {}

  static constexpr size_t kNone = std::numeric_limits<size_t>::max();

  // The next one that may be taken, where logits may be too low by `slack`; kNone: nobody.
  size_t next(float slack) noexcept;
  void take(size_t index) noexcept { taken_[count_++] = static_cast<uint32_t>(index); }

  // What a candidate is by itself, before it is compared with those taken. `logit`: at most.
  Verdict alone(const Candidate& c, float logit) const noexcept;
  Verdict against_taken(size_t index) const noexcept;
  bool may_be_taken(size_t index, float logit) const noexcept {
    return alone(candidates_[index], logit) == Verdict::kNotAmongBest &&
           against_taken(index) == Verdict::kNotAmongBest;
  }
  bool is_taken(size_t index) const noexcept;
  bool is_full() const noexcept { return count_ >= policy_.count || count_ == kMost; }
  std::span<const uint32_t> taken() const noexcept { return {taken_, count_}; }

 private:
  static constexpr size_t kMost = 3;
  std::span<const Candidate> candidates_;
  const ChoosePolicy& policy_;
  const Embeddings& embeddings_;
  uint32_t taken_[kMost];
  size_t count_ = 0;
  size_t last_ = kNone;  // where the sweep stands
};

}  // namespace internal

template <typename Need>
bool is_certified(std::span<const Candidate> candidates, const ChoosePolicy& policy,
                  const Embeddings& embeddings, float bound, Need need) {
  internal::Choice choice(candidates, policy, embeddings);
  bool certified = true;
  while (!choice.is_full()) {
    const size_t likely = choice.next(bound);
    if (likely == internal::Choice::kNone) break;
    // The one to be taken is at least as good as the likely one at its lowest, so it is one of
    // those that may reach that. When all of these are exact, it is known.
    const Candidate& best = candidates[likely];
    const float lowest = best.screened ? best.logit - bound : best.logit;
    for (size_t i = 0; i < candidates.size(); ++i) {
      const Candidate& c = candidates[i];
      if (!c.screened || !(c.logit + bound >= lowest) || choice.is_taken(i)) continue;
      if (!choice.may_be_taken(i, c.logit + bound)) continue;
      certified = false;
      need(i);
    }
    // Goes on with the likely one, so that one round of exact logits usually settles all places.
    choice.take(likely);
  }
  return certified;
}

}  // namespace barker
