// The feature keywords that a page offers as filters, and pages that are narrowed by them.

#include "index/engine/feature_bar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "index/engine/engine.h"
#include "index/engine/engine_session.h"
#include "index/retrieval/index_writer.h"
#include "tests/models/weights/random_model.h"

namespace barker {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class FeatureBars : public testing::Test {
 protected:
  FeatureBars() {
    options_.index = temporary_path("features");
    options_.plugin = BARKER_PLUGIN_PATH;
    options_.watched.weights = temporary_path("features.barker");
    EXPECT_TRUE(write_weight_file(random_model(1), options_.watched.weights).ok());
  }
  ~FeatureBars() override {
    std::filesystem::remove_all(options_.index);
    std::filesystem::remove(options_.watched.weights);
    std::filesystem::remove(rules_);
  }

  std::unique_ptr<Engine> open(const std::vector<CatalogueAd>& ads) const {
    const Status written = write_index(ads, options_.index);
    EXPECT_TRUE(written.ok()) << written.message();
    Result<std::unique_ptr<Engine>> engine = Engine::open(options_);
    EXPECT_TRUE(engine.ok()) << engine.status().message();
    return engine.ok() ? std::move(*engine) : nullptr;
  }
  static CatalogueAd ad(const std::string& id, std::vector<std::string> points,
                        const std::string& colour = "") {
    CatalogueAd ad;
    ad.id = id;
    ad.title = "Shoe";
    ad.bid_terms = {{"shoe"}};
    ad.selling_points = std::move(points);
    if (!colour.empty()) ad.attributes = {{"colour", colour}};
    return ad;
  }
  static SearchResult search(EngineSession& session, const SearchOptions& options) {
    Result<SearchResult> page = session.search("shoe", {}, options);
    EXPECT_TRUE(page.ok()) << page.status().message();
    return page.ok() ? std::move(*page) : SearchResult();
  }
  static std::vector<std::string> keywords(const SearchResult& page) {
    std::vector<std::string> keywords;
    for (const FeatureShown& feature : page.features) keywords.push_back(feature.keyword);
    return keywords;
  }

  // The bar's keywords under the rules of a text.
  std::vector<std::string> ruled(const std::vector<CatalogueAd>& ads, const std::string& rules) {
    std::ofstream(rules_) << rules;
    options_.watched.rules = rules_;
    options_.watched.tell = [](const std::string&) {};
    const auto engine = open(ads);
    EngineSession session(*engine);
    return keywords(search(session, {.bar = {.count = 10, .exploration = 0.5}}));
  }

  EngineOptions options_;
  const std::string rules_ = temporary_path("features.toml");
};

TEST_F(FeatureBars, OfferSellingPointsAndAttributesOfThePage) {
  const auto engine = open({ad("a", {"word1", "word2"}, "black"), ad("b", {"word2"}, "red")});
  EngineSession session(*engine);
  const SearchResult page = search(session, {.bar = {.count = 10, .exploration = 0}});
  EXPECT_THAT(keywords(page), UnorderedElementsAre("word1", "word2", "black", "red"));
  EXPECT_THAT(search(session, {}).features, IsEmpty()) << "nobody asked for a bar";
  for (size_t i = 0; i < page.features.size(); ++i) EXPECT_EQ(page.features[i].position, i + 1);
}

TEST_F(FeatureBars, HaveTheMostAttractiveFirstAndThenWhatTheModelDoesNotKnow) {
  const auto engine = open({ad("a", {"word1", "word2", "word3", "qzxa"}),
                            ad("b", {"word4", "qzxb"}), ad("c", {"qzxb"})});
  EngineSession session(*engine);
  const SearchResult page = search(session, {.bar = {.count = 10, .exploration = 0}});
  ASSERT_EQ(page.features.size(), 6u);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_GT(page.features[i].attraction, 0);
    const double before = i == 0 ? 1 : page.features[i - 1].attraction;
    EXPECT_LE(page.features[i].attraction, before);
    EXPECT_EQ(page.features[i].propensity, 1);
  }
  EXPECT_EQ(page.features[4].keyword, "qzxb") << "more ads have it";
  EXPECT_EQ(page.features[4].ads, 2u);
  EXPECT_TRUE(std::isnan(page.features[4].attraction));
  EXPECT_EQ(page.features[5].keyword, "qzxa");
}

