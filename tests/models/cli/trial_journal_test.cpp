#include "models/cli/trial_journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/models/base/temporary_path.h"

namespace barker {
namespace {

using ::testing::HasSubstr;

const TrialSubject kSubject = {{"kind", "tune"}, {"dataset", "d1"}};

class Journal : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = temporary_path("journal");
    TrialJournal journal = *TrialJournal::open(path_, kSubject);
    ASSERT_TRUE(journal.add({1, {"model.dim=8"}, "", {{"validation auc", 0.75}}, 1.5}).ok());
    ASSERT_TRUE(journal.add({2, {"model.name=\"BM\""}, "training diverged", {}, 2}).ok());
  }
  void TearDown() override { std::filesystem::remove(path_); }

  void append(const std::string& text) const { std::ofstream(path_, std::ios::app) << text; }

  std::string path_;
};

TEST_F(Journal, ReadsBackWhatWasAdded) {
  const TrialJournal journal = *TrialJournal::open(path_, kSubject);
  ASSERT_EQ(journal.trials().size(), 2u);
  EXPECT_TRUE(journal.has(2));
  EXPECT_FALSE(journal.has(3));
  EXPECT_EQ(journal.trials()[0].metrics.at("validation auc"), 0.75);
  EXPECT_EQ(journal.trials()[0].seconds, 1.5);
  EXPECT_EQ(journal.trials()[1].failure, "training diverged");
  EXPECT_EQ(journal.trials()[1].settings[0], "model.name=\"BM\"");
}

TEST_F(Journal, DropsALineThatAKillCutOff) {
  append("{\"trial\": 3, \"settings\": [\"mod");
  TrialJournal journal = *TrialJournal::open(path_, kSubject);
  EXPECT_EQ(journal.trials().size(), 2u);
  ASSERT_TRUE(journal.add({3, {}, "", {{"validation auc", 0.5}}, 1}).ok());
  EXPECT_EQ(TrialJournal::open(path_, kSubject)->trials().size(), 3u);
}

TEST_F(Journal, IsRefusedForAnotherSubject) {
  const auto other = TrialJournal::open(path_, {{"kind", "tune"}, {"dataset", "d2"}});
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.status().code(), Code::kFailedPrecondition);
  EXPECT_THAT(other.status().message(), HasSubstr("its trials have another dataset"));
}

TEST_F(Journal, NamesALineThatIsNoTrial) {
  append("{\"trial\": \"x\"}\n");
  const auto broken = TrialJournal::open(path_, kSubject);
  ASSERT_FALSE(broken.ok());
  EXPECT_EQ(broken.status().code(), Code::kBadData);
  EXPECT_THAT(broken.status().message(), HasSubstr(":4: is no trial"));
}

}  // namespace
}  // namespace barker
