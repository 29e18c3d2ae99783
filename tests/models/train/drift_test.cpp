// Training on logs whose clicks change with time: recency weights (TrainOptions::recency_half_life)
// and the trend of keywords (trend_half_life).
#include <gmock/gmock.h>

#include <cmath>
#include <numeric>

#include "models/base/logistic.h"
#include "models/train/half_life.h"
#include "models/train/instance_weights.h"
#include "models/train/keyword_trend.h"
#include "models/train/trainer.h"
#include "tests/models/train/known_logs.h"
#include "tests/models/train/small_world.h"

namespace barker {
namespace {

using ::testing::HasSubstr;

constexpr uint32_t kMoments = 6000;
constexpr uint32_t kTrained = 4500, kValidated = 5250;  // where the splits end

// "lace" is clicked with .2 in the first 3,000 moments and with `later` after them, "wool" always
// with .4. Bars have both.
std::shared_ptr<const Dataset> moving_log(double later, int64_t step = 1, int64_t begin = 0) {
  Random random(5, 1);
  return dataset_of(kMoments, [&](SearchEvent& event) {
    const auto i = static_cast<uint32_t>(event.time);
    event.time = begin + step * event.time;
    event.split = i < kTrained ? Split::kTrain : i < kValidated ? Split::kValidation : Split::kTest;
    event.sfs = {{"lace", random.chance(i < kMoments / 2 ? 0.2 : later)},
                 {"wool", random.chance(0.4)}};
  });
}

TrainOptions drift_options() {
  TrainOptions options = quick_options("BM");
  options.schedule = Schedule::kAlternate;
  options.model.dot = DotHead::kAdded;
  options.dropout = 0;
  options.learning_rate = 1e-2;
  options.max_epochs = options.patience = 4;
  return options;
}

// One training has no half-life, and the other one has a half-life of 300 moments.
struct TwoTrainings {
  TwoTrainings(const Dataset& data, TrainOptions options, std::string TrainOptions::*half_life)
      : without(train(data, options, {})) {
    options.*half_life = "300";
    with = train(data, options, {});
  }
  bool ok() const { return without.ok() && with.ok(); }

