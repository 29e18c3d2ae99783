#include "scoring/choose.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "models/weights/vocabulary.h"

namespace barker {
namespace {

using ::testing::ElementsAre;

// Rows 0 and 1 are nearly the same; 2 and 3 are apart from them and from each other.
const std::vector<float> kEmbedding = {1, 0, 1, 0.01f, 0, 1, -1, 0};

const Embeddings kEmbeddings{kernels_for(Isa::kBaseline),
                             Table(matrix_view(kEmbedding.data(), 4, 2))};

struct Choice {
  std::vector<uint32_t> chosen;
  std::vector<Verdict> verdicts;
};

Choice choose(std::vector<Candidate> candidates, const ChoosePolicy& policy) {
  for (Candidate& c : candidates) c.preference = lowered(c.logit, c, policy);
  Choice out{std::vector<uint32_t>(policy.count), std::vector<Verdict>(candidates.size())};
  out.chosen.resize(choose_selling_points(candidates, policy, kEmbeddings, out.chosen.data(),
                                          out.verdicts.data()));
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

TEST(ChooseSellingPoints, NeverTakesAnUnknownRowALowLogitOrANan) {
  const Choice c = choose({{1, kUnknownRow, .9f, false}, {2, 2, .1f, false}, {3, 3, NAN, false}},
                          {.count = 3, .minimum_logit = .3f});
  EXPECT_TRUE(c.chosen.empty());
  EXPECT_THAT(c.verdicts,
              ElementsAre(Verdict::kUnknown, Verdict::kBelowMinimum, Verdict::kBelowMinimum));
}

TEST(ChooseSellingPoints, SkipsOrPromotesASellingPointThatStandsInTheTitle) {
  const std::vector<Candidate> candidates = {{1, 0, .9f, true}, {2, 2, .5f, false}};
  EXPECT_THAT(choose(candidates, {.count = 2}).chosen, ElementsAre(1));
  const Choice promoted = choose(candidates, {.count = 2, .duplicates = Duplicates::kPromote});
  EXPECT_THAT(promoted.chosen, ElementsAre(0, 1));
  EXPECT_EQ(promoted.verdicts[0], Verdict::kPromoted);
}

TEST(ChooseSellingPoints, NeverTakesAForbiddenCandidate) {
  std::vector<Candidate> candidates = {{1, 0, .9f, false}, {2, 2, .5f, false}};
  candidates[0].forbidden = true;
  const Choice c = choose(candidates, {.count = 2});
  EXPECT_THAT(c.chosen, ElementsAre(1));
  EXPECT_EQ(c.verdicts[0], Verdict::kForbidden);
}

TEST(ChooseSellingPoints, PrefersTheHigherLowerBoundAndTakesNoneWhoseBoundIsTooLow) {
  std::vector<Candidate> candidates = {
      {10, 0, .9f, false}, {11, 2, .8f, false}, {12, 3, .1f, false}};
  candidates[0].deviation = 1;
  candidates[1].deviation = .25f;
  ChoosePolicy policy{.count = 3, .minimum_logit = 0};
  const auto chosen = [&](float lower_bound) {
    policy.lower_bound = lower_bound;
    return choose(candidates, policy).chosen;
  };
  EXPECT_THAT(chosen(0), ElementsAre(0, 1, 2));
  EXPECT_THAT(chosen(.5f), ElementsAre(1, 0, 2)) << ".675, .4, .1";
  EXPECT_THAT(chosen(1), ElementsAre(1, 2)) << ".55, -.1, .1";
}

TEST(LogitDeviation, IsThePriorsWithoutEvidenceAndShrinksWithIt) {
  EXPECT_EQ(logit_deviation(2, 0), 2);
  EXPECT_FLOAT_EQ(logit_deviation(1, 3), .5f) << "1 / sqrt(1 / 1 + 3)";
  EXPECT_FLOAT_EQ(logit_deviation(.5f, 5), 1 / 3.f) << "1 / sqrt(1 / .25 + 5)";
  EXPECT_EQ(logit_deviation(1, std::numeric_limits<double>::infinity()), 0);
  EXPECT_EQ(logit_deviation(0, 7), 0);
  EXPECT_EQ(logit_deviation(0, std::numeric_limits<double>::infinity()), 0);
}

TEST(ChooseSellingPoints, TakesNoneWhenThePolicyAllowsNone) {
  EXPECT_TRUE(choose({{1, 0, .9f, false}}, {.count = 0}).chosen.empty());
}

constexpr uint32_t kRows = 12, kDim = 3;

// Candidates of an ad as the plugin meets them: some repeated, some in the title, some near
// duplicates, some with equal logits.
struct Screening {
  std::vector<float> embedding;
  std::vector<Candidate> exact, screened;
};

Screening random_screening(std::mt19937& random, float bound, const ChoosePolicy& policy) {
  std::normal_distribution<float> normal(0, 1);
  std::uniform_real_distribution<float> error(-bound, bound);
  Screening s;
  for (uint32_t i = 0; i < kRows * kDim; ++i) s.embedding.push_back(normal(random));
  for (uint32_t i = 0, count = random() % 14; i < count; ++i) {
    const uint32_t row = random() % 5 == 0 ? kUnknownRow : random() % kRows;
    const float logit = std::round(normal(random) * 8) / 8;  // ties
    s.exact.push_back({1 + row, row, logit, random() % 6 == 0});
    s.exact.back().deviation = static_cast<float>(random() % 3) / 4;
    s.screened.push_back(s.exact.back());
    s.screened.back().logit += error(random);
    s.screened.back().screened = true;
    for (Candidate* c : {&s.exact.back(), &s.screened.back()}) {
      c->preference = lowered(c->logit, *c, policy);
    }
  }
  return s;
}

TEST(CertifiedChoice, EqualsTheExactChoiceAndNeedsFewerThanHalfOfTheExactLogits) {
  std::mt19937 random(3);
  size_t looked_at = 0, all = 0;
  for (int trial = 0; trial < 20000; ++trial) {
    const float bound = 0.02f * static_cast<float>(random() % 4);
    ChoosePolicy policy{.count = static_cast<uint32_t>(random() % 4), .maximum_cosine = .8f};
    if (random() % 2) policy.minimum_logit = -0.25f;
    if (random() % 2) policy.duplicates = Duplicates::kPromote;
    if (random() % 2) policy.lower_bound = 1;
    Screening s = random_screening(random, bound, policy);
    const Embeddings embeddings{kernels_for(Isa::kBaseline),
                                Table(matrix_view<const float>(s.embedding.data(), kRows, kDim))};
    uint32_t exact[3], certified[3];
    std::optional<size_t> count;
    int rounds = 0;
    for (;; ++rounds) {
      std::vector<size_t> needed;
      count = choose_certified(s.screened, policy, embeddings, bound, certified,
                               [&](size_t i) { needed.push_back(i); });
      ASSERT_EQ(count.has_value(), needed.empty());
      if (count) break;
      for (const size_t i : needed) s.screened[i] = s.exact[i];
    }
    EXPECT_LE(rounds, 14);
    const size_t n = choose_selling_points(s.exact, policy, embeddings, exact, nullptr);
    ASSERT_EQ(*count, n) << trial;
    for (size_t k = 0; k < n; ++k) {
      ASSERT_EQ(certified[k], exact[k]) << trial;
      ASSERT_FALSE(s.screened[certified[k]].screened);
    }
    for (const Candidate& c : s.screened) looked_at += !c.screened;
    all += s.screened.size();
  }
  EXPECT_LT(looked_at * 2, all);
}

}  // namespace
}  // namespace barker
