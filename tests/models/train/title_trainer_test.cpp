// Learning which titles earn clicks, in a world where some words do.
#include "models/train/title_trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <numeric>

#include "models/base/logistic.h"
#include "models/base/random.h"
#include "models/evaluate/score_titles.h"
#include "models/train/sparse_regression.h"
#include "models/train/title_words.h"
#include "models/weights/weight_file.h"
#include "scoring/golden.h"
#include "scoring/isa.h"
#include "tests/models/base/temporary_path.h"
#include "tests/models/train/title_world.h"

namespace barker {
namespace {

using ::testing::HasSubstr;

// Two coefficients, whose normal equations are solved by hand.
TEST(RidgeRegression, SolvesItsNormalEquations) {
  SparseRows x;
  x.width = 2;
  for (const auto& [a, b] : {std::pair{1.0, 2.0}, {0.0, 1.0}, {3.0, -1.0}}) {
    x.add(0, a);
    x.add(1, b);
    x.end_row();
  }
  const std::vector<double> y = {1, 2, 3}, w = {1, 2, .5};
  const std::vector<double> b = ridge_regression(x, y, w, .7);
  // X'WX + .7 I = [1 + 4.5 + .7, 2 - 1.5; 2 - 1.5, 4 + 2 + .5 + .7], X'Wy = [1 + 4.5, 2 + 4 - 1.5].
  const double p = 6.2, q = .5, r = 7.2, u = 5.5, v = 4.5, det = p * r - q * q;
  EXPECT_NEAR(b[0], (r * u - q * v) / det, 1e-6);
  EXPECT_NEAR(b[1], (p * v - q * u) / det, 1e-6);
}

TEST(LogisticRegression, HasNoGradientLeft) {
  Random random(3, 1);
  SparseRows x;
  x.width = 3;
  std::vector<double> sign, weight;
  for (int i = 0; i < 200; ++i) {
    const double a = random.normal(), b = random.normal(), c = random.normal();
    x.add(0, a);
    x.add(1, b);
    x.add(2, c);
    x.end_row();
    sign.push_back(a - b + random.normal() > 0 ? 1 : -1);
    weight.push_back(.5 + random.uniform());
  }
  constexpr double kPenalty = 2;
  const std::vector<double> b = logistic_regression(x, sign, weight, kPenalty);
  EXPECT_GT(b[0], .5);
  EXPECT_LT(b[1], -.5);
  for (size_t k = 0; k < 3; ++k) {
    double gradient = kPenalty * b[k];
    for (size_t i = 0; i < x.size(); ++i) {
      gradient -=
          weight[i] * sign[i] * x.values[x.offsets[i] + k] / (1 + std::exp(sign[i] * x.dot(i, b)));
    }
    EXPECT_NEAR(gradient, 0, 1e-2);
  }
}

class TitleTraining : public ::testing::Test {
 protected:
  static constexpr int64_t kValidation = 300, kTest = 360;

  static void SetUpTestSuite() { titles_ = title_world(500, 11); }

