#include "models/exchange/golden_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/text/keywords.h"
#include "tests/models/exchange/golden_model.h"

namespace barker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class GoldenLinesTest : public testing::Test {
 protected:
  std::string error_of(const std::string& line) const {
    const Result<GoldenSpec> read = GoldenLines(model_).read(line);
    return read.ok() ? "read" : read.status().message();
  }

  const ModelSpec model_ = golden_model(5, {.uid_buckets = 3});
};

TEST_F(GoldenLinesTest, GiveEachVectorBackAsItWasWritten) {
  const GoldenLines lines(model_);
  for (const GoldenSpec& golden : model_.golden) {
    const Result<GoldenSpec> read = lines.read(lines.write(golden));
    ASSERT_TRUE(read.ok()) << read.status().message();
    EXPECT_EQ(lines.write(*read), lines.write(golden));
    EXPECT_EQ(read->candidates, golden.candidates);
    EXPECT_EQ(read->main_logits, golden.main_logits);
    EXPECT_EQ(read->aux_logits, golden.aux_logits);
    ASSERT_EQ(read->groups.size(), golden.groups.size());
    ASSERT_EQ(read->titles.size(), golden.titles.size());
  }
}

TEST_F(GoldenLinesTest, NameRowsInWords) {
  const Result<GoldenSpec> read = GoldenLines(model_).read(
      R"({"groups": {"hist": {"word1": 0.5}, "profile": ["f2"], "uid": ["anybody"]},
          "candidates": ["Word3"], "main_logits": [0.25]})");
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_THAT(read->groups[0].fingerprints, ElementsAre(keyword_fingerprint("word1")));
  EXPECT_THAT(read->groups[0].weights, ElementsAre(0.5f));
  EXPECT_TRUE(read->groups[1].fingerprints.empty());
  EXPECT_THAT(read->groups[2].fingerprints, ElementsAre(feature_fingerprint("profile", "f2")));
  EXPECT_THAT(read->groups[3].fingerprints, ElementsAre(user_id_fingerprint("anybody")));
  EXPECT_THAT(read->candidates, ElementsAre(keyword_fingerprint("word3")));
}

TEST_F(GoldenLinesTest, ThatAreWrongSayWhatWasFound) {
  EXPECT_THAT(error_of("{"), HasSubstr("not JSON"));
  EXPECT_THAT(error_of("[]"), HasSubstr("expected an object"));
  EXPECT_THAT(error_of("{}"), HasSubstr("expected candidates or titles"));
  EXPECT_THAT(error_of(R"({"logits": []})"), HasSubstr("no such field: \"logits\""));
  EXPECT_THAT(error_of(R"({"candidates": ["nowhere"], "main_logits": [1]})"),
              HasSubstr("candidates: \"nowhere\" is not in the vocabulary"));
  EXPECT_THAT(error_of(R"({"candidates": ["word1"], "main_logits": []})"),
              HasSubstr("main_logits: expected 1 logits, one for each input, found 0"));
  EXPECT_THAT(error_of(R"({"candidates": ["word1"], "main_logits": ["1"]})"),
              HasSubstr("main_logits: expected numbers"));
  EXPECT_THAT(error_of(R"({"groups": {"colour": ["red"]}, "candidates": []})"),
              HasSubstr("groups.colour: the model has no such group"));
  EXPECT_THAT(error_of(R"({"groups": {"profile": ["f999"]}, "candidates": []})"),
              HasSubstr("groups.profile: \"f999\" is not in the vocabulary"));
}

}  // namespace
}  // namespace barker