  Result<Trained> without, with = Status();
};

TEST(RecencyWeights, HalveWithTheHalfLifeAndHaveTheMeanOne) {
  const auto data = moving_log(0.6);
  TrainOptions options = drift_options();
  options.recency_half_life = "500";
  const InstanceWeights weights(*data, options);
  const SfWeights sfs(weights, *data);
  ASSERT_EQ(sfs.all.size(), 2 * kTrained);
  EXPECT_NEAR(sfs.mean, 1, 1e-4);
  EXPECT_NEAR(sfs.all[2 * 4000] / sfs.all[2 * 3500], 2, 1e-4);
  EXPECT_NEAR(sfs.all[2 * 4000] / sfs.all[2 * 3000], 4, 1e-4);
  EXPECT_EQ(weights.text(), "weights by recency (half-life 500): 9000 SFs, worth " +
                                std::to_string(sfs.worth) + " equal ones\n");
  EXPECT_FALSE(InstanceWeights::of_calibration(*data, options).are_used());
}

TEST(RecencyWeights, MultiplyThoseByInversePropensityAndStillHaveTheMeanOne) {
  const auto data = dataset_of(800, [&](SearchEvent& event) {
    event.sfs.push_back({"lace", true});
    event.sfs.back().propensity = event.time < 400 ? 0.25 : 0.5;
  });
  TrainOptions options = drift_options();
  options.recency_half_life = "100";
  options.propensity = PropensityUse::kInverse;
  const InstanceWeights weights(*data, options);
  const SfWeights sfs(weights, *data);
  std::vector<int64_t> times;
  for (const uint32_t s : data->searches_of(Split::kTrain, Task::kMain)) {
    times.push_back(data->search(s).time);
  }
  EXPECT_NEAR(sfs.mean, 1, 1e-4);
  ASSERT_EQ(sfs.all.size(), times.size());
  for (size_t i = 1; i < times.size(); ++i) {
    const double age = static_cast<double>(times[i] - times[0]) / 100;
    EXPECT_NEAR(sfs.all[i] / sfs.all[0] / std::exp2(age) / (times[i] < 400 ? 1 : 0.5), 1, 1e-4);
  }
  EXPECT_THAT(weights.text(), HasSubstr("by inverse propensity and recency (half-life 100): "));
}

TEST(RecencyWeights, MoveTheNetworkToWhatClicksBecame) {
  const auto data = moving_log(0.6);
  TrainOptions options = drift_options();
  options.calibrate = false;  // the validation split is of later, too
  const TwoTrainings two(*data, options, &TrainOptions::recency_half_life);
  ASSERT_TRUE(two.ok());
  EXPECT_NEAR(served_mean(two.without->model, *data, "lace"), 0.33, 0.06);
  EXPECT_NEAR(served_mean(two.with->model, *data, "lace"), 0.6, 0.06);
  EXPECT_NEAR(served_mean(two.with->model, *data, "wool"), 0.4, 0.06);
}

TEST(KeywordTrend, MovesTheBiasOfKeywordsToWhatClicksBecame) {
  const auto data = moving_log(0.6);
  const TwoTrainings two(*data, drift_options(), &TrainOptions::trend_half_life);
  ASSERT_TRUE(two.ok());
  EXPECT_LT(served_mean(two.without->model, *data, "lace"),
            served_mean(two.without->model, *data, "wool"));
  EXPECT_NEAR(served_mean(two.with->model, *data, "lace"), 0.6, 0.06);
  EXPECT_NEAR(served_mean(two.with->model, *data, "wool"), 0.4, 0.06);
  EXPECT_EQ(two.with->validation_auc, two.with->trend.auc_with);
  EXPECT_GT(two.with->trend.auc_with, two.with->trend.auc_without + 0.05);
  EXPECT_THAT(two.with->trend.text(), HasSubstr("trend of keywords: coefficient 2.3"));
  auto tensors = two.with->model.tensors;  // nothing but the biases is another
  EXPECT_NE(tensors.at("dot.target.bias"), two.without->model.tensors.at("dot.target.bias"));
  tensors["dot.target.bias"] = two.without->model.tensors.at("dot.target.bias");
  EXPECT_EQ(tensors, two.without->model.tensors);
}

TEST(KeywordTrend, AddsNothingWhereClicksDoNotChange) {
  const auto data = moving_log(0.2);
  const TwoTrainings two(*data, drift_options(), &TrainOptions::trend_half_life);
  ASSERT_TRUE(two.ok());
  EXPECT_EQ(two.without->trend.text(), "");
  EXPECT_THAT(two.with->trend.text(), HasSubstr("not surely above 0, so nothing is added"));
  EXPECT_EQ(two.with->model.tensors, two.without->model.tensors);
}

TEST(KeywordTrend, IsTheLogOfFadedClicksAgainstFadedExpectations) {
  TrendCounts counts(2, 10, 100);
  const std::vector<uint32_t> sfs = {0, 1, kUnknownKeyword};
  const std::vector<uint8_t> clicked = {1, 0, 1};
  const std::vector<float> logits = {0, -1, 3};
  SearchView search;
  search.sfs = sfs;
  search.sf_clicked = clicked;
  search.time = 90;  // a half-life ago
  counts.add(search, logits, {});
  const double prior = kTrendPrior * 0.5;  // one click on two showings of known keywords
  const std::vector<float> residuals = counts.residuals();
  EXPECT_NEAR(residuals[0], std::log((0.5 + prior) / (0.25 + prior)), 1e-6);
  EXPECT_NEAR(residuals[1], std::log(prior / (0.5 * sigmoid(-1) + prior)), 1e-6);
  EXPECT_TRUE(counts.is_forgotten(-101));
  EXPECT_FALSE(counts.is_forgotten(-99));
}

TEST(KeywordTrend, HasTheCoefficientOfTheGreatestLikelihood) {
  Random random(7, 1);
  std::vector<float> logits, residuals;
  std::vector<uint8_t> clicked;
  for (int i = 0; i < 40000; ++i) {
    logits.push_back(static_cast<float>(random.normal()));
    residuals.push_back(static_cast<float>(0.5 * random.normal()));
    clicked.push_back(random.chance(sigmoid(logits.back() + 1.5 * residuals.back() - 1)));
  }
  std::vector<uint32_t> keywords(residuals.size());  // each term is of another one
  std::iota(keywords.begin(), keywords.end(), 0);
  const TrendFit fit = fit_trend(logits, keywords, residuals, clicked, {});
  EXPECT_NEAR(fit.coefficient, 1.5, 3 * fit.deviation);
  EXPECT_NEAR(fit.deviation, 0.027, 0.005);
  EXPECT_TRUE(fit.is_used());
}

TEST(KeywordTrend, HasTheStandardErrorOfWeightsThatAreNoCountsAndOfTermsThatBelongTogether) {
  // Worlds without a trend: the coefficient varies by its standard error. Keywords have click rates
  // of their own, and half of the terms weigh ten times as much.
  constexpr uint32_t kKeywords = 100, kTerms = 40, kWorlds = 200;
  Random random(9, 1);
  double squares = 0, deviations = 0, naive = 0;
  for (uint32_t world = 0; world < kWorlds; ++world) {
    std::vector<float> residuals(kKeywords), logits, weights;
    std::vector<uint32_t> keywords;
    std::vector<uint8_t> clicked;
    for (uint32_t k = 0; k < kKeywords; ++k) {
      residuals[k] = static_cast<float>(0.5 * random.normal());
      const double own = 0.5 * random.normal();
      for (uint32_t i = 0; i < kTerms; ++i) {
        keywords.push_back(k);
        logits.push_back(0);
        weights.push_back(random.chance(0.5) ? 10 : 1);
        clicked.push_back(random.chance(sigmoid(own)));
      }
    }
    const TrendFit fit = fit_trend(logits, keywords, residuals, clicked, weights);
    ASSERT_EQ(fit.failure, nullptr);
    squares += fit.coefficient * fit.coefficient;
    deviations += fit.deviation * fit.deviation;
    for (float& w : weights) w *= 100;  // only what they are to each other matters
    EXPECT_NEAR(fit_trend(logits, keywords, residuals, clicked, weights).deviation, fit.deviation,
                1e-6 * fit.deviation);
    // The inverse of the second derivative, which takes weights for counts and terms for
    // independent: weights have the mean 5.5, p (1 - p) is .25 and r has the variance .25.
    naive += 1 / (5.5 * 0.25 * 0.25 * kKeywords * kTerms);
  }
  EXPECT_NEAR(std::sqrt(deviations / squares), 1, 0.15);
  EXPECT_LT(std::sqrt(naive / squares), 0.4);
}

TEST(KeywordTrend, SaysWhyItHasNoCoefficient) {
  const std::vector<float> logits = {0, 0, 0, 0}, alike = {0.5, 0.5}, others = {-1, 1};
  const std::vector<uint32_t> keywords = {0, 0, 1, 1};
  const std::vector<uint8_t> clicked = {0, 1, 0, 1}, parted = {0, 0, 1, 1};
  KeywordTrend trend;
  trend.was_sought = true;
  trend.fit = fit_trend(logits, keywords, alike, clicked, {});
  EXPECT_FALSE(trend.fit.is_used());
  EXPECT_EQ(trend.text(),
            "trend of keywords: no coefficient was found, because the clicks on all keywords of "
            "the validation split moved alike, so nothing is added");
  trend.fit = fit_trend(logits, keywords, others, parted, {});  // the greater c, the better
  EXPECT_FALSE(trend.fit.is_used());
  EXPECT_THAT(trend.text(), HasSubstr("no coefficient was found, because the "));
  trend.fit = fit_trend(std::vector<float>(4, NAN), keywords, others, clicked, {});
  EXPECT_THAT(trend.text(), HasSubstr("no single solution, so nothing is added"));
}

TEST(HalfLife, CountsInSecondsMillisecondsOrTheLogsOwnUnit) {
  constexpr char kName[] = "train.recency_half_life";
  const auto on = [&](const char* text, int64_t time) {
    return half_life_on_clock(kName, text, time);
  };
  EXPECT_EQ(on("30d", 1'790'000'000).value(), 30 * 86400);
  EXPECT_EQ(on("1.5h", 1'790'000'000'000).value(), 5'400'000);
  EXPECT_EQ(on("45m", 1'790'000'000).value(), 2700);
  EXPECT_EQ(on("7", 12).value(), 7);
  EXPECT_EQ(on("", 12).value(), 0);
  EXPECT_THAT(on("30d", 12).status().message(),
              HasSubstr("train.recency_half_life: \"30d\", and the times of the log, such as 12, "
                        "are no seconds since 1970"));
}

TEST(HalfLife, IsRefusedWhereItSaysNothing) {
  TrainOptions options = drift_options();
  for (const char* text : {"0d", "-3d", "30w", "d", "1e400", "nan", "30d "}) {
    options.recency_half_life = text;
    EXPECT_THAT(check_options(options).message(),
                HasSubstr("train.recency_half_life: expected a time above 0"))
        << text;
  }
  options.recency_half_life = "30d";
  EXPECT_TRUE(check_options(options).ok());
  EXPECT_TRUE(check_half_lives(*moving_log(0.6, 3600, 1'790'000'000), options).ok());
  EXPECT_THAT(train(*moving_log(0.6), options, {}).status().message(),
              HasSubstr("are no seconds since 1970"));
  const auto at_once = moving_log(0.6, 0, 1'790'000'000);
  EXPECT_THAT(train(*at_once, options, {}).status().message(),
              HasSubstr("train.recency_half_life: all searches of the training split are of "
                        "2026-09-21 14:13:20, so that none is newer than others"));
  options = drift_options();
  options.trend_half_life = "30d";
  EXPECT_THAT(train(*at_once, options, {}).status().message(),
              HasSubstr("freeze.trend_half_life: all searches of the training split"));
  options.model.dot = DotHead::kNone;
  EXPECT_THAT(check_options(options).message(),
              HasSubstr("freeze.trend_half_life: the trend goes into the bias"));
}

TEST(HalfLife, IsForSplitsByTime) {
  TrainOptions options = drift_options();
  options.recency_half_life = "500";
  const auto by_time = moving_log(0.6);
  const auto mixed = dataset_of(800, [](SearchEvent& event) {
    event.sfs = {{"lace", event.time % 3 == 0}, {"wool", event.time % 5 == 0}};
  });
  EXPECT_EQ(recency_warning(*by_time, options), "");
  EXPECT_TRUE(check_half_lives(*mixed, options).ok());
  EXPECT_THAT(
      recency_warning(*mixed, options),
      HasSubstr("WARNING: train.recency_half_life: the validation split begins at 3, before "
                "the training split ends at 798: early stop"));
  options = drift_options();
  EXPECT_EQ(recency_warning(*mixed, options), "");
  options.trend_half_life = "500";
  EXPECT_TRUE(check_half_lives(*by_time, options).ok());
  EXPECT_THAT(train(*mixed, options, {}).status().message(),
              HasSubstr("freeze.trend_half_life: the validation split begins at 3, before the "
                        "training split ends at 798, and whether a trend goes on"));
}

}  // namespace
}  // namespace barker
