#include "scoring/explore.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "models/base/random.h"

namespace barker {
namespace {

using internal::Choice;

// Whether a draw can take a candidate next. Of those with one fingerprint, which have one draw,
// only the first can be.
bool can_be_drawn(const Choice& choice, std::span<const Candidate> candidates, size_t i) noexcept {
  const auto may_come = [&](size_t c) {
    return !choice.is_taken(c) && choice.may_be_taken(c, candidates[c].logit);
  };
  if (!may_come(i)) return false;
  for (size_t earlier = 0; earlier < i; ++earlier) {
    if (candidates[earlier].fingerprint == candidates[i].fingerprint && may_come(earlier)) {
      return false;
    }
  }
  return true;
}

// How many of those that can be drawn next `is_counted` holds for.
size_t count_eligible(const Choice& choice, std::span<const Candidate> candidates,
                      auto&& is_counted) noexcept {
  size_t count = 0;
  for (size_t i = 0; i < candidates.size(); ++i) {
    count += is_counted(i) && can_be_drawn(choice, candidates, i);
  }
  return count;
}

// Walks through the orders in which equally likely candidates can be drawn so that exactly the
// shown ones fit: the sum over the orders of the product of 1 / (candidates that may be drawn
// next).
class UniformWalk {
 public:
  UniformWalk(std::span<const Candidate> candidates, const TitleRoom& room,
              std::span<const uint32_t> shown)
      : candidates_(candidates), room_(room), shown_(shown) {}

  double probability(const Choice& choice) const noexcept {
    if (choice.taken().size() == shown_.size()) return probability_of_end(choice);
    const size_t eligible = count_eligible(choice, candidates_, [](size_t) { return true; });
    double sum = 0;
    for (const uint32_t next : shown_) {
      if (!can_be_drawn(choice, candidates_, next) || !fits_after(choice, next)) continue;
      Choice longer = choice;
      longer.take(next);
      sum += probability(longer);
    }
    return eligible == 0 ? 0 : sum / static_cast<double>(eligible);
  }

 private:
  // That nothing more is shown: the choice is full, nothing is left, or what comes next does not
  // fit.
  double probability_of_end(const Choice& choice) const noexcept {
    if (choice.is_full()) return 1;
    const size_t eligible = count_eligible(choice, candidates_, [](size_t) { return true; });
    if (eligible == 0) return 1;
    const size_t too_wide =
        count_eligible(choice, candidates_, [&](size_t i) { return !fits_after(choice, i); });
    return static_cast<double>(too_wide) / static_cast<double>(eligible);
  }

  bool fits_after(const Choice& choice, size_t next) const noexcept {
    uint32_t longer[Choice::kMost];
    const size_t taken = choice.taken().size();
    std::ranges::copy(choice.taken(), longer);
    longer[taken] = static_cast<uint32_t>(next);
    return room_.fitting({longer, taken + 1}) == taken + 1;
  }

  const std::span<const Candidate> candidates_;
  const TitleRoom& room_;
  const std::span<const uint32_t> shown_;
};

}  // namespace

size_t TitleRoom::fitting(std::span<const uint32_t> chosen) const noexcept {
  if (width == 0) return chosen.size();
  uint64_t left = width;
  for (size_t k = 0; k < chosen.size(); ++k) {
    const uint64_t taken = columns[chosen[k]];
    if (taken > left || left - taken < width / 3) return k;
    left -= taken;
  }
  return chosen.size();
}

float uniform_draw(uint64_t seed, uint64_t key) noexcept {
  return static_cast<float>(mix_bits(mix_bits(seed) ^ key) >> 40) * 0x1p-24F;
}

float normal_draw(uint64_t seed, uint64_t key) noexcept {
  // The inverse of the normal distribution function by Acklam's rational approximation (2003),
  // whose error is far below a float's. In the middle, where 95% of the draws are, it takes no
  // logarithm.
  constexpr float a[] = {-3.969683028665376e+01F, 2.209460984245205e+02F,  -2.759285104469687e+02F,
                         1.383577518672690e+02F,  -3.066479806614716e+01F, 2.506628277459239e+00F};
  constexpr float b[] = {-5.447609879822406e+01F, 1.615858368580409e+02F, -1.556989798598866e+02F,
                         6.680131188771972e+01F, -1.328068155288572e+01F};
  constexpr float c[] = {-7.784894002430293e-03F, -3.223964580411365e-01F, -2.400758277161838e+00F,
                         -2.549732539343734e+00F, 4.374664141464968e+00F,  2.938163982698783e+00F};
  constexpr float d[] = {7.784695709041462e-03F, 3.224671290700398e-01F, 2.445134137142996e+00F,
                         3.754408661907416e+00F};
  constexpr float kTail = 0.02425F;
  constexpr float kHalfStep = 0x1p-25F;  // so that neither 0 nor 1 is met
  const float p = uniform_draw(seed, key) + kHalfStep;
  if (const float nearest = std::min(p, 1 - p); nearest < kTail) {
    const float q = std::sqrt(-2 * std::log(std::max(nearest, kHalfStep)));
    const float x = (((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]) /
                    ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1);
    return p < kTail ? x : -x;
  }
  const float q = p - 0.5F, r = q * q;
  return (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * q /
         (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1);
}

void draw_preferences(std::span<Candidate> candidates, ExploreBy by, uint64_t seed) noexcept {
  for (Candidate& c : candidates) {
    if (std::isnan(c.logit) || c.forbidden || c.in_title) {
      c.preference = std::numeric_limits<float>::quiet_NaN();  // so that no choice visits it
    } else if (by == ExploreBy::kUniform) {
      c.preference = uniform_draw(seed, c.fingerprint);
    } else {
      c.preference = c.logit;
      if (c.deviation > 0) c.preference += c.deviation * normal_draw(seed, c.fingerprint);
    }
  }
}

bool same_candidates(std::span<const uint32_t> a, std::span<const uint32_t> b) noexcept {
  return a.size() == b.size() &&
         std::ranges::all_of(a, [&](uint32_t i) { return std::ranges::find(b, i) != b.end(); });
}

double draw_propensity(std::span<Candidate> candidates, const ChoosePolicy& policy,
                       const Embeddings& embeddings, ExploreBy by, const TitleRoom& room,
                       std::span<const uint32_t> shown, uint32_t draws, uint64_t seed) noexcept {
  if (by == ExploreBy::kUniform) {
    return UniformWalk(candidates, room, shown).probability(Choice(candidates, policy, embeddings));
  }
  uint32_t hits = 0;
  for (uint32_t draw = 1; draw <= draws; ++draw) {
    draw_preferences(candidates, by, mix_bits(seed + draw * kRandomStep));
    uint32_t chosen[Choice::kMost];
    const size_t size = choose_selling_points(candidates, policy, embeddings, chosen, nullptr);
    hits += same_candidates({chosen, room.fitting({chosen, size})}, shown);
  }
  return static_cast<double>(std::max(hits, 1u)) / draws;
}

}  // namespace barker
