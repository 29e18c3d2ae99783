#include "models/simulate/reading.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "models/simulate/market.h"

namespace barker {
namespace {

// The sum over all ways to read the title, each of which has a probability of its own.
double by_enumeration(const ReadingModel& model, const TitleRead& title) {
  std::vector<std::pair<double, double>> points;  // liking, P(read)
  const auto before = static_cast<double>(title.before.size());
  for (const double like : title.in_title) {
    points.emplace_back(like, model.title * (1 - model.taken * before));
  }
  for (const double like : title.before) {
    points.emplace_back(like, title.is_marked ? model.highlight : model.prefix);
  }
  double clicks = 0;
  for (uint32_t read = 0; read < 1u << points.size(); ++read) {
    double probability = 1, best = 0;
    for (size_t i = 0; i < points.size(); ++i) {
      const bool is_read = (read >> i & 1) != 0;
      probability *= is_read ? points[i].second : 1 - points[i].second;
      if (is_read) best = std::max(best, points[i].first);
    }
    clicks += probability * ad_click_probability(best - model.clutter * std::max(0.0, before - 2));
  }
  return clicks;
}

TEST(Reading, IsExactOverAllWaysToReadATitle) {
  std::mt19937_64 random(1);
  std::normal_distribution<double> like(0, 1);
  const ReadingModel model{.prefix = 0.3, .highlight = 0.6, .clutter = 0.2};
  for (int trial = 0; trial < 500; ++trial) {
    TitleRead title;
    for (size_t i = random() % 4; i > 0; --i) title.in_title.push_back(like(random));
    for (size_t i = random() % 4; i > 0; --i) title.before.push_back(like(random));
    title.is_marked = trial % 2 == 0;
    EXPECT_NEAR(click_probability(model, title), by_enumeration(model, title), 1e-12);
  }
}

TEST(Reading, IsWorthMoreWithALikedPointAndWithMarks) {
  const ReadingModel model;
  const double none = click_probability(model, {{}, {}, false});
  const double plain = click_probability(model, {{}, {1.5}, false});
  const double marked = click_probability(model, {{}, {1.5}, true});
  EXPECT_DOUBLE_EQ(none, ad_click_probability(0));
  EXPECT_LT(none, plain);
  EXPECT_LT(plain, marked);
  EXPECT_DOUBLE_EQ(click_probability(model, {{}, {-1}, true}), none) << "it is passed over";
}

TEST(Reading, OfFourDislikedPointsIsWorseThanOfNone) {
  const ReadingModel model;
  EXPECT_LT(click_probability(model, {{}, {-1, -1, -1, -1}, true}),
            click_probability(model, {{}, {}, true}));
}

TEST(Reading, LooksAtLaterAdsLessOften) {
  const ReadingModel model;
  EXPECT_EQ(look_probability(model, 1), 1);
  for (size_t position = 1; position < 20; ++position) {
    EXPECT_GT(look_probability(model, position), look_probability(model, position + 1));
  }
}

}  // namespace
}  // namespace barker
