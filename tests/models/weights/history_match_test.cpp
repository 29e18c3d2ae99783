// Exact match in a weight file.
#include <gtest/gtest.h>

#include "models/weights/format.h"
#include "models/weights/weight_file.h"
#include "models/weights/writer.h"
#include "tests/models/weights/random_model.h"

namespace barker {
namespace {

TEST(WeightFileHistoryMatch, IsWrittenOnlyWithAHistoryWhoseLengthIsKnown) {
  const std::string path = temporary_path("match.barker");
  ModelSpec model = random_model(36, {.history_match = true});
  ASSERT_TRUE(write_weight_file(model, path).ok());
  EXPECT_EQ(WeightFile::open(path).value()->floats("match.weight").size(), 2u);
  model.architecture.groups[0].max_tokens = 0;
  EXPECT_NE(write_weight_file(model, path).message().find("max_tokens above 0"), std::string::npos);
  model.architecture.groups[0].max_tokens = kMaxMatchedHistory + 1;
  EXPECT_NE(write_weight_file(model, path).message().find("max_tokens of hist"), std::string::npos);
  model.architecture.groups[0] = {"past", true, 200, 0};
  EXPECT_NE(write_weight_file(model, path).message().find("\"hist\""), std::string::npos);
}

// A reader that knew nothing of exact match would count one tensor too many, and refuse the file.
TEST(WeightFileHistoryMatch, AndItsTensorComeTogetherOrNotAtAll) {
  const std::string path = temporary_path("match.barker");
  ModelSpec model = random_model(36, {.history_match = true});
  model.tensors.erase("match.weight");
  EXPECT_NE(write_weight_file(model, path).message().find("match.weight"), std::string::npos);
  ModelSpec other = random_model(36);
  other.tensors["match.weight"] = {1, 2};
  EXPECT_FALSE(write_weight_file(other, path).ok());
}

}  // namespace
}  // namespace barker
