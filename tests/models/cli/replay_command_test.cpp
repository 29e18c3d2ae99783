// barker-train replay, as people and scripts meet it.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/models/cli/train_command.h"

namespace barker {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

class ReplayCommand : public TrainCommand {
 protected:
  static void SetUpTestSuite() {
    TrainCommand::SetUpTestSuite();
    ASSERT_EQ(run(quick("MTDL", "dot.barker")).code, 0);
    ASSERT_EQ(run(quick("BM", "plain.barker") + " --set model.dot=none").code, 0);
  }
  static std::string replay(const std::string& weights, const std::string& options = "") {
    return "replay " + file(weights) + " --data " + data() + " --draws 20 " + options;
  }
};

TEST_F(ReplayCommand, ChoosesAPriorVarianceOnValidationAndJudgesTheTestSplit) {
  const Outcome text = run(replay("dot.barker", "--prior-variance 0.001,0.1"));
  ASSERT_EQ(text.code, 0) << text.out;
  EXPECT_THAT(text.out, HasSubstr("chosen by the lower bound of the gain"));
  EXPECT_THAT(text.out, HasSubstr("test split, prior variance 0."));
  const Json report =
      Json::parse(run(replay("dot.barker", "--prior-variance 0.001,0.1 --json")).out);
  ASSERT_EQ(report["validation"].size(), 2u);
  const auto bound = [&](size_t trial) {
    return report["validation"][trial]["gain"]["low"].get<double>();
  };
  const size_t best = bound(0) >= bound(1) ? 0 : 1;
  EXPECT_EQ(report["prior_variance"], report["validation"][best]["prior_variance"]);
  EXPECT_EQ(report["sfs"][0]["name"], "all");
  uint64_t instances = 0;
  for (size_t i = 1; i < report["sfs"].size(); ++i) {
    instances += report["sfs"][i]["instances"].get<uint64_t>();
  }
  EXPECT_EQ(report["sfs"][0]["instances"], instances) << "each is in one slice";
  EXPECT_GT(report["ads"][0]["instances"], 0);
}

TEST_F(ReplayCommand, JudgesOnePriorVarianceWithoutAChoice) {
  const Outcome text = run(replay("dot.barker", "--prior-variance 0.01 --learn-from test"));
  ASSERT_EQ(text.code, 0) << text.out;
  EXPECT_THAT(text.out, Not(HasSubstr("validation")));
  EXPECT_THAT(text.out, HasSubstr("states learn from the test split on"));
  EXPECT_THAT(text.out, HasSubstr("nothing learned yet"));
}

TEST_F(ReplayCommand, SaysWhatIsWrong) {
  const Outcome plain = run(replay("plain.barker"));
  EXPECT_EQ(plain.code, 64);
  EXPECT_THAT(plain.out, HasSubstr("needs a model with a dot product"));
  const Outcome late = run(replay("dot.barker", "--split validation --learn-from test"));
  EXPECT_EQ(late.code, 64);
  EXPECT_THAT(late.out, HasSubstr("--learn-from: expected validation or a split before it"));
  EXPECT_EQ(run(replay("dot.barker", "--prior-variance 0")).code, 64);
  EXPECT_EQ(run(replay("dot.barker", "--prior-variance none")).code, 64);
  EXPECT_EQ(run(replay("missing.barker")).code, 66);
}

}  // namespace
}  // namespace barker
