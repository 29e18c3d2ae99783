#include "models/experiment/sample_ratio.h"

#include <gtest/gtest.h>

#include <cmath>

namespace barker {
namespace {

TEST(SampleRatio, IsPearsonsChiSquare) {
  // R: chisq.test(c(821588, 815482)) is the known example of Microsoft's, p = 1.8e-6.
  EXPECT_NEAR(sample_ratio_p({821588, 815482}, {.5, .5}), 1.8e-6, 1e-7);
  EXPECT_NEAR(sample_ratio_p({10, 20, 30}, {1, 2, 3}), 1, 1e-12);
  EXPECT_TRUE(std::isnan(sample_ratio_p({10}, {1})));
  EXPECT_TRUE(std::isnan(sample_ratio_p({0, 0}, {1, 1})));
}

TEST(SequentialSampleRatio, NeverRisesAgainAndFindsALastingMismatch) {
  SequentialSampleRatio test({1, 1});
  double before = 1;
  for (int n = 1000; n <= 100000; n += 1000) {
    const double p = test.look({n * .49, n * .51});
    EXPECT_LE(p, before);
    before = p;
  }
  EXPECT_LT(before, 1e-4);
  SequentialSampleRatio even({1, 1});
  EXPECT_EQ(even.look({5000, 5000}), 1);
}

}  // namespace
}  // namespace barker
