// Keywords that are added to a model, as its next weight file has them.
#include "models/weights/add_keywords.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "models/weights/weight_file.h"
#include "models/weights/weights_generated.h"
#include "tests/models/weights/random_model.h"

namespace barker {
namespace {

using ::testing::HasSubstr;

// Half of the keywords have folds, and all that follows the keyword rows is there.
const RandomModelOptions kWhole = {
    .folded = 25, .dot_dim = 8, .uid_buckets = 8, .click_rates = true};

std::shared_ptr<const WeightFile> open_written(const ModelSpec& model) {
  const std::string path = temporary_path("added.barker");
  const Status s = write_weight_file(model, path);
  EXPECT_TRUE(s.ok()) << s.message();
  const auto file = WeightFile::open(path);
  EXPECT_TRUE(file.ok()) << file.status().message();
  return *file;
}

NewKeywords two_words(uint32_t dim) {
  return {{"bamboo", "补水保湿"}, std::vector<float>(2 * dim, 0.25f), {0.5f, -0.5f}};
}

bool has_same_row(const WeightFile& a, uint32_t row_a, const WeightFile& b, uint32_t row_b,
                  const char* table, size_t width) {
  const auto* x = static_cast<const float*>(a.table(table)) + row_a * width;
  const auto* y = static_cast<const float*>(b.table(table)) + row_b * width;
  return std::memcmp(x, y, width * sizeof(float)) == 0;
}

TEST(AddKeywords, KeepsEveryBitOfWhatTheModelKnows) {
  ModelSpec model = random_model(7, kWhole);
  const auto before = open_written(model);
  const NewKeywords words = two_words(model.architecture.dim);
  ASSERT_TRUE(add_keywords(words, model).ok());
  const auto after = open_written(model);
  for (uint32_t row = 0; row < before->vocabulary().size(); ++row) {
    const uint32_t moved = after->vocabulary().find(before->vocabulary().fingerprint_of(row));
    ASSERT_EQ(moved, row < 25 ? row : row + 2);
    EXPECT_TRUE(has_same_row(*before, row, *after, moved, "embedding", 16));
    EXPECT_EQ(before->floats("dot.target.bias")[row], after->floats("dot.target.bias")[moved]);
    if (row >= 50) continue;  // a feature
    EXPECT_EQ(before->click_rates().prior[row], after->click_rates().prior[moved]);
    for (const uint64_t query : before->click_rates().queries) {
      EXPECT_EQ(before->click_rates().rate(query, row), after->click_rates().rate(query, moved));
    }
    if (row >= 25) continue;
    EXPECT_TRUE(has_same_row(*before, row, *after, moved, "fold.target", 24));
    EXPECT_TRUE(has_same_row(*before, row, *after, moved, "fold.title",
                             before->architecture().attention_dim()));
    EXPECT_TRUE(has_same_row(*before, row, *after, moved, "fold.dot", 8));
  }
  for (uint32_t bucket = 0; bucket < 8; ++bucket) {
    EXPECT_TRUE(has_same_row(*before, 60 + bucket, *after, 62 + bucket, "embedding", 16));
  }
}

TEST(AddKeywords, MakesThemCandidatesWithoutEvidence) {
  ModelSpec model = random_model(7, kWhole);
  model.click_rates.evidence.assign(50, 2);
  model.click_rates.evidence[30] = 0;
  model.click_rates.prior[30] = 0.125f;
  ASSERT_TRUE(add_keywords(two_words(model.architecture.dim), model).ok());
  const auto file = open_written(model);
  const uint32_t row = file->vocabulary().find(fingerprint("补水保湿"));
  ASSERT_LT(row, file->architecture().folded_rows());
  EXPECT_EQ(static_cast<const float*>(file->table("embedding"))[row * 16], 0.25f);
  EXPECT_EQ(file->floats("dot.target.bias")[row], -0.5f);
  EXPECT_EQ(file->click_rates().evidence_of(row), 0);
  EXPECT_EQ(file->click_rates().prior[row], 0.125f);
}

TEST(AddKeywords, TakesWhatIsKnownOfThem) {
  ModelSpec model = random_model(7, kWhole);
  model.click_rates.evidence.assign(50, 2);
  NewKeywords words = two_words(model.architecture.dim);
  words.prior = {0.75f, 0.5f};
  words.evidence = {300, 7};
  ASSERT_TRUE(add_keywords(words, model).ok());
  const auto file = open_written(model);
  const uint32_t row = file->vocabulary().find(fingerprint("bamboo"));
  EXPECT_EQ(file->click_rates().evidence_of(row), 300);
  EXPECT_EQ(file->click_rates().prior[row], 0.75f);
}

TEST(AddKeywords, RefusesWhatDoesNotFitAndChangesNothing) {
  ModelSpec model = random_model(7, kWhole);
  const auto refusal = [&](const NewKeywords& words) {
    return add_keywords(words, model).message();
  };
  NewKeywords words = two_words(model.architecture.dim);
  words.names[1] = "word3";
  EXPECT_THAT(refusal(words), HasSubstr("\"word3\" is there twice"));
  words.names[1] = words.names[0];
  EXPECT_THAT(refusal(words), HasSubstr("\"bamboo\" is there twice"));
  words = two_words(model.architecture.dim + 1);
  EXPECT_THAT(refusal(words), HasSubstr("rows: expected 32 numbers, found 34"));
  words = two_words(model.architecture.dim);
  words.dot_target_bias.clear();
  EXPECT_THAT(refusal(words), HasSubstr("dot_target_bias: expected 2"));
  words = two_words(model.architecture.dim);
  words.evidence = {1, 2};
  EXPECT_THAT(refusal(words), HasSubstr("prior: expected 2 numbers, found 0"));
  EXPECT_EQ(model.names.size(), random_model(7, kWhole).names.size());
  EXPECT_EQ(model.tensors, random_model(7, kWhole).tensors);
}

}  // namespace
}  // namespace barker
