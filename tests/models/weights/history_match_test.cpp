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

TEST(WeightFileMatchInputs, AreWrittenOnlyWithAHistoryAndAFirstLayer) {
  const std::string path = temporary_path("inputs.barker");
  ModelSpec model = random_model(36, {.match_inputs = true});
  ASSERT_TRUE(write_weight_file(model, path).ok());
  const auto file = WeightFile::open(path).value();
  EXPECT_EQ(file->floats("match.inputs").size(), kMatchInputs * model.architecture.hidden[0]);
  EXPECT_TRUE(read_model(*file).architecture.match_inputs);
  model.tensors.at("match.inputs").pop_back();
  EXPECT_NE(write_weight_file(model, path).message().find("match.inputs"), std::string::npos);
  model.tensors.erase("match.inputs");
  EXPECT_NE(write_weight_file(model, path).message().find("match.inputs"), std::string::npos);
  model = random_model(36, {.match_inputs = true});
  model.architecture.groups[0].max_tokens = 0;
  EXPECT_NE(write_weight_file(model, path).message().find("max_tokens above 0"), std::string::npos);
  model = random_model(36, {.hidden = {}, .dot_dim = 16});
  model.architecture.match_inputs = true;
  EXPECT_NE(write_weight_file(model, path).message().find("expected hidden layers"),
            std::string::npos);
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
