#include "models/cli/weight_draft.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "models/text/fingerprint.h"
#include "models/weights/weight_file.h"
#include "tests/models/weights/random_model.h"

namespace barker {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

class WeightDraftTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(fs::create_directory(directory_));
    std::ofstream(out_) << "the old weights";
  }
  void TearDown() override { fs::remove_all(directory_); }

  std::string published() const {
    std::ifstream in(out_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  size_t files() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(directory_), fs::directory_iterator()));
  }

  const std::string directory_ = temporary_path("draft"), out_ = directory_ + "/out.barker";
};

TEST_F(WeightDraftTest, LeavesTheOldFileUntilItIsPublished) {
  {
    WeightDraft draft(out_);
    ASSERT_TRUE(draft.write(random_model(1)).ok());
    EXPECT_TRUE(WeightFile::open(draft.path()).ok());
    EXPECT_EQ(published(), "the old weights");
    const Status s = draft.publish();
    ASSERT_TRUE(s.ok()) << s.message();
  }
  EXPECT_TRUE(WeightFile::open(out_).ok());
  EXPECT_EQ(files(), 1u);
}

TEST_F(WeightDraftTest, IsRemovedWithoutATraceIfItIsNotPublished) {
  { ASSERT_TRUE(WeightDraft(out_).write(random_model(1)).ok()); }
  EXPECT_EQ(published(), "the old weights");
  EXPECT_EQ(files(), 1u);
}

TEST_F(WeightDraftTest, IsNotPublishedIfItsGoldenVectorsFail) {
  ModelSpec model = random_model(1);
  GoldenSpec golden;
  golden.groups.resize(3);
  golden.candidates = {fingerprint("word1")};
  golden.main_logits = {1000};
  model.golden = {golden};
  {
    WeightDraft draft(out_);
    ASSERT_TRUE(draft.write(model).ok());
    EXPECT_THAT(draft.publish().message(), HasSubstr("its golden vectors fail"));
  }
  EXPECT_EQ(published(), "the old weights");
  EXPECT_EQ(files(), 1u);
}

}  // namespace
}  // namespace barker
