#include "models/baselines/gradient_boosting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "models/base/random.h"
#include "models/evaluate/metrics.h"

namespace barker {
namespace {

using ::testing::HasSubstr;

// The label is 1 in two opposite quarters of a square, so that no column alone says anything.
struct Quarters {
  FeatureMatrix rows;
  std::vector<uint8_t> labels;

  Quarters(uint64_t seed, int count) {
    rows.columns = 2;
    Random random(seed, 1);
    for (int i = 0; i < count; ++i) {
      const double x = random.uniform(), y = random.uniform();
      rows.values.insert(rows.values.end(), {static_cast<float>(x), static_cast<float>(y)});
      labels.push_back((x < 0.5) == (y < 0.5));
    }
  }
};

Result<GradientBoosting> fit(const Quarters& train, const Quarters& validation,
                             const BoostingOptions& options = {}) {
  return GradientBoosting::fit(train.rows, train.labels, validation.rows, validation.labels,
                               options);
}

TEST(GradientBoosting, FindsAnInteractionOfTwoColumns) {
  const Quarters train(1, 2000), validation(2, 500), test(3, 500);
  const auto trees = fit(train, validation);
  ASSERT_TRUE(trees.ok()) << trees.status().message();
  EXPECT_GT(trees->validation_auc(), 0.98);
  EXPECT_GT(auc(*trees->predict(test.rows), test.labels), 0.98);
}

TEST(GradientBoosting, KeepsTheTreesUpToTheBestRound) {
  const Quarters train(1, 300), validation(2, 300);
  BoostingOptions options;
  options.patience = 5;
  options.most_rounds = 60;
  options.least_weight = 1;
  const auto trees = fit(train, validation, options);
  ASSERT_TRUE(trees.ok());
  EXPECT_LE(trees->rounds(), 60u);
  EXPECT_EQ(auc(*trees->predict(validation.rows), validation.labels), trees->validation_auc());
}

TEST(GradientBoosting, GivesEqualBitsForEqualInputs) {
  const Quarters train(1, 500), validation(2, 100);
  const auto a = fit(train, validation), b = fit(train, validation);
  ASSERT_TRUE(a.ok() && b.ok());
  EXPECT_EQ(*a->predict(validation.rows), *b->predict(validation.rows));
}

TEST(GradientBoosting, WithoutValidationItTakesAFixedNumberOfRounds) {
  const auto trees = fit(Quarters(1, 200), Quarters(2, 0));
  ASSERT_TRUE(trees.ok());
  EXPECT_EQ(trees->rounds(), BoostingOptions().rounds_unjudged);
  EXPECT_TRUE(std::isnan(trees->validation_auc()));
}

TEST(GradientBoosting, RefusesOneClassAndOtherColumns) {
  Quarters train(1, 100);
  const auto trees = fit(train, Quarters(2, 50));
  FeatureMatrix wide;
  wide.columns = 3;
  wide.values.resize(6);
  const auto refused = trees->predict(wide);
  EXPECT_EQ(refused.status().code(), Code::kInvalidArgument);
  EXPECT_THAT(refused.status().message(), HasSubstr("expected 2 columns, found 3"));
  train.labels.assign(train.labels.size(), 1);
  const auto none = fit(train, Quarters(2, 50));
  EXPECT_EQ(none.status().code(), Code::kBadData);
  EXPECT_THAT(none.status().message(), HasSubstr("100 clicked of 100"));
}

}  // namespace
}  // namespace barker
