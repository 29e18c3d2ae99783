#include "models/experiment/sequential.h"

#include <gtest/gtest.h>

#include <cmath>

namespace barker {
namespace {

TEST(ConfidenceSequence, IsWiderThanAnIntervalForOneLookAndNarrowestWhereItIsTuned) {
  Effect effect;
  effect.value = .29;
  effect.standard_error = .12478;
  const Effect sequence = confidence_sequence(effect, 6868);
  EXPECT_LT(sequence.low, .04538);
  EXPECT_GT(sequence.high, .53462);
  const auto width = [&](double tuned) {
    const Effect s = confidence_sequence(effect, 6868, tuned);
    return s.high - s.low;
  };
  EXPECT_LT(width(6868), width(3000));
  EXPECT_LT(width(6868), width(15000));
}

TEST(ConfidenceSequence, LeavesOutZeroExactlyWhereItsPValueSaysSo) {
  for (const double z : {1.0, 2.5, 2.9, 3.2, 5.0}) {
    Effect effect;
    effect.value = z;
    effect.standard_error = 1;
    const Effect sequence = confidence_sequence(effect, 4000);
    EXPECT_EQ(sequence.low > 0, sequence.p < .05) << z;
  }
}

TEST(MixtureSprt, IsTheRatioOfTheMixtureToTheNull) {
  Effect effect;
  effect.value = 3;
  effect.standard_error = 1;
  // The mixture of N(theta, 1) over theta ~ N(0, 2^2) is N(0, 5).
  const double ratio = std::exp(-9 / 10.0) / std::sqrt(5) / std::exp(-9 / 2.0);
  EXPECT_NEAR(mixture_sprt_p(effect, 2), 1 / ratio, 1e-12);
  effect.value = 0;
  EXPECT_EQ(mixture_sprt_p(effect, 2), 1);
}

}  // namespace
}  // namespace barker
