#include "index/simulation/rollout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/base/random.h"

namespace barker {
namespace {

using ::testing::HasSubstr;

// Users with 20 impressions each and a click-through rate of their own around `rate`.
RolloutSide side(uint64_t users, double rate, Random& random) {
  RolloutSide out;
  for (uint64_t u = 0; u < users; ++u) {
    const double own = rate * (0.5 + random.uniform());
    double clicks = 0;
    for (int i = 0; i < 20; ++i) clicks += random.chance(own);
    out.users.add({clicks, 20});
    out.pages += 2;
  }
  return out;
}

TEST(Rollout, HasNoVerdictBeforeThereAreEnoughUsersAndClicks) {
  Random random(1, 0);
  const RolloutSide many = side(5000, 0.05, random);
  for (const RolloutSide& few : {side(150, 0.2, random), side(250, 0.01, random)}) {
    const RolloutLook look = look_at(many, few, {});
    EXPECT_FALSE(look.is_enough);
    EXPECT_EQ(look.stop, "");
    EXPECT_FALSE(conclude(look, {}).is_promoted);
    EXPECT_THAT(conclude(look, {}).reason, HasSubstr("expected 200 users and 100 clicks"));
  }
}

TEST(Rollout, StopsACanaryThatLosesClicks) {
  Random random(2, 0);
  const RolloutLook look = look_at(side(5000, 0.05, random), side(1000, 0.025, random), {});
  EXPECT_THAT(look.stop, HasSubstr("fewer clicks"));
}

TEST(Rollout, StopsACanaryThatLeavesMorePagesWithoutRescoring) {
  Random random(3, 0);
  const RolloutSide serving = side(3000, 0.05, random);
  RolloutSide canary = side(500, 0.05, random);
  canary.bypassed = 20;
  EXPECT_THAT(look_at(serving, canary, {}).stop, HasSubstr("20 of 1000 against 0 of 6000"));
  canary.bypassed = 0;
  EXPECT_EQ(look_at(serving, canary, {}).stop, "");
}

TEST(Rollout, PromotesWhatIsSurelyNotWorseByMoreThanTheMargin) {
  Random random(4, 0);
  const RolloutSide serving = side(6000, 0.05, random), same = side(6000, 0.05, random);
  EXPECT_TRUE(conclude(look_at(serving, same, {}), {}).is_promoted);
  const RolloutSide few = side(300, 0.05, random);
  const RolloutVerdict unsure = conclude(look_at(serving, few, {}), {.margin = 0.01});
  EXPECT_FALSE(unsure.is_promoted);
  EXPECT_THAT(unsure.reason, HasSubstr("not shown to be no worse"));
}

// Thirty looks at a canary that is as good as what serves. An interval that is right for one look
// would stop it far more often.
TEST(Rollout, SeldomStopsAnEqualCanaryHoweverOftenItLooks) {
  constexpr int kRepeats = 200;
  Random random(5, 0);
  const auto add = [&](RolloutSide& side) {
    for (int u = 0; u < 250; ++u) {
      side.users.add({static_cast<double>(random.poisson(0.5 + random.uniform())), 20});
    }
    side.pages += 500;
  };
  int stopped = 0, stopped_by_one_look = 0;
  for (int repeat = 0; repeat < kRepeats; ++repeat) {
    RolloutSide serving, canary;
    bool stops = false, one_look_stops = false;
    for (int i = 0; i < 30; ++i) {
      add(serving);
      add(canary);
      const RolloutLook look = look_at(serving, canary, {});
      ASSERT_TRUE(look.is_enough);
      stops = stops || !look.stop.empty();
      one_look_stops = one_look_stops || look.lift.high < 0;
    }
    stopped += stops;
    stopped_by_one_look += one_look_stops;
  }
  EXPECT_LE(stopped, kRepeats * 0.05);
  EXPECT_GT(stopped_by_one_look, kRepeats * 0.1);
}

}  // namespace
}  // namespace barker