TEST_F(FeatureBars, NarrowThePageToAdsThatHaveAllThatIsAskedFor) {
  const auto engine = open({ad("a", {"word1", "Word 2"}, "black"), ad("b", {"word1"}, "black"),
                            ad("c", {"word1", "word 2"}, "red")});
  EngineSession session(*engine);
  const auto ids = [&](std::vector<std::string> features) {
    std::vector<std::string> found;
    for (const AdShown& ad : search(session, {.features = std::move(features)}).ads) {
      found.push_back(ad.id);
    }
    return found;
  };
  EXPECT_THAT(ids({"word 2"}), UnorderedElementsAre("a", "c"));
  EXPECT_THAT(ids({"WORD 2", "black"}), ElementsAre("a"));
  EXPECT_THAT(ids({"green"}), IsEmpty());
  const SearchResult page =
      search(session, {.features = {"black"}, .bar = {.count = 10, .exploration = 0}});
  EXPECT_THAT(keywords(page), UnorderedElementsAre("word1", "Word 2")) << "not what is asked for";
  EXPECT_EQ(page.auction.without_features, 1u);
}

// Of many pages, the share of those on which a keyword stands first is the propensity that these
// pages say.
TEST_F(FeatureBars, SayThePropensitiesWithWhichTheyChoose) {
  const auto engine = open({ad("a", {"word1", "word2", "word3", "word4", "qzx"})});
  EngineSession session(*engine, /*seed=*/5);
  constexpr double kExploration = .5;
  constexpr int kPages = 4000;
  std::map<std::string, int> first;
  std::map<std::string, double> propensity;
  for (int i = 0; i < kPages; ++i) {
    const SearchResult page = search(session, {.bar = {.count = 2, .exploration = kExploration}});
    ASSERT_EQ(page.features.size(), 2u);
    EXPECT_NE(page.features[0].keyword, page.features[1].keyword);
    ++first[page.features[0].keyword];
    propensity[page.features[0].keyword] = page.features[0].propensity;
  }
  ASSERT_EQ(first.size(), 5u);
  double sum = 0;
  for (const auto& [keyword, p] : propensity) {
    sum += p;
    EXPECT_NEAR(first[keyword], kPages * p, 5 * std::sqrt(kPages * p * (1 - p))) << keyword;
  }
  EXPECT_NEAR(sum, 1, 1e-9);
}

TEST_F(FeatureBars, MayStandInAnyOrder) {
  const auto engine = open({ad("a", {"word1", "word2", "word3"})});
  EngineSession session(*engine);
  std::set<std::vector<std::string>> orders;
  for (int i = 0; i < 200; ++i) {
    const SearchResult page =
        search(session, {.bar = {.count = 3, .exploration = 0, .order = FeatureOrder::kShuffled}});
    orders.insert(keywords(page));
  }
  EXPECT_EQ(orders.size(), 6u);
}

TEST_F(FeatureBars, OfferNothingThatTheRulesForbid) {
  const std::vector<CatalogueAd> ads = {ad("a", {"word1", "word2"}, "black"),
                                        ad("b", {"Word 2", "word3"}, "red")};
  EXPECT_THAT(ruled(ads, "selling_points_off = ['WORD1', 'red']"),
              UnorderedElementsAre("word2", "Word 2", "word3", "black"));
  EXPECT_THAT(ruled(ads, "[[forbid]]\npattern = '[13]$'"), ElementsAre("word2"))
      << "a pattern that is not matched may forbid what the model does not know";
  EXPECT_THAT(ruled(ads, "off = true"), IsEmpty());
}

TEST_F(FeatureBars, CountOnlyAdsForWhoseCategoryTheRulesForbidNothing) {
  std::vector<CatalogueAd> ads = {ad("a", {"word1", "word2"}), ad("b", {"word2"}),
                                  ad("c", {"word2"})};
  ads[0].category = "Beauty > Masks";
  ads[1].category = "beauty";
  EXPECT_THAT(ruled(ads, "[[forbid]]\npattern = 'word'\ncategory = 'beauty'\n"),
              ElementsAre("word2"));
  const auto engine = open(ads);
  EngineSession session(*engine);
  EXPECT_EQ(search(session, {.bar = {.count = 10}}).features.at(0).ads, 1u);
  ads.pop_back();
  EXPECT_THAT(ruled(ads, "[[forbid]]\npattern = 'word'\ncategory = 'beauty'\n"), IsEmpty());
}

TEST_F(FeatureBars, AreMadeWithoutWeights) {
  options_.watched.weights.clear();
  const auto engine = open({ad("a", {"word1"}), ad("b", {"word2"}), ad("c", {"word2"})});
  EngineSession session(*engine);
  EXPECT_THAT(keywords(search(session, {.bar = {.count = 2, .exploration = 0}})),
              ElementsAre("word2", "word1"));
}

}  // namespace
}  // namespace barker
