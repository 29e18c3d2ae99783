#include "scoring/explore.h"

#include <gmock/gmock.h>

#include <cmath>
#include <map>
#include <set>
#include <vector>

#include "models/weights/vocabulary.h"
#include "scoring/kernels.h"

namespace barker {
namespace {

using testing::DoubleNear;

// Rows 0 and 1 are near duplicates; 2 to 5 are unlike each other and unlike these.
const std::vector<float> kSixRows = {1, 0, 0, 0, .99f, .05f, 0, 0, 0, 1, 0, 0,
                                     0, 0, 1, 0, 0,    0,    0, 1, 0, 1, 1, -3};
const Embeddings kSixEmbeddings{kernels_for(Isa::kBaseline),
                                Table(matrix_view(kSixRows.data(), 6, 4))};

using Set = std::set<uint32_t>;

constexpr int kDraws = 100'000;
constexpr uint32_t kDrawsOfEstimate = 256;

// What draws show, and what they should say of their probability.
struct Page {
  std::vector<Candidate> candidates;
  ChoosePolicy policy;
  TitleRoom room;

  Set draw(ExploreBy by, uint64_t seed) {
    draw_preferences(candidates, by, seed);
    uint32_t chosen[3];
    const size_t size = choose_selling_points(candidates, policy, kSixEmbeddings, chosen, nullptr);
    return {chosen, chosen + room.fitting({chosen, size})};
  }

