// Rows for words that training never saw, from the titles that they stand in.
#include "models/train/extend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "models/base/random.h"
#include "models/text/fingerprint.h"
#include "models/train/ridge_torch.h"
#include "tests/models/weights/random_model.h"

namespace barker {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr uint32_t kDim = 16;

// Words word0 to word49 of two topics, whose rows say to which they belong: even words have +1 in
// every number and odd ones -1.
ModelSpec model_of_topics() {
  ModelSpec model = random_model(5, {.dim = kDim, .dot_dim = 4});
  for (uint32_t w = 0; w < 50; ++w) {
    std::fill_n(model.tensors["embedding"].begin() + w * kDim, kDim, w % 2 ? -1.0f : 1.0f);
    model.tensors["dot.target.bias"][w] = w % 2 ? -0.5f : 0.5f;
  }
  model.phrases.emplace();
  return model;
}

// Ads with six known words of one topic each and a selling point that the model does not know:
// "even point" or "奇数" .
std::vector<AdTexts> ads_of_topics() {
  std::vector<AdTexts> ads;
  Random random(3, 0);
  for (int a = 0; a < 200; ++a) {
    const bool is_odd = a % 2;
    AdTexts& ad = ads.emplace_back();
    ad.category = is_odd ? "word1" : "word0";
    for (int i = 0; i < 6; ++i) {
      const uint64_t word = 2 * random.below(25) + is_odd;
      ad.title += "word" + std::to_string(word) + " ";
    }
    ad.selling_points = {is_odd ? "奇数" : "Even  Point"};
  }
  return ads;
}

float row_value(const ModelSpec& model, const std::string& name) {
  const auto at = std::ranges::find(model.names, name) - model.names.begin();
  EXPECT_LT(at, static_cast<std::ptrdiff_t>(model.keyword_rows)) << name;
  return model.tensors.at("embedding")[static_cast<size_t>(at) * kDim];
}

TEST(ExtendModel, PlacesAWordAmongThoseThatItStandsWith) {
  ModelSpec model = model_of_topics();
  const Result<Extension> extension = extend_model(ads_of_topics(), {.context_dim = 16}, model);
  ASSERT_TRUE(extension.ok()) << extension.status().message();
  EXPECT_GT(row_value(model, "even point"), 0.7f);
  EXPECT_LT(row_value(model, "奇数"), -0.7f);
  EXPECT_GT(extension->explained, 0.7);
  EXPECT_EQ(extension->known.words, 50u);
  EXPECT_EQ(extension->placed.words, 2u);
  EXPECT_EQ(extension->placed.selling_points, 2u);
  const auto bias = [&](const char* name) {
    const auto at = std::ranges::find(model.names, name) - model.names.begin();
    return model.tensors.at("dot.target.bias")[static_cast<size_t>(at)];
  };
  EXPECT_GT(bias("even point"), 0.3f);
  EXPECT_LT(bias("奇数"), -0.3f);
}

// Otherwise "even point" could be put before a title in which it stands.
TEST(ExtendModel, FindsANewSellingPointOfSeveralWordsInTitles) {
  ModelSpec model = model_of_topics();
  std::vector<AdTexts> ads = ads_of_topics();
  ads[0].title += "with even point";
  const Result<Extension> extension = extend_model(ads, {}, model);
  ASSERT_TRUE(extension.ok());
  EXPECT_EQ(extension->phrases, 1u);
  EXPECT_THAT(*model.phrases, Contains("even point"));
  EXPECT_EQ(std::ranges::find(model.names, "point"), model.names.end());
}

TEST(ExtendModel, LeavesAPhraseToTheModelThatHasItsWords) {
  ModelSpec model = model_of_topics();
  model.phrases->push_back("乔治阿玛尼");
  std::vector<AdTexts> ads = ads_of_topics();
  for (AdTexts& ad : ads) ad.selling_points.push_back("乔治·阿玛尼");
  const Result<Extension> extension = extend_model(ads, {}, model);
  ASSERT_TRUE(extension.ok());
  EXPECT_THAT(*model.phrases, ElementsAre("乔治阿玛尼", "even point"));
  EXPECT_EQ(extension->phrases, 1u);
}

TEST(ExtendModel, CountsTheWordsThatItCannotPlace) {
  ModelSpec model = model_of_topics();
  std::vector<AdTexts> ads = ads_of_topics();
  ads[0].selling_points.push_back("rare");
  for (int i = 0; i < 5; ++i) ads.push_back({"alone together", "", {"alone"}});
  const Result<Extension> extension = extend_model(ads, {}, model);
  ASSERT_TRUE(extension.ok());
  EXPECT_EQ(extension->rare.words, 1u);
  EXPECT_EQ(extension->rare.selling_points, 1u);
  EXPECT_EQ(extension->alone.words, 2u);
  EXPECT_EQ(extension->alone.selling_points, 1u);
  EXPECT_EQ(std::ranges::find(model.names, "alone"), model.names.end());
}

TEST(ExtendModel, GivesEqualRowsForEqualSeedsAndZerosWhereTheyAreAsked) {
  ModelSpec once = model_of_topics(), again = once, zero = once;
  ASSERT_TRUE(extend_model(ads_of_topics(), {.seed = 4}, once).ok());
  ASSERT_TRUE(extend_model(ads_of_topics(), {.seed = 4}, again).ok());
  EXPECT_EQ(once.tensors, again.tensors);
  ASSERT_TRUE(extend_model(ads_of_topics(), {.zero_rows = true}, zero).ok());
  EXPECT_EQ(row_value(zero, "even point"), 0);
}

TEST(ExtendModel, RefusesACatalogueWithoutKnownWords) {
  ModelSpec model = model_of_topics();
  std::vector<AdTexts> ads(10, {"nothing of this was seen", "", {"new"}});
  const Result<Extension> extension = extend_model(ads, {}, model);
  ASSERT_FALSE(extension.ok());
  EXPECT_THAT(extension.status().message(), HasSubstr("0 words that the weights know"));
  EXPECT_EQ(model.names, model_of_topics().names);
}

TEST(ExtendModel, ChangesNothingWhereNothingIsNew) {
  ModelSpec model = model_of_topics();
  std::vector<AdTexts> ads = ads_of_topics();
  for (AdTexts& ad : ads) ad.selling_points.clear();
  const Result<Extension> extension = extend_model(ads, {}, model);
  ASSERT_TRUE(extension.ok());
  EXPECT_TRUE(extension->added.empty());
  EXPECT_EQ(model.tensors, model_of_topics().tensors);
}

TEST(AffineFit, FindsTheMapThatMadeTheRowsAndSaysHowWellItForetells) {
  torch::manual_seed(1);
  const torch::Tensor x = torch::randn({200, 6}), map = torch::randn({6, 3});
  const torch::Tensor y = torch::mm(x, map) + 2, weight = torch::ones({200});
  const AffineMap fitted = affine_fit(x, y, weight, 1e-6);
  EXPECT_LT((fitted.apply(x) - y).abs().max().item<float>(), 1e-3f);
  std::vector<uint32_t> fold;
  for (uint32_t i = 0; i < 200; ++i) fold.push_back(i % 5);
  EXPECT_GT(choose_ridge(x, y, weight, fold).explained, 0.99);
  const RidgeChoice noise = choose_ridge(x, torch::randn({200, 3}), weight, fold);
  EXPECT_LT(noise.explained, 0.05);
  EXPECT_GT(noise.ridge, 1);
}

TEST(AffineFit, CountsARowAsOftenAsItsWeightSays) {
  torch::manual_seed(2);
  const torch::Tensor x = torch::randn({20, 3}), y = torch::randn({20, 2});
  torch::Tensor weight = torch::ones({20});
  weight[4] = 3;
  const torch::Tensor twice = x.slice(0, 4, 5), of_twice = y.slice(0, 4, 5);
  const AffineMap a = affine_fit(x, y, weight, 0);
  const AffineMap b = affine_fit(torch::cat({x, twice, twice}), torch::cat({y, of_twice, of_twice}),
                                 torch::ones({22}), 0);
  EXPECT_LT((a.map - b.map).abs().max().item<float>(), 1e-4f);
}

}  // namespace
}  // namespace barker
