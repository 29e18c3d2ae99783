// The replay of a log with users' own states: what states learn from, and what they do not know.
#include "models/evaluate/replay.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "models/evaluate/score.h"
#include "scoring/isa.h"
#include "tests/models/weights/random_model.h"

namespace barker {
namespace {

constexpr int kUsers = 40;
constexpr float kUnknown = 0.25f;

// Each user has a taste of its own: users with an even number click "word1" and never "word2", the
// others the reverse. They search twice in training, once in validation and three times in the test
// split, of which the last two searches are at the same moment.
class ReplayOfALog : public testing::Test {
 protected:
  void SetUp() override {
    const RandomModelOptions options = {.hidden = {}, .dot_dim = 16};
    ASSERT_TRUE(write_weight_file(random_model(3, options), weights_).ok());
    file_ = WeightFile::open(weights_).value();
    Result<DatasetBuilder> builder = DatasetBuilder::create(path_, {}, {});
    ASSERT_TRUE(builder.ok()) << builder.status().message();
    const Split splits[] = {Split::kTrain, Split::kTrain, Split::kValidation,
                            Split::kTest,  Split::kTest,  Split::kTest};
    const int64_t times[] = {10, 20, 30, 40, 50, 50};
    for (int u = 0; u < kUsers; ++u) {
      for (size_t s = 0; s < std::size(splits); ++s) {
        SearchEvent event;
        event.user = "u" + std::to_string(u);
        // The first users search last, so that the order of the file is not that of the times.
        event.time = times[s] + 1000 * (kUsers - u);
        event.query = "word3";
        event.sfs = {{"word1", u % 2 == 0}, {"word2", u % 2 == 1}};
        event.ads = {{"a", "", {"word1", "word4"}, u % 2 == 0}};
        event.split = splits[s];
        // An SF that the model does not know.
        if (s < 2) event.sfs.push_back({"strange", false});
        if (s == 3) event.sfs.push_back({"strange", true});
        ASSERT_TRUE(builder->add(event).ok());
      }
    }
    ASSERT_TRUE(builder->finish("digest").ok());
    data_ = *Dataset::open(path_);
    table_ = instances_of(*data_, Split::kTest, Task::kMain);
  }
  void TearDown() override {
    std::filesystem::remove(path_);
    std::filesystem::remove(weights_);
  }

  ReplayedScores replayed(Split learn_from, double prior_variance = 1,
                          Task task = Task::kMain) const {
    return replay(*file_, kernels(), *data_, Split::kTest, task, {prior_variance, learn_from},
                  kUnknown)
        .value();
  }
  std::vector<float> scored(Task task = Task::kMain) const {
    return score_dataset(*file_, kernels(), *data_, Split::kTest, task, kUnknown).value();
  }
  static const KernelTable& kernels() { return kernels_for(supported_isas().back()); }

  const std::string path_ = temporary_path("replay.data");
  const std::string weights_ = temporary_path("replay.barker");
  std::shared_ptr<const WeightFile> file_;
  std::shared_ptr<const Dataset> data_;
  InstanceTable table_;
};

TEST_F(ReplayOfALog, CountsWhatEachStateHadLearnedBeforeItsSearch) {
  const ReplayedScores from_training = replayed(Split::kTrain), from_test = replayed(Split::kTest);
  ASSERT_EQ(from_training.impressions.size(), table_.size());
  for (size_t i = 0; i < table_.size(); ++i) {
    const bool is_first = data_->search(table_.search[i]).time % 1000 == 40;
    // Two known SFs of each of three searches; those of one moment do not learn from each other.
    EXPECT_EQ(from_training.impressions[i], is_first ? 6u : 8u) << i;
    EXPECT_EQ(from_test.impressions[i], is_first ? 0u : 2u) << i;
  }
}

TEST_F(ReplayOfALog, ASearchBeforeWhichNothingWasLearnedHasTheScoresOfTheWeights) {
  const std::vector<float> without = scored();
  const ReplayedScores with = replayed(Split::kTest);
  size_t cold = 0, changed = 0;
  for (size_t i = 0; i < table_.size(); ++i) {
    if (with.impressions[i] == 0) {
      EXPECT_EQ(with.probability[i], without[i]) << i;
      ++cold;
    } else {
      changed += with.probability[i] != without[i];
    }
  }
  EXPECT_EQ(cold, 3u * kUsers);
  EXPECT_EQ(changed, 4u * kUsers);
}

TEST_F(ReplayOfALog, StatesFindTheTasteThatEachUserHas) {
  const std::vector<float> without = scored();
  const ReplayedScores with = replayed(Split::kTrain);
  const std::vector<ReplaySlice> slices = judge_replay(table_, without, with, 50, 1);
  EXPECT_GT(slices[0].gain.value, 0.1);
  EXPECT_GT(slices[0].gain.low, 0);
  EXPECT_LT(slices[0].log_loss_with, slices[0].log_loss_without);
  EXPECT_EQ(slices[0].instances, table_.size());
  EXPECT_EQ(slices[0].users, uint64_t{kUsers});
  EXPECT_EQ(slices[1].instances, 0u) << "nobody is cold";
  EXPECT_EQ(slices[2].instances, table_.size()) << "1 to 9 impressions";
}

TEST_F(ReplayOfALog, ASmallPriorVarianceLeavesTheScoresNearThoseOfTheWeights) {
  const std::vector<float> without = scored();
  const ReplayedScores with = replayed(Split::kTrain, 1e-6);
  for (size_t i = 0; i < table_.size(); ++i) {
    EXPECT_NEAR(with.probability[i], without[i], 1e-3) << i;
  }
}

TEST_F(ReplayOfALog, AnUnknownSfKeepsTheProbabilityOfTheUnknown) {
  const ReplayedScores with = replayed(Split::kTrain);
  size_t unknown = 0;
  for (size_t i = 0; i < table_.size(); ++i) {
    if (data_->keyword(table_.keyword[i]) != "strange") continue;
    EXPECT_EQ(with.probability[i], kUnknown);
    ++unknown;
  }
  EXPECT_EQ(unknown, size_t{kUsers});
}

TEST_F(ReplayOfALog, ChangesWhatIsPredictedOfAdsAndLearnsFromSfsAlone) {
  const std::vector<float> without = scored(Task::kAuxiliary);
  const ReplayedScores with = replayed(Split::kTrain, 1, Task::kAuxiliary);
  const InstanceTable ads = instances_of(*data_, Split::kTest, Task::kAuxiliary);
  ASSERT_EQ(with.probability.size(), ads.size());
  for (size_t i = 0; i < ads.size(); ++i) {
    EXPECT_GE(with.impressions[i], 6u);
    EXPECT_NE(with.probability[i], without[i]) << i;
  }
}

TEST_F(ReplayOfALog, NeedsADotProductAndTheTask) {
  ASSERT_TRUE(write_weight_file(random_model(3), weights_).ok());
  const auto refused = [&](Task task) {
    return replay(**WeightFile::open(weights_), kernels(), *data_, Split::kTest, task, {}, kUnknown)
        .status()
        .message();
  };
  EXPECT_NE(refused(Task::kMain).find("needs a model with a dot product"), std::string::npos);
  ASSERT_TRUE(
      write_weight_file(random_model(3, {.auxiliary = false, .dot_dim = 4}), weights_).ok());
  EXPECT_NE(refused(Task::kAuxiliary).find("no auxiliary task"), std::string::npos);
}

}  // namespace
}  // namespace barker
