#include "models/evaluate/quality.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "models/evaluate/metrics.h"

namespace barker {
namespace {

const std::vector<float> kScores = {0.9f, 0.8f, 0.3f, 0.6f, 0.2f, 0.1f};
const std::vector<uint8_t> kClicked = {1, 0, 1, 1, 0, 0};
const std::vector<uint32_t> kSearch = {7, 7, 7, 9, 9, 9};
const std::vector<uint32_t> kKeyword = {1, 2, 3, 1, 2, 4};

TEST(Quality, MatchesATextbookExample) {
  const Decisions d = decide(kScores, kClicked, 0.5);
  EXPECT_DOUBLE_EQ(d.recall, 2.0 / 3);
  EXPECT_DOUBLE_EQ(d.precision, 2.0 / 3);
  EXPECT_DOUBLE_EQ(d.accuracy, 4.0 / 6);
  EXPECT_DOUBLE_EQ(d.f1, 2.0 / 3);
  EXPECT_NEAR(root_mean_square_error(kScores, kClicked),
              std::sqrt((0.01 + 0.64 + 0.49 + 0.16 + 0.04 + 0.01) / 6), 1e-6);
  EXPECT_NEAR(
      log_loss(kScores, kClicked),
      -(std::log(.9) + std::log(.2) + std::log(.3) + std::log(.6) + std::log(.8) + std::log(.9)) /
          6,
      1e-6);
}

TEST(Quality, TopKTakesTheBestOfEverySearch) {
  const auto top = top_k(kScores, kClicked, kSearch, kKeyword);
  EXPECT_DOUBLE_EQ(top[0].precision, 1);    // 0.9 and 0.6 are clicked
  EXPECT_DOUBLE_EQ(top[0].recall, 0.75);    // 1 of 2, 1 of 1
  EXPECT_DOUBLE_EQ(top[0].coverage, 0.25);  // keyword 1 of 1, 2, 3, 4
  EXPECT_NEAR(top[0].mae, (0.1 + 0.4) / 2, 1e-6);
  EXPECT_DOUBLE_EQ(top[1].precision, 0.5);
  EXPECT_DOUBLE_EQ(top[2].recall, 1);
  EXPECT_DOUBLE_EQ(top[9].precision, top[2].precision)
      << "a list holds the whole bar if the bar is short";
  EXPECT_DOUBLE_EQ(top[9].coverage, 1);
}

TEST(Quality, FindsTheThresholdWithTheBestF1) {
  std::mt19937 random(5);
  std::vector<float> scores;
  std::vector<uint8_t> clicked;
  for (int i = 0; i < 300; ++i) {
    scores.push_back(static_cast<float>(random() % 50) / 50);
    clicked.push_back(random() % 100 < 30 + 40 * scores.back());
  }
  const double best = decide(scores, clicked, best_f1_threshold(scores, clicked)).f1;
  for (double t = 0; t <= 1; t += 0.01) EXPECT_LE(decide(scores, clicked, t).f1, best + 1e-12);
}

TEST(Quality, KeepsF1BelowItsBoundByRecall) {
  std::mt19937 random(6);
  for (int round = 0; round < 50; ++round) {
    std::vector<float> scores;
    std::vector<uint8_t> clicked;
    for (int i = 0; i < 40; ++i) {
      scores.push_back(static_cast<float>(random() % 10));
      clicked.push_back(i == 0 || random() % 3 == 0);
    }
    const Decisions d = decide(scores, clicked, 5);
    EXPECT_LE(d.f1, 2 * d.recall / (1 + d.recall) + 1e-12);
  }
}

TEST(Quality, GivesNoCalibrationErrorIfClickRatesAreAsPredicted) {
  std::vector<float> p;
  std::vector<uint8_t> clicked;
  for (int i = 0; i < 1000; ++i) {  // twenty bins of fifty instances, each with exactly its rate
    const int bin = i / 50;
    p.push_back(static_cast<float>(bin) / 25);
    clicked.push_back(i % 50 < bin * 2);
  }
  EXPECT_NEAR(calibration_error(p, clicked), 0, 1e-6);
  for (float& x : p) x += 0.1f;
  EXPECT_NEAR(calibration_error(p, clicked), 0.1, 1e-6);
}

TEST(Quality, DrawsARocCurveWithTheAreaOfTheAuc) {
  std::mt19937 random(7);
  std::vector<float> scores;
  std::vector<uint8_t> clicked;
  for (int i = 0; i < 5000; ++i) {
    clicked.push_back(random() % 3 == 0);
    scores.push_back(static_cast<float>(random() % 1000) + (clicked.back() ? 300.f : 0.f));
  }
  const auto curve = roc(scores, clicked, 400);
  EXPECT_EQ(curve.front().true_positive_rate, 0);
  EXPECT_EQ(curve.back().true_positive_rate, 1);
  EXPECT_EQ(curve.back().false_positive_rate, 1);
  double area = 0;
  for (size_t i = 1; i < curve.size(); ++i) {
    EXPECT_GE(curve[i].true_positive_rate, curve[i - 1].true_positive_rate);
    area += (curve[i].false_positive_rate - curve[i - 1].false_positive_rate) *
            (curve[i].true_positive_rate + curve[i - 1].true_positive_rate) / 2;
  }
  EXPECT_NEAR(area, auc(scores, clicked), 2e-3);
  EXPECT_TRUE(roc(scores, std::vector<uint8_t>(5000, 1)).empty());
}

TEST(Quality, ComputesGroupedAucInsideSearchesOnly) {
  // The order is wrong across the searches and right inside each of them.
  EXPECT_DOUBLE_EQ(grouped_auc(std::vector<float>{9, 8, 2, 1}, std::vector<uint8_t>{1, 0, 1, 0},
                               std::vector<uint32_t>{1, 1, 2, 2}),
                   1);
  EXPECT_DOUBLE_EQ(grouped_auc(kScores, kClicked, kSearch), (0.5 * 3 + 1.0 * 3) / 6);
}

TEST(Quality, IsNotANumberIfAPredictionIsNone) {
  std::vector<float> broken = kScores;
  broken[4] = NAN;
  EXPECT_TRUE(std::isnan(log_loss(broken, kClicked)));
  EXPECT_TRUE(std::isnan(root_mean_square_error(broken, kClicked)));
  EXPECT_TRUE(std::isnan(calibration_error(broken, kClicked)));
  EXPECT_TRUE(reliability(broken, kClicked).empty());
  EXPECT_TRUE(roc(broken, kClicked).empty());
  EXPECT_TRUE(std::isnan(best_f1_threshold(broken, kClicked)));
  EXPECT_TRUE(std::isnan(decide(broken, kClicked, 0.5).accuracy));
  EXPECT_TRUE(std::isnan(decide(kScores, kClicked, NAN).accuracy));
  EXPECT_TRUE(std::isnan(grouped_auc(broken, kClicked, kSearch)));
  for (const TopK& t : top_k(broken, kClicked, kSearch, kKeyword)) {
    EXPECT_TRUE(std::isnan(t.precision));
    EXPECT_TRUE(std::isnan(t.rmse));
  }
}

TEST(Quality, IsNotANumberWithoutInstances) {
  EXPECT_TRUE(std::isnan(log_loss({}, {})));
  EXPECT_TRUE(std::isnan(calibration_error({}, {})));
  EXPECT_TRUE(std::isnan(grouped_auc({}, {}, {})));
  EXPECT_TRUE(reliability({}, {}).empty());
}

}  // namespace
}  // namespace barker
