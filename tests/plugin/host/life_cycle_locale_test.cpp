// Numbers in the commands and events of a LifeCycle, in a process whose locale writes a comma.
#include <gmock/gmock.h>

#include "plugin/host/probation.h"
#include "tests/plugin/comma_locale.h"
#include "tests/plugin/host/life_cycle_fixture.h"

namespace barker {
namespace {

using ::testing::HasSubstr;

class LifeCycleCommaLocale : public LifeCycleTest {
 protected:
  void SetUp() override {
    if (!set_comma_locale(temporary_path("locale"))) {
      GTEST_SKIP() << "this machine offers no locale with a decimal comma";
    }
  }
  void TearDown() override { std::setlocale(LC_NUMERIC, "C"); }
};

TEST_F(LifeCycleCommaLocale, DoesNotChangeHowSharesAreReadAndReported) {
  start();
  EXPECT_THAT(admin("shares 0.1 0.5"), HasSubstr("\"served\":0.1,\"compared\":0.5"));
  EXPECT_THAT(admin("shares 0,1 0,5"), HasSubstr("expected a number, found \\\"0,1\\\""));
}

TEST_F(LifeCycleCommaLocale, DoesNotChangeTheReasonsOfAVerdict) {
  barker_generation_stats now{};
  answered(now, 4000, 0, 1000);
  EXPECT_THAT(judge(now, {.bypassed = 0.015}, {0.01, 4}).reason, HasSubstr(" 1.50% "));
  Slowdown shown;
  shown.log_evidence.fill(10);
  shown.queries = 4000;
  shown.longer = 400;
  shown.least_p99_ns = 1500;
  shown.greatest_p99_ns = 40500;
  EXPECT_EQ(judge_speed(shown, {0.01, 2.5}).reason,
            "400 of 4000 queries took more than 2.5 times as long as the p99 of the weights before "
            "or beside these, which went from 1.5 us to 40.5 us");
}

}  // namespace
}  // namespace barker