  static std::vector<TitlePair> pairs(int64_t from, int64_t before) {
    PairRule rule;
    rule.from = from;
    rule.before = before;
    return pairs_of(titles_, rule);
  }
  static TitleOptions small() {
    TitleOptions options = default_title_options();
    options.train.model.dim = 8;
    options.train.model.hidden = {8};
    options.train.model.dot_dim = 4;
    options.train.model.dot_hidden = {8};
    options.train.max_epochs = 6;
    options.train.learning_rate = 5e-3;
    options.batch_tests = 64;
    return options;
  }
  static Result<TrainedTitles> train(const TitleOptions& options) {
    return train_titles(titles_, pairs(0, kValidation), pairs(kValidation, kTest), options, {});
  }
  // Scores of all titles by the serving kernels, after the golden vectors have passed.
  static std::vector<double> served(TrainedTitles& trained) {
    const std::string path = temporary_path("titles");
    const Status written = write_weight_file(trained.model, path);
    EXPECT_TRUE(written.ok()) << written.message();
    const auto file = WeightFile::open(path);
    EXPECT_TRUE(file.ok()) << file.status().message();
    const KernelTable& kernels = kernels_for(supported_isas().back());
    const auto golden = run_golden_vectors(**file, PackedNetwork(Network::bind(**file), kernels));
    EXPECT_TRUE(golden.ok()) << golden.status().message();
    std::vector<std::string> texts;
    for (const TestedTitle& title : titles_) texts.push_back(title.title);
    const auto scores = score_titles(**file, kernels, texts);
    EXPECT_TRUE(scores.ok()) << scores.status().message();
    std::remove(path.c_str());
    return *scores;
  }
  static double share_in_order(const std::vector<double>& scores) {
    double hits = 0, all = 0;
    for (const TitlePair& pair : pairs(kTest, 1000)) {
      const double better = titles_[pair.second].clicks - titles_[pair.first].clicks;
      if (better == 0) continue;
      ++all;
      hits += better * (scores[pair.second] - scores[pair.first]) > 0;
    }
    return hits / all;
  }