  double propensity(ExploreBy by, const Set& shown, uint64_t seed) {
    const std::vector<uint32_t> list(shown.begin(), shown.end());
    return draw_propensity(candidates, policy, kSixEmbeddings, by, room, list, kDrawsOfEstimate,
                           seed);
  }
};

Page page_of(std::vector<Candidate> candidates, ChoosePolicy policy) {
  return {std::move(candidates), policy, {}};
}

void set_deviations(Page& page, const std::vector<float>& deviations) {
  for (size_t i = 0; i < deviations.size(); ++i) page.candidates[i].deviation = deviations[i];
}

std::map<Set, double> frequencies(Page& page, ExploreBy by, int draws) {
  std::map<Set, double> shown;
  for (int i = 0; i < draws; ++i) shown[page.draw(by, static_cast<uint64_t>(i) + 1)] += 1.0 / draws;
  return shown;
}

// Five standard errors of a share that was counted in so many draws, and what sums are rounded by.
double interval(double share, int draws) {
  return 5 * std::sqrt(share * (1 - share) / draws) + 1e-9;
}

TEST(UniformDraw, HasTheProbabilityThatItSays) {
  // Two near duplicates, one in the title, one forbidden, one below the minimum, one repeated.
  std::vector<Candidate> candidates = {
      {10, 0, .9f, false}, {11, 1, .8f, false}, {12, 2, .2f, false}, {13, 3, .1f, true},
      {14, 4, .3f, false}, {15, 5, -9, false},  {12, 2, .2f, false}, {16, 3, .4f, false}};
  candidates[4].forbidden = true;
  for (uint32_t count = 0; count <= 3; ++count) {
    Page page = page_of(candidates, {.count = count, .minimum_logit = -1});
    double sum = 0;
    for (const auto& [shown, frequency] : frequencies(page, ExploreBy::kUniform, kDraws)) {
      const double said = page.propensity(ExploreBy::kUniform, shown, 1);
      EXPECT_THAT(frequency, DoubleNear(said, interval(said, kDraws))) << count;
      sum += said;
    }
    EXPECT_THAT(sum, DoubleNear(1, 1e-9)) << count;
  }
}

// A draw takes the first of two spellings of one selling point, the best choice may be the second.
TEST(UniformDraw, NeverShowsTheSecondOfTwoWithOneFingerprint) {
  Page page =
      page_of({{10, 0, .1f, false}, {10, 2, .9f, false}, {11, 3, .5f, false}}, {.count = 1});
  EXPECT_EQ(page.propensity(ExploreBy::kUniform, {1}, 1), 0);
  EXPECT_EQ(page.propensity(ExploreBy::kUniform, {0}, 1), 0.5);
  EXPECT_EQ(frequencies(page, ExploreBy::kUniform, 1000).count({1}), 0u);
}

TEST(UniformDraw, SumsToOneOverAllThatItCanShow) {
  std::vector<Candidate> candidates = {{10, 0, .9f, false},
                                       {11, 1, .8f, false},
                                       {12, 2, .2f, false},
                                       {13, 3, .1f, false},
                                       {14, 4, .3f, false}};
  for (const uint64_t width : {uint64_t{0}, uint64_t{24}, uint64_t{30}}) {
    for (uint32_t count = 0; count <= 3; ++count) {
      Page page = page_of(candidates, {.count = count});
      const std::vector<uint32_t> columns = {6, 9, 12, 4, 20};
      page.room = {columns, width};
      double sum = 0;
      for (const auto& [shown, frequency] : frequencies(page, ExploreBy::kUniform, kDraws)) {
        const double said = page.propensity(ExploreBy::kUniform, shown, 1);
        EXPECT_THAT(frequency, DoubleNear(said, interval(said, kDraws))) << count << " " << width;
        sum += said;
      }
      EXPECT_THAT(sum, DoubleNear(1, 1e-9)) << count << " " << width;
    }
  }
}

TEST(ThompsonDraw, HasTheProbabilityThatItEstimates) {
  Page page = page_of({{10, 0, .9f, false},
                       {11, 1, .8f, false},
                       {12, 2, .2f, false},
                       {13, 3, .1f, false},
                       {14, kUnknownRow, .3f, false}},
                      {.count = 2, .takes_unknown = true});
  set_deviations(page, {.1f, .3f, .5f, .2f, 1});
  for (const auto& [shown, frequency] : frequencies(page, ExploreBy::kThompson, kDraws)) {
    if (frequency < 0.02) continue;  // the estimate has a least value, 1/256
    double said = 0;
    constexpr int kEstimates = 400;
    for (int i = 0; i < kEstimates; ++i) {
      const double one = page.propensity(ExploreBy::kThompson, shown, 7'000'000u + i);
      EXPECT_NEAR(one, frequency, 5 * 0.032);
      said += one / kEstimates;
    }
    EXPECT_THAT(frequency, DoubleNear(said, interval(said, kDraws) +
                                                interval(said, kEstimates * kDrawsOfEstimate)));
  }
}

TEST(ThompsonDraw, IsTheBestChoiceWhereTheEvidenceIsComplete) {
  Page page =
      page_of({{10, 0, .9f, false}, {12, 2, .2f, false}, {13, 3, .5f, false}}, {.count = 2});
  const auto shown = frequencies(page, ExploreBy::kThompson, 1000);
  EXPECT_THAT(shown, testing::ElementsAre(testing::Pair(Set{0, 2}, DoubleNear(1, 1e-9))));
  EXPECT_EQ(page.propensity(ExploreBy::kThompson, {0, 2}, 3), 1);
}

TEST(ThompsonDraw, ShowsWhatTheModelNeverSawOnlyWherePolicyAllows) {
  const std::vector<Candidate> candidates = {
      {10, 0, .9f, false}, {14, kUnknownRow, .9f, false}, {15, kUnknownRow, NAN, false}};
  Page allowed = page_of(candidates, {.count = 1, .takes_unknown = true});
  set_deviations(allowed, {0, 1, 1});
  const auto shown = frequencies(allowed, ExploreBy::kThompson, 10'000);
  EXPECT_THAT(shown.at({1}), DoubleNear(0.5, 0.03));
  EXPECT_EQ(shown.count({2}), 0u) << "it has no logit";
  Page denied = page_of(candidates, {.count = 1});
  set_deviations(denied, {0, 1, 1});
  EXPECT_THAT(frequencies(denied, ExploreBy::kThompson, 1000),
              testing::ElementsAre(testing::Pair(Set{0}, DoubleNear(1, 1e-9))));
}

TEST(NormalDraw, HasTheMomentsOfANormalDistributionAndDependsOnItsArgumentsAlone) {
  double sum = 0, squares = 0;
  for (uint64_t i = 0; i < kDraws; ++i) {
    const double x = normal_draw(i % 7, i);
    EXPECT_EQ(x, normal_draw(i % 7, i));
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / kDraws, 0, 0.02);
  EXPECT_NEAR(squares / kDraws, 1, 0.03);
}

}  // namespace
}  // namespace barker
