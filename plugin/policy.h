// How one query is answered: what the configuration says, as the arms of experiments change it.
#pragma once

#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <utility>

#include "scoring/choose.h"
#include "scoring/explore.h"
#include "scoring/order.h"

namespace barker {

// What the selling points (SPs) of an ad are preferred by.
enum class ChooseBy : uint8_t {
  kAttraction,  // P(user is attracted | user, query)
  kClickRate,   // the rate at which anybody clicked the SP for this query, as the weights have it
  kRandom       // each one as likely as the others
};

// In which order those that were chosen stand before the title.
enum class DisplayOrder : uint8_t { kBestFirst, kBestLast, kAsListed };

// Which of the generations that are there answers.
enum class WeightsRole : uint8_t {
  kByShares,  // the canary answers its share of the users
  kServing,
  kCanary  // where there is one
};

struct Policy {
  OrderExponents order{1, 1, 1};
  ChoosePolicy choose;
  ChooseBy by = ChooseBy::kAttraction;
  DisplayOrder display = DisplayOrder::kBestFirst;
  Exploration exploration;
  bool is_highlighted = true;  // false: without the marks around them
  WeightsRole weights = WeightsRole::kByShares;

  // How selling points are chosen. What is drawn moves nothing out of titles, so that one SP stays
  // or goes whatever the others are. explored: on a page whose SPs are drawn.
  ChoosePolicy choice(bool explored) const noexcept {
    ChoosePolicy c = choose;
    if (draws()) c.duplicates = Duplicates::kSkip;
    if (explored) c.lower_bound = 0;  // to draw is to try what lacks evidence
    c.takes_unknown = explored;
    return c;
  }

  // What is drawn, and on which share of the pages.
  Exploration drawing() const noexcept {
    if (by == ChooseBy::kRandom) return {1, ExploreBy::kUniform, exploration.prior};
    return exploration;
  }

  // Whether it matters how certain the logits are.
  bool doubts() const noexcept {
    return choose.lower_bound > 0 || (draws() && drawing().by == ExploreBy::kThompson);
  }

  // Whether what is shown depends on chance, so that it has a propensity below 1.
  bool draws() const noexcept { return by == ChooseBy::kRandom || exploration.share > 0; }
};

// The words that stand for them in configurations and experiments.
inline constexpr std::initializer_list<std::pair<const char*, ChooseBy>> kChooseByWords = {
    {"attraction", ChooseBy::kAttraction},
    {"click_rate", ChooseBy::kClickRate},
    {"random", ChooseBy::kRandom}};
inline constexpr std::initializer_list<std::pair<const char*, DisplayOrder>> kDisplayWords = {
    {"best_first", DisplayOrder::kBestFirst},
    {"best_last", DisplayOrder::kBestLast},
    {"as_listed", DisplayOrder::kAsListed}};
inline constexpr std::initializer_list<std::pair<const char*, ExploreBy>> kExploreByWords = {
    {"uniform", ExploreBy::kUniform}, {"thompson", ExploreBy::kThompson}};
inline constexpr std::initializer_list<std::pair<const char*, WeightsRole>> kWeightsRoleWords = {
    {"serving", WeightsRole::kServing}, {"canary", WeightsRole::kCanary}};

// The largest values of configurations and experiments. Two BARKER_MAX_NUMBERs to the largest
// exponent still make a finite score.
inline constexpr double kLargestExponent = 10, kLargestPrior = 100, kLargestLowerBound = 10;

inline float logit_of(double probability) {
  return static_cast<float>(std::log(probability) - std::log1p(-probability));
}

}  // namespace barker
