// Exploration: selling points (SPs) that are drawn instead of chosen by their score, and the
// probability with which what is shown was drawn. Without that probability nobody can judge another
// policy by the log.
//
// Uniform       Each SP that may be taken is as likely as the others. The probability of a set is
//               exact.
// Thompson      (Thompson 1933; Chapelle, Li 2011.) Each SP is preferred by a draw from what is
//               believed of its logit: a normal distribution around the model's logit
//               (Candidate::deviation). The probability of a set is estimated by further draws,
//               whose number the caller says; its standard error is at most 1 / (2 sqrt(draws)).
//
// Pure functions over the caller's memory: any thread, no allocation.
#pragma once

#include <cstdint>
#include <span>

#include "scoring/choose.h"

namespace barker {

enum class ExploreBy : uint8_t { kUniform, kThompson };

struct Exploration {
  double share = 0;  // of the pages: those on which SPs are drawn
  ExploreBy by = ExploreBy::kUniform;
  float prior = 1;  // standard deviation of the logit of an SP without evidence
};

// The columns that SPs take before a title, as plugin/rewrite.h lays them out. All that are zero:
// everything fits.
struct TitleRoom {
  std::span<const uint32_t> columns = {};  // [candidates] of each with its separator
  uint64_t width = 0;                      // of the title; 0: without limit

  // How many of `chosen`, which are put there in order, fit.
  size_t fitting(std::span<const uint32_t> chosen) const noexcept;
};

// A normal draw that depends on nothing but its two arguments, so that an SP has the same draw in
// every ad of a page.
float normal_draw(uint64_t seed, uint64_t key) noexcept;
// The same, uniform in [0, 1).
float uniform_draw(uint64_t seed, uint64_t key) noexcept;

// Sets the preferences of the candidates of an ad by a draw; NaN of those that cannot be taken. SPs
// that stand in the title are left there.
void draw_preferences(std::span<Candidate> candidates, ExploreBy by, uint64_t seed) noexcept;

// The probability that a draw shows exactly the SPs `shown`, in whatever order: at most three
// different candidates, as choose_selling_points() with `room` would leave them. `policy`,
// `embeddings`: of the choice. kThompson: `candidates` are used as scratch; their preferences are
// overwritten. The estimate is at least 1 / draws, because what was shown is possible.
double draw_propensity(std::span<Candidate> candidates, const ChoosePolicy& policy,
                       const Embeddings& embeddings, ExploreBy by, const TitleRoom& room,
                       std::span<const uint32_t> shown, uint32_t draws, uint64_t seed) noexcept;

// Whether two lists hold the same candidates.
bool same_candidates(std::span<const uint32_t> a, std::span<const uint32_t> b) noexcept;

}  // namespace barker
