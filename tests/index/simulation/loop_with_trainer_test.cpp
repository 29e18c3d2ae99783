// The loop with the real barker-train: that it takes the options and logs that the loop gives it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "index/simulation/loop.h"
#include "tests/models/base/temporary_path.h"

namespace barker {
namespace {

using ::testing::HasSubstr;

TEST(LoopWithTrainer, LearnsFromTheLogOfADayAndAsksTheGate) {
  LoopOptions options;
  options.directory = temporary_path("loop");
  options.trainer = BARKER_TRAIN;
  options.plugin = BARKER_PLUGIN_PATH;
  options.days = 2;
  options.market = {.ads = 100, .users = 80};
  options.past = 4;
  options.past_events = 200;
  options.first_epochs = options.epochs = 1;
  options.settings = {"model.dim=8", "model.dot_dim=8"};
  const Result<LoopState> state = run_loop(options);
  ASSERT_TRUE(state.ok()) << state.status().message();
  const LoopGate& gate = state->days[0].gate;
  EXPECT_EQ(gate.against, "000001.barker");
  EXPECT_GE(gate.today, 0);
  EXPECT_GE(gate.before, 0);
  std::ifstream log(loop_day_in(options.directory, 1) + "/trainer.log");
  const std::string text{std::istreambuf_iterator<char>(log), {}};
  EXPECT_THAT(text, HasSubstr("started from weights/000001.barker"));
  EXPECT_THAT(text, HasSubstr("day-01/candidate.barker is ready"));
}

}  // namespace
}  // namespace barker
