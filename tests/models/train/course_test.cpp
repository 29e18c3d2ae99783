#include "models/train/course.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace barker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Course, HasThePhasesOfItsScheduleAndOfAnIncrementOneForBothTasks) {
  TrainOptions options;
  options.model.name = "MTDL";
  options.schedule = Schedule::kPretrain;
  options.cool_down.epochs = 0;
  EXPECT_THAT(Course(options, false).phases(), ElementsAre(Phase::kPretrain, Phase::kFinetune));
  EXPECT_THAT(Course(options, true).phases(), ElementsAre(Phase::kAlternate));
  options.schedule = Schedule::kJoint;
  EXPECT_THAT(Course(options, true).phases(), ElementsAre(Phase::kJoint));
  options.model.name = "BM";
  EXPECT_THAT(Course(options, false).phases(), ElementsAre(Phase::kMain));
  options.cool_down.epochs = 1;
  EXPECT_THAT(Course(options, false).phases(), ElementsAre(Phase::kMain, Phase::kCoolDown));
  EXPECT_THAT(Course(options, true).phases(), ElementsAre(Phase::kMain));
}

TEST(Course, LowersTheRateWithEachEpochAndInIncrementAndCoolDownWithEachStepTowards0) {
  TrainOptions options;
  options.learning_rate = 0.5;
  options.decay = 0.5;
  options.finetune_rate = 0.1;
  const Course whole(options, false);
  EXPECT_EQ(whole.rate(Phase::kMain, 0, 10), 0.5);
  EXPECT_EQ(whole.rate(Phase::kMain, 9, 10), 0.5);
  EXPECT_EQ(whole.rate(Phase::kMain, 10, 10), 0.25);
  EXPECT_EQ(whole.rate(Phase::kFinetune, 10, 10), 0.25 * 0.1);
  options.cool_down.rate = 0.5;  // of 0.5
  options.cool_down.epochs = 1;
  EXPECT_EQ(whole.rate(Phase::kCoolDown, 0, 10), 0.25);
  EXPECT_EQ(whole.rate(Phase::kCoolDown, 5, 10), 0.125);
  options.increment.learning_rate = 0.5;
  options.increment.epochs = 2;
  const Course increment(options, true);
  EXPECT_EQ(increment.rate(Phase::kMain, 0, 10), 0.5);
  EXPECT_EQ(increment.rate(Phase::kMain, 10, 10), 0.25);
  EXPECT_NEAR(increment.rate(Phase::kMain, 19, 10), 0.025, 1e-12);
}

TEST(Course, EndsEarlyAndKeepsTheBestEpochAndOfAnIncrementTheLast) {
  TrainOptions options;
  options.max_epochs = 9;
  options.patience = 2;
  options.increment.epochs = 3;
  const Course whole(options, false), increment(options, true);
  EXPECT_FALSE(whole.is_over(Phase::kMain, 0, 0));
  EXPECT_FALSE(whole.is_over(Phase::kMain, 4, 3));
  EXPECT_TRUE(whole.is_over(Phase::kMain, 4, 2));
  EXPECT_TRUE(whole.is_over(Phase::kMain, 9, 9));
  options.cool_down.epochs = 2;
  EXPECT_FALSE(whole.is_over(Phase::kCoolDown, 1, 1));
  EXPECT_TRUE(whole.is_over(Phase::kCoolDown, 2, 2));
  EXPECT_FALSE(increment.is_over(Phase::kMain, 2, 0));
  EXPECT_TRUE(increment.is_over(Phase::kMain, 3, 3));
  EXPECT_FALSE(whole.is_kept(0.6, 0.7));
  EXPECT_TRUE(increment.is_kept(0.6, 0.7));
  for (const Course* course : {&whole, &increment}) EXPECT_FALSE(course->is_kept(NAN, -1));
}

TEST(Course, NamesTheOptionsThatItFollowsWhereARunDiverged) {
  const TrainOptions options;
  EXPECT_EQ(Course(options, false).advice(Phase::kMain, 0, -1), "lower train.learning_rate");
  EXPECT_THAT(Course(options, false).advice(Phase::kMain, 2, 0.7),
              HasSubstr("2 (validation AUC 0.7000), with "
                        "train.max_epochs"));
  EXPECT_EQ(Course(options, true).advice(Phase::kMain, 0, -1), "lower increment.learning_rate");
  EXPECT_THAT(Course(options, true).advice(Phase::kMain, 2, 0.7),
              HasSubstr("with increment.epochs"));
  EXPECT_EQ(Course(options, false).advice(Phase::kCoolDown, 0, 0.7), "lower cool_down.rate");
}

}  // namespace
}  // namespace barker
