#include "models/evaluate/quality.h"

#include <gtest/gtest.h>

#include <algorithm>
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
  for (double t = 0; t <= 1; t += 0.01) {
    const Decisions d = decide(scores, clicked, t);
    EXPECT_LE(d.f1, best + 1e-12);
    EXPECT_EQ(if_possible(d).threshold, t) << "what is counted is possible";
  }
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

TEST(Quality, MatchesAveragePrecisionByHand) {
  // By descending score the labels are 1 0 1 1 0 0.
  EXPECT_NEAR(average_precision(kScores, kClicked), (1.0 + 2.0 / 3 + 3.0 / 4) / 3, 1e-12);
  // Two thresholds: 1 of 2 found with precision 1/2, then all with 2/4.
  EXPECT_NEAR(average_precision(std::vector<float>{2, 2, 1, 1}, std::vector<uint8_t>{1, 0, 0, 1}),
              0.5, 1e-12);
  const std::vector<float> constant(8, 0.3f);
  EXPECT_NEAR(average_precision(constant, std::vector<uint8_t>{1, 0, 0, 0, 1, 0, 0, 0}), 0.25,
              1e-12);
  // Each instance that was not clicked stands for four: 1/1, then 2 of 2 + 4.
  EXPECT_NEAR(average_precision(std::vector<float>{3, 2, 1}, std::vector<uint8_t>{1, 0, 1}, 4),
              (1 + 2.0 / 6) / 2, 1e-12);
  EXPECT_TRUE(std::isnan(average_precision(constant, std::vector<uint8_t>(8, 0))));
}

TEST(Quality, AveragePrecisionAgreesWithItsDefinitionOnTies) {
  std::mt19937 random(8);
  for (int round = 0; round < 200; ++round) {
    std::vector<float> scores;
    std::vector<uint8_t> clicked;
    for (int i = 0; i < 30; ++i) {
      scores.push_back(static_cast<float>(random() % 7));
      clicked.push_back(i == 0 || random() % 4 == 0);
    }
    double expected = 0, recall_before = 0;
    for (int threshold = 6; threshold >= 0; --threshold) {
      double hits = 0, listed = 0, clicks = 0;
      for (size_t i = 0; i < scores.size(); ++i) {
        clicks += clicked[i];
        listed += scores[i] >= static_cast<float>(threshold);
        hits += scores[i] >= static_cast<float>(threshold) && clicked[i];
      }
      if (listed == 0) continue;
      expected += (hits / clicks - recall_before) * hits / listed;
      recall_before = hits / clicks;
    }
    ASSERT_NEAR(average_precision(scores, clicked), expected, 1e-12);
  }
}

TEST(Quality, MatchesNdcgAndMrrByHand) {
  // Search 7 by score: 1 0 1, search 9: 1 0 0. Search 3 has no click and does not count.
  std::vector<float> scores = kScores;
  std::vector<uint8_t> clicked = kClicked;
  std::vector<uint32_t> search = kSearch;
  scores.push_back(0.5f);
  clicked.push_back(0);
  search.push_back(3);
  const ListQuality lists = list_quality(scores, clicked, search);
  const double first = (1 + 1 / std::log2(4.0)) / (1 + 1 / std::log2(3.0));
  EXPECT_NEAR(lists.ndcg, (first + 1) / 2, 1e-12);
  EXPECT_NEAR(lists.mrr, 1, 1e-12);
  // One click at a random place of three.
  const ListQuality tied = list_quality(std::vector<float>{1, 1, 1}, std::vector<uint8_t>{1, 0, 0},
                                        std::vector<uint32_t>{1, 1, 1});
  EXPECT_NEAR(tied.ndcg, (1 + 1 / std::log2(3.0) + 0.5) / 3, 1e-12);
  EXPECT_NEAR(tied.mrr, (1 + 1.0 / 2 + 1.0 / 3) / 3, 1e-12);
  const ListQuality second = list_quality(std::vector<float>{1, 2}, std::vector<uint8_t>{1, 0},
                                          std::vector<uint32_t>{1, 1});
  EXPECT_NEAR(second.ndcg, 1 / std::log2(3.0), 1e-12);
  EXPECT_NEAR(second.mrr, 0.5, 1e-12);
}

// The mean over all orders of the instances that do not put a lower score before a higher one.
ListQuality mean_over_orders(const std::vector<float>& score, const std::vector<uint8_t>& clicked) {
  std::vector<size_t> order(score.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  double ndcg = 0, mrr = 0, orders = 0;
  do {
    bool allowed = true;
    for (size_t i = 1; i < order.size(); ++i) allowed &= score[order[i - 1]] >= score[order[i]];
    if (!allowed) continue;
    double gain = 0, best = 0, reciprocal = 0;
    size_t clicks = 0;
    for (size_t i = 0; i < order.size(); ++i) {
      if (!clicked[order[i]]) continue;
      gain += 1 / std::log2(static_cast<double>(i) + 2);
      if (reciprocal == 0) reciprocal = 1 / static_cast<double>(i + 1);
      best += 1 / std::log2(static_cast<double>(clicks++) + 2);
    }
    ++orders;
    ndcg += gain / best;
    mrr += reciprocal;
  } while (std::next_permutation(order.begin(), order.end()));
  return {ndcg / orders, mrr / orders};
}

TEST(Quality, NdcgAndMrrAreMeansOverTheOrdersOfTies) {
  std::mt19937 random(9);
  for (int round = 0; round < 60; ++round) {
    std::vector<float> scores;
    std::vector<uint8_t> clicked;
    for (int i = 0; i < 6; ++i) {
      scores.push_back(static_cast<float>(random() % 3));
      clicked.push_back(i == round % 6 || random() % 3 == 0);
    }
    const ListQuality expected = mean_over_orders(scores, clicked);
    const ListQuality found = list_quality(scores, clicked, std::vector<uint32_t>(6, 1));
    ASSERT_NEAR(found.ndcg, expected.ndcg, 1e-12);
    ASSERT_NEAR(found.mrr, expected.mrr, 1e-12);
  }
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
  EXPECT_TRUE(std::isnan(average_precision(broken, kClicked)));
  EXPECT_TRUE(std::isnan(list_quality(broken, kClicked, kSearch).ndcg));
  EXPECT_TRUE(std::isnan(list_quality(broken, kClicked, kSearch).mrr));
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
  EXPECT_TRUE(std::isnan(list_quality({}, {}, {}).ndcg));
  EXPECT_TRUE(std::isnan(average_precision({}, {})));
  EXPECT_TRUE(reliability({}, {}).empty());
}

}  // namespace
}  // namespace barker
