#include "scoring/choose.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "models/vocabulary.h"

namespace barker {
namespace {

using ::testing::ElementsAre;

// Rows 0 and 1 nearly the same, 2 and 3 apart.
const std::vector<float> kEmbedding = {1, 0, 1, 0.01f, 0, 1, -1, 0};

struct Choice {
  std::vector<uint32_t> chosen;
  std::vector<Verdict> verdicts;
};

Choice choose(const std::vector<Candidate>& candidates, const ChoosePolicy& policy) {
  Choice out{std::vector<uint32_t>(policy.count), std::vector<Verdict>(candidates.size())};
  out.chosen.resize(choose_selling_points(candidates, policy, kEmbedding.data(), 2,
                                          out.chosen.data(), out.verdicts.data()));
  return out;
}

TEST(ChooseSellingPoints, TakesTheBestFirst) {
  EXPECT_THAT(
      choose({{1, 0, .2f, false}, {2, 2, .9f, false}, {3, 3, .5f, false}}, {.count = 2}).chosen,
      ElementsAre(1, 2));
}

TEST(ChooseSellingPoints, PassesOverNearDuplicatesAndRepeats) {
  const Choice c =
      choose({{1, 0, .9f, false}, {2, 1, .8f, false}, {1, 0, .7f, false}, {3, 2, .1f, false}},
             {.count = 3});
  EXPECT_THAT(c.chosen, ElementsAre(0, 3));
  EXPECT_THAT(c.verdicts, ElementsAre(Verdict::kChosen, Verdict::kNearDuplicate, Verdict::kRepeated,
                                      Verdict::kChosen));
}

TEST(ChooseSellingPoints, NeverTakesUnknownWeakOrNotANumber) {
  const Choice c = choose({{1, kUnknownRow, .9f, false}, {2, 2, .1f, false}, {3, 3, NAN, false}},
                          {.count = 3, .minimum_score = .3f});
  EXPECT_TRUE(c.chosen.empty());
  EXPECT_THAT(c.verdicts,
              ElementsAre(Verdict::kUnknown, Verdict::kBelowMinimum, Verdict::kBelowMinimum));
}

TEST(ChooseSellingPoints, SkipsOrPromotesWhatStandsInTheTitle) {
  const std::vector<Candidate> candidates = {{1, 0, .9f, true}, {2, 2, .5f, false}};
  EXPECT_THAT(choose(candidates, {.count = 2}).chosen, ElementsAre(1));
  const Choice promoted = choose(candidates, {.count = 2, .duplicates = Duplicates::kPromote});
  EXPECT_THAT(promoted.chosen, ElementsAre(0, 1));
  EXPECT_EQ(promoted.verdicts[0], Verdict::kPromoted);
}

TEST(ChooseSellingPoints, TakesNoneWhenToldSo) {
  EXPECT_TRUE(choose({{1, 0, .9f, false}}, {.count = 0}).chosen.empty());
}

}  // namespace
}  // namespace barker
