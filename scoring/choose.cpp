#include "scoring/choose.h"

#include <cmath>

#include "models/vocabulary.h"

namespace barker {
namespace {

float cosine(const float* x, const float* y, size_t dim) {
  float xy = 0, xx = 0, yy = 0;
  for (size_t d = 0; d < dim; ++d) {
    xy += x[d] * y[d];
    xx += x[d] * x[d];
    yy += y[d] * y[d];
  }
  return xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : 0.0f;
}

}  // namespace

size_t choose_selling_points(std::span<const Candidate> candidates, const ChoosePolicy& policy,
                             const float* embedding, size_t dim, uint32_t* chosen,
                             Verdict* verdicts) noexcept {
  // What a candidate is by itself, before it is compared with those chosen.
  const auto alone = [&](const Candidate& c) {
    if (c.row == kUnknownRow) return Verdict::kUnknown;
    if (!(c.score >= policy.minimum_score)) return Verdict::kBelowMinimum;
    if (c.in_title && policy.duplicates == Duplicates::kSkip) return Verdict::kInTitle;
    return Verdict::kNotAmongBest;
  };
  const auto against_chosen = [&](const Candidate& c, size_t count) {
    for (size_t k = 0; k < count; ++k) {
      const Candidate& other = candidates[chosen[k]];
      if (c.fingerprint == other.fingerprint) return Verdict::kRepeated;
      if (cosine(embedding + size_t{c.row} * dim, embedding + size_t{other.row} * dim, dim) >
          policy.maximum_cosine) {
        return Verdict::kNearDuplicate;
      }
    }
    return Verdict::kNotAmongBest;
  };

  // An ad has few candidates and gets at most three: the best that is left, over and over.
  size_t count = 0;
  while (count < policy.count) {
    size_t best = candidates.size();
    for (size_t i = 0; i < candidates.size(); ++i) {
      if (alone(candidates[i]) != Verdict::kNotAmongBest) continue;
      if (best != candidates.size() && candidates[i].score <= candidates[best].score) continue;
      bool taken = false;
      for (size_t k = 0; k < count; ++k) taken |= chosen[k] == i;
      if (taken || against_chosen(candidates[i], count) != Verdict::kNotAmongBest) continue;
      best = i;
    }
    if (best == candidates.size()) break;
    chosen[count++] = static_cast<uint32_t>(best);
  }
  if (verdicts) {
    for (size_t i = 0; i < candidates.size(); ++i) {
      verdicts[i] = alone(candidates[i]);
      if (verdicts[i] == Verdict::kNotAmongBest) verdicts[i] = against_chosen(candidates[i], count);
    }
    for (size_t k = 0; k < count; ++k) {
      verdicts[chosen[k]] = candidates[chosen[k]].in_title ? Verdict::kPromoted : Verdict::kChosen;
    }
  }
  return count;
}

}  // namespace barker