  static inline std::vector<TestedTitle> titles_;
};

TEST_F(TitleTraining, FindsTheWordsThatEarnClicksInTestsOfLaterTimes) {
  Result<TrainedTitles> trained = train(small());
  ASSERT_TRUE(trained.ok()) << trained.status().message();
  EXPECT_EQ(trained->words, 40u);
  EXPECT_GT(share_in_order(served(*trained)), .8);
}

TEST_F(TitleTraining, LearnsByEitherLossWithoutTheLinearStart) {
  for (const TitleLoss loss : {TitleLoss::kLogRate, TitleLoss::kLogistic}) {
    TitleOptions options = small();
    options.loss = loss;
    options.start_linear = false;
    options.train.max_epochs = 40;
    Result<TrainedTitles> trained = train(options);
    ASSERT_TRUE(trained.ok()) << trained.status().message();
    EXPECT_GT(trained->best_epoch, 0u);
    EXPECT_EQ(trained->penalty, 0);
    EXPECT_GT(share_in_order(served(*trained)), .75);
  }
}

TEST_F(TitleTraining, SaysHowOftenTitlesAreClicked) {
  Result<TrainedTitles> trained = train(small());
  ASSERT_TRUE(trained.ok()) << trained.status().message();
  const std::vector<double> logits = served(*trained);
  double expected = 0, clicks = 0;
  for (size_t t = 0; t < titles_.size(); ++t) {
    if (titles_[t].time >= kTest) continue;
    expected += titles_[t].impressions * sigmoid(logits[t]);
    clicks += titles_[t].clicks;
  }
  EXPECT_NEAR(expected / clicks, 1, 1e-3);
}

// Of y = log((c + 1/2) / (n + 1)), by hand.
TEST(TitleGains, AreThoseOfLogRatesAndCountByHowSureTheyAre) {
  const std::vector<TestedTitle> titles = {{"t", "", "w1", 1, 999, 9.5},
                                           {"t", "", "w2", 1, 999, 19.5}};
  const std::vector<TitlePair> pairs = {{0, 1, 0}};
  const TestedWords words = words_of_titles(titles, pairs, {}, 1);
  const TitleGain gain = gains_of(titles, words, pairs, .05).at(0);
  EXPECT_NEAR(gain.gain, std::log(2), 1e-9);
  EXPECT_NEAR(gain.weight, 1 / (.1 + .05 + .05), 1e-9);
  // The true gain is normal around ln 2 x .05 / .2 with the variance .05 x .15 / .2.
  EXPECT_NEAR(gain.second_is_better, .8145, 1e-3);
}

TEST_F(TitleTraining, RefusesOptionsThatItHasNoUseFor) {
  TitleOptions options = small();
  options.train.batch_searches = 7;
  EXPECT_THAT(train(options).status().message(), HasSubstr("batch_searches = 7"));
  options = small();
  options.penalty = 2;
  options.start_linear = false;
  EXPECT_THAT(train(options).status().message(), HasSubstr("linear start"));
}

TEST_F(TitleTraining, StartsAsTheLinearModelThatServingComputes) {
  TitleOptions options = small();
  options.train.max_epochs = 1;
  options.train.learning_rate = 1e-7;  // the least that is accepted
  options.penalty = 2;
  options.refit = false;
  Result<TrainedTitles> trained = train(options);
  ASSERT_TRUE(trained.ok()) << trained.status().message();
  const std::vector<double> scores = served(*trained);
  const TestedWords words = words_of_titles(titles_, pairs(0, kValidation), {}, 3);
  const WordCodes codes = codes_of(words, 4);  // half of the units and of dim
  const LinearTitle linear = fit_linear_title(
      words, codes, gains_of(titles_, words, pairs(0, kValidation), options.unexplained_variance),
      2);
  EXPECT_NE(linear.code, 0);
  const auto expected = [&](size_t title) {
    return linear.score(words.titles[words.number[title]], codes);
  };
  const double apart = scores[0] - expected(0);
  for (size_t t = 0; t < 300; ++t) EXPECT_NEAR(scores[t] - expected(t), apart, 1e-4);
}

TEST(WordCodes, TellHowManyWordsATitleHas) {
  TestedWords words;
  for (int w = 0; w < 100; ++w) words.words.push_back("w" + std::to_string(w));
  const WordCodes codes = codes_of(words, 256);
  // E|mean of n signs| is about sqrt(2 / (pi n)).
  const auto code_of = [&](uint32_t size) {
    std::vector<uint32_t> title(size);
    std::iota(title.begin(), title.end(), 0u);
    return mean_code(title, codes);
  };
  EXPECT_EQ(code_of(1), 1);
  EXPECT_NEAR(code_of(9), .798 / 3, .06);
  EXPECT_NEAR(code_of(36), .798 / 6, .03);
  EXPECT_EQ(mean_code({}, codes), 0);
}

TEST_F(TitleTraining, IsTheSameForEqualSeeds) {
  Result<TrainedTitles> one = train(small()), two = train(small());
  ASSERT_TRUE(one.ok() && two.ok());
  EXPECT_EQ(one->model.tensors, two->model.tensors);
}

TEST_F(TitleTraining, SaysWhatIsMissing) {
  const auto no_pairs = train_titles(titles_, {}, pairs(0, 10), small(), {});
  ASSERT_FALSE(no_pairs.ok());
  EXPECT_EQ(no_pairs.status().message(), "there are no pairs of titles to learn from");
  const auto no_validation = train_titles(titles_, pairs(0, 10), {}, small(), {});
  ASSERT_FALSE(no_validation.ok());
  EXPECT_THAT(no_validation.status().message(), HasSubstr("(validation)"));
  std::vector<TestedTitle> unclicked = titles_;
  for (TestedTitle& title : unclicked) title.clicks = 0;
  const auto no_clicks = train_titles(unclicked, pairs(0, 10), pairs(10, 20), small(), {});
  ASSERT_FALSE(no_clicks.ok());
  EXPECT_EQ(no_clicks.status().message(), "no title was clicked of the pairs to learn from");
  TitleOptions rare = small();
  rare.least_titles = 100000;
  const auto no_words = train_titles(titles_, pairs(0, 10), pairs(10, 20), rare, {});
  ASSERT_FALSE(no_words.ok());
  EXPECT_THAT(no_words.status().message(), HasSubstr("no word stands in 100000 titles"));
  TitleOptions groups = small();
  groups.train.model.name = "AMTDL";
  EXPECT_THAT(train(groups).status().message(), HasSubstr("expected MTDL"));
}

}  // namespace
}  // namespace barker
