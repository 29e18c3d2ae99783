// Which of an ad's selling points go before its title: the best n, true of the product, not said
// twice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "models/fingerprint.h"

namespace barker {

enum class Duplicates {
  kSkip,
  kPromote
};  // an SP that stands in the title: leave it out, or move it first

struct ChoosePolicy {
  uint32_t count = 2;           // 0..3 (BARKER_MAX_SELLING_POINTS)
  float minimum_score = 0;      // P(attracted) below which an SP is not worth its room
  float maximum_cosine = 0.9f;  // two chosen SPs nearer than this in embedding say the same thing
  Duplicates duplicates = Duplicates::kSkip;
};

struct Candidate {
  Fingerprint fingerprint;
  uint32_t row;   // embedding row; kUnknownRow: never seen in training, not chosen
  float score;    // calibrated P(attracted)
  bool in_title;  // its words stand in the title
};

enum class Verdict : uint8_t {
  kChosen,
  kPromoted,
  kUnknown,
  kBelowMinimum,
  kInTitle,
  kNearDuplicate,
  kRepeated,
  kNotAmongBest
};

// Chooses up to policy.count of `candidates` (best score first, ties by position) and writes their
// indices to `chosen`; returns how many. Near-duplicate: cosine of embedding rows above the limit.
// `verdicts` (candidates.size()) says why for each; may be null. `chosen` has room for
// policy.count. No allocation.
size_t choose_selling_points(std::span<const Candidate> candidates, const ChoosePolicy& policy,
                             const float* embedding, size_t dim, uint32_t* chosen,
                             Verdict* verdicts) noexcept;

}  // namespace barker
