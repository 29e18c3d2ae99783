#include "models/exchange/description.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/models/weights/random_model.h"

namespace barker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kLeast[] =
    "name = \"n\"\nversion = \"1\"\nmodel = \"BM\"\ndim = 8\nhidden = [4]\n[[group]]\nname = "
    "\"query\"\n";

std::string description_error(const std::string& toml) {
  ModelSpec model;
  const Status s = read_description(toml, model);
  return s.ok() ? "read" : s.message();
}

TEST(Description, ComesBackAsItWasWritten) {
  ModelSpec model = random_model(3, {.dot_dim = 5, .uid_buckets = 7});
  model.architecture.main_scale = 0.75f;
  model.architecture.aux_offset = -2.5f;
  model.card.notes = {{"trained from", "1730000000"}, {"say", "\"quotes\"\nand lines, 中文"}};
  model.card.metrics = {{"auc", 0.7, 0.6, 0.8},
                        {"none", std::numeric_limits<double>::quiet_NaN(), 0, 0}};
  ModelSpec read;
  const Status s = read_description(write_description(model), read);
  ASSERT_TRUE(s.ok()) << s.message() << "\n" << write_description(model);
  EXPECT_EQ(write_description(read), write_description(model));
  EXPECT_EQ(read.architecture.groups.size(), model.architecture.groups.size());
  EXPECT_EQ(read.architecture.groups.back().hash_buckets, 7U);
  EXPECT_EQ(read.architecture.main_scale, 0.75f);
  EXPECT_EQ(read.keyword_rows, model.keyword_rows);
  EXPECT_EQ(read.card.notes[1].second, model.card.notes[1].second);
  EXPECT_TRUE(std::isnan(read.card.metrics[1].value));
}

TEST(Description, KnowsTheGroupsOfKeywordsByTheirNames) {
  ModelSpec model;
  ASSERT_TRUE(
      read_description(std::string(kLeast) + "[[group]]\nname = \"profile\"\n", model).ok());
  EXPECT_TRUE(model.architecture.groups[0].keywords);
  EXPECT_FALSE(model.architecture.groups[1].keywords);
  EXPECT_THAT(model.architecture.hidden, ElementsAre(4));
  EXPECT_FALSE(model.architecture.has_auxiliary);
}

TEST(Description, ThatIsWrongNamesLineAndKey) {
  const std::string least = kLeast;
  EXPECT_EQ(description_error(least), "read");
  EXPECT_THAT(description_error("dim = 8\n"), HasSubstr("no key \"name\""));
  EXPECT_THAT(description_error("dim = \"8\"\n"), HasSubstr("line 1: dim: expected an integer"));
  EXPECT_THAT(description_error("size = 8\n"), HasSubstr("line 1: size: no such key"));
  EXPECT_THAT(description_error("hidden = [4, 0]\n"),
              HasSubstr("line 1: hidden: expected an integer"));
  EXPECT_THAT(description_error("group = 3\n"), HasSubstr("expected an array of tables"));
  EXPECT_THAT(description_error(least + "max_tokens = -1\n"), HasSubstr("max_tokens"));
  EXPECT_THAT(description_error(least + "[[group]]\n"), HasSubstr("expected a name"));
  EXPECT_THAT(description_error(least + "[calibration]\nmain_scale = -1.0\n"),
              HasSubstr("main_scale"));
  EXPECT_THAT(description_error(least + "[attention]\nuser = \"query\"\n"),
              HasSubstr("attention.dim"));
  EXPECT_THAT(description_error(least + "[dot]\nhidden = [3]\n"), HasSubstr("dot.dim"));
  EXPECT_THAT(description_error(least + "[[note]]\nkey = 1\n"), HasSubstr("key"));
}

}  // namespace
}  // namespace barker
