#include "models/simulate/drifting_market.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace barker {
namespace {

const MarketplaceOptions kMarket = {.seed = 3, .ads = 600, .users = 400};

const MarketCategory& category_of(const MarketAd& ad) { return market_categories()[ad.category]; }

// Whether any ad of the market has one of the selling points, or tells of it in its title.
bool has_any(const Market& market, const std::vector<std::string>& texts) {
  return std::ranges::any_of(market.ads(), [&](const MarketAd& ad) {
    const auto is_one = [&](size_t p) {
      return std::ranges::count(texts, category_of(ad).points[p].text) > 0;
    };
    return std::ranges::any_of(ad.points, is_one) || std::ranges::any_of(ad.in_title, is_one);
  });
}

std::set<std::string> offered_on(const Market& market) {
  std::set<std::string> offered;
  Random random(1, 0);
  for (uint32_t i = 0; i < 500; ++i) {
    for (const SfImpression& sf : market.random_search(market.shoppers()[0], i, random).sfs) {
      offered.insert(sf.text);
    }
  }
  return offered;
}

TEST(DriftingMarket, HasNewSellingPointsFromTheirDayOnAndNeverBefore) {
  const DriftingMarket world(kMarket, {.new_points_day = 5});
  ASSERT_EQ(world.new_points().size(), 8u);
  for (const uint32_t day : {0, 1, 4}) EXPECT_FALSE(has_any(world.on(day), world.new_points()));
  EXPECT_TRUE(has_any(world.on(5), world.new_points()));
  const std::set<std::string> before = offered_on(world.on(4)), after = offered_on(world.on(5));
  for (const std::string& text : world.new_points()) {
    EXPECT_FALSE(before.contains(text)) << text;
    EXPECT_TRUE(after.contains(text)) << text;
  }
}

TEST(DriftingMarket, LosesSellingPointsOnTheirDay) {
  const DriftingMarket world(kMarket, {.gone_points_day = 7});
  ASSERT_EQ(world.gone_points().size(), 4u);
  EXPECT_TRUE(has_any(world.on(6), world.gone_points()));
  EXPECT_FALSE(has_any(world.on(7), world.gone_points()));
  EXPECT_FALSE(offered_on(world.on(7)).contains(world.gone_points()[0]));
}

TEST(DriftingMarket, HasAsManyAdsThatComeAsAdsThatGo) {
  const DriftingMarket world(kMarket, {.new_points = 0, .gone_points = 0});
  const auto ids_on = [&](uint32_t day) {
    std::set<std::string> ids;
    const Market market = world.on(day);
    for (const MarketAd& ad : market.ads()) ids.insert(ad.id);
    return ids;
  };
  const std::set<std::string> first = ids_on(1), last = ids_on(10);
  std::set<std::string> stayed;
  std::ranges::set_intersection(first, last, std::inserter(stayed, stayed.end()));
  EXPECT_NEAR(static_cast<double>(stayed.size()), 0.6 * 600, 40);
  EXPECT_NEAR(static_cast<double>(first.size() - stayed.size()), 0.2 * 600, 40);
  EXPECT_NEAR(static_cast<double>(last.size() - stayed.size()), 0.2 * 600, 40);
  EXPECT_EQ(ids_on(0), first);
}

TEST(DriftingMarket, LetsOwnTastesWanderWithoutGrowingAndTheFashionMoveThemAll) {
  const DriftingMarket still(kMarket, {.constancy = 0.9, .fashion = 0});
  const DriftingMarket moved(kMarket, {.constancy = 0.9, .fashion = 0.2});
  double before = 0, after = 0, distance = 0;
  const std::vector<Shopper> first = still.on(0).shoppers(), last = still.on(10).shoppers();
  const std::vector<Shopper> shifted = moved.on(10).shoppers();
  for (size_t u = 5; u < first.size(); ++u) {  // the first five have tastes that were not drawn
    for (size_t axis = 0; axis < kTasteAxes; ++axis) {
      before += first[u].taste[axis] * first[u].taste[axis];
      after += last[u].taste[axis] * last[u].taste[axis];
      distance += std::pow(last[u].taste[axis] - first[u].taste[axis], 2);
      // The fashion is the same shift for everybody.
      EXPECT_NEAR(shifted[u].taste[axis] - last[u].taste[axis],
                  shifted[5].taste[axis] - last[5].taste[axis], 1e-12);
    }
  }
  EXPECT_NEAR(after / before, 1, 0.15);
  // E (own(d) - own(0))^2 = 2 (1 - a^d) of the variance.
  EXPECT_NEAR(distance / before, 2 * (1 - std::pow(0.9, 10)), 0.2);
  EXPECT_GT(std::fabs(shifted[5].taste[0] - last[5].taste[0]), 1e-3);
}

TEST(DriftingMarket, IsTheSameInWhateverOrderItsDaysAreAskedFor) {
  const DriftingMarket a(kMarket, {}), b(kMarket, {});
  const Market later = a.on(8), again = (static_cast<void>(b.on(3)), b.on(8));
  ASSERT_EQ(later.ads().size(), again.ads().size());
  for (size_t i = 0; i < later.ads().size(); ++i) EXPECT_EQ(later.ads()[i].id, again.ads()[i].id);
  EXPECT_EQ(later.shoppers()[17].taste, again.shoppers()[17].taste);
  EXPECT_NE(later.shoppers()[17].taste, a.on(7).shoppers()[17].taste);
}

// The loop's report takes a text's appeal from whichever category has it.
TEST(DriftingMarket, HasSellingPointsThatAppealAlikeInEveryCategory) {
  std::map<std::string, std::array<float, kTasteAxes>> appeals;
  for (const MarketCategory& category : market_categories()) {
    for (const MarketPoint& point : category.points) {
      EXPECT_EQ(appeals.emplace(point.text, point.appeal).first->second, point.appeal)
          << point.text;
    }
  }
}

}  // namespace
}  // namespace barker
