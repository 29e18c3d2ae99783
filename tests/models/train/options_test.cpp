#include "models/train/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <locale>

namespace barker {
namespace {

using ::testing::HasSubstr;

TEST(TrainOptions, RoundTripThroughToml) {
  TrainOptions options;
  options.model.name = "MTDL";
  options.model.hidden = {7, 5, 3};
  options.model.groups = {"a \"quoted\" one", "b"};
  options.model.dot = DotHead::kNone;
  options.model.exact_match = true;
  options.model.match_inputs = true;
  options.schedule = Schedule::kJoint;
  options.learning_rate = 0.1 + 0.2;
  options.init = Initialisation::kNoise;
  options.seed = 123456789012345;
  options.calibrate = false;
  options.propensity = PropensityUse::kInverse;
  options.recency_half_life = "30d";
  TrainOptions read;
  const Status status = read_options(options_to_toml(options), read);
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(options_to_toml(read), options_to_toml(options));
  EXPECT_EQ(read.learning_rate, options.learning_rate);
  EXPECT_EQ(read.model.groups, options.model.groups);
  EXPECT_TRUE(read.model.exact_match);
  EXPECT_TRUE(read.model.match_inputs);
  EXPECT_EQ(read.propensity, PropensityUse::kInverse);
  EXPECT_EQ(read.recency_half_life, "30d");
}

TEST(TrainOptions, TakeHalfLivesInTheUnitOfTheLogsClockAsNumbers) {
  TrainOptions options;
  Status status = read_options(
      "[train]\nrecency_half_life = 8000\n[freeze]\ntrend_half_life = 2.5e3\n"
      "[model]\ndot = \"added\"\n",
      options);
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(options.recency_half_life, "8000");
  EXPECT_EQ(options.trend_half_life, "2500");
  TrainOptions read;
  ASSERT_TRUE(read_options(options_to_toml(options), read).ok());
  EXPECT_EQ(options_to_toml(read), options_to_toml(options));
  ASSERT_TRUE(read_options("[train]\nrecency_half_life = 0.125\n", options).ok());
  EXPECT_EQ(options.recency_half_life, "0.125");
  EXPECT_THAT(read_options("[train]\nrecency_half_life = -3\n", options).message(),
              HasSubstr("train.recency_half_life: expected a time above 0"));
  EXPECT_THAT(read_options("[train]\nrecency_half_life = inf\n", options).message(),
              HasSubstr("train.recency_half_life: expected a time above 0"));
  EXPECT_THAT(read_options("[train]\nrecency_half_life = true\n", options).message(),
              HasSubstr("line 2: train.recency_half_life: expected a time such as \"30d\", or a "
                        "number in the unit of the log's clock"));
}

// A locale as in Germany, where 1234.5 is written "1.234,5". TOML does not read that.
class GermanNumbers : public std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

TEST(TrainOptions, AreWrittenTheSameInEveryLocale) {
  TrainOptions options;
  options.seed = 1234567;
  const std::string before = options_to_toml(options);
  const std::locale kept = std::locale::global(std::locale(std::locale(), new GermanNumbers));
  const std::string after = options_to_toml(options);
  options.dropout = 1.5;
  const std::string error = check_options(options).message();
  std::locale::global(kept);
  EXPECT_EQ(before, after);
  EXPECT_THAT(error, HasSubstr("expected 0 to 0.95, found 1.5"));
  EXPECT_THAT(before, HasSubstr("learning_rate = 0.002\n"));
}

TEST(TrainOptions, WriteTheFewestDigitsThatReadBack) {
  TrainOptions options;
  options.learning_rate = 0.1 + 0.2;
  options.embedding_l2 = 1e-5;
  options.decay = 1;
  const std::string toml = options_to_toml(options);
  EXPECT_THAT(toml, HasSubstr("learning_rate = 0.30000000000000004\n"));
  EXPECT_THAT(toml, HasSubstr("embedding_l2 = 0.00001\n"));
  EXPECT_THAT(toml, HasSubstr("decay = 1\n"));
}

TEST(TrainOptions, NameTheLineAndTheKeyInErrors) {
  const auto error = [](const char* toml) {
    TrainOptions options;
    return read_options(toml, options).message();
  };
  EXPECT_THAT(error("[train]\nseed = \"x\""), HasSubstr("line 2: train.seed: expected an integer"));
  EXPECT_THAT(error("[train]\n\nlearning_rat = 1"),
              HasSubstr("line 3: train.learning_rat: no such"));
  EXPECT_THAT(error("[model]\nname = \"DNN\""), HasSubstr("model.name: expected BM, MTDL"));
  EXPECT_THAT(error("[train]\ndropout = 1.5"), HasSubstr("train.dropout: expected 0 to 0.95"));
  EXPECT_THAT(error("[increment]\nlearning_rate = 0"),
              HasSubstr("increment.learning_rate: expected 1e-07 to 1, found 0"));
  EXPECT_THAT(error("[model]\nmatch_inputs = true\ndot = \"alone\""),
              HasSubstr("model.match_inputs: they go into the first layer"));
  EXPECT_THAT(error("[train]\nbatch_searches = -1"), HasSubstr("line 2: train.batch_searches"));
  EXPECT_THAT(error("[model]\nhidden = []"), HasSubstr("model.hidden: empty"));
  EXPECT_THAT(error("[train\n"), HasSubstr("line 1"));
  EXPECT_THAT(error("seed = 1"), HasSubstr("seed: no such option"));
}

TEST(TrainOptions, StayUnchangedIfTheFileIsWrong) {
  TrainOptions options;
  options.seed = 7;
  EXPECT_FALSE(read_options("[train]\nseed = 9\nk = -1", options).ok());
  EXPECT_EQ(options.seed, 7u);
}

}  // namespace
}  // namespace barker
