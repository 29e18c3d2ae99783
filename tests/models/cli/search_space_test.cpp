#include "models/cli/search_space.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "models/base/number_text.h"

namespace barker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(SearchSpace, DrawsFromEveryRangeAndChoice) {
  const SearchSpace space = *SearchSpace::parse(
      "[train]\nlearning_rate = { log = [1e-4, 1e-2] }\ndropout = { linear = [0.0, 0.5] }\n"
      "[model]\ndim = { linear = [1, 4] }\nname = { choices = [\"BM\", \"MTDL\"] }\n"
      "hidden = { choices = [[8], [16, 8]] }\n");
  std::map<std::string, std::map<std::string, int>> counts;
  constexpr int kDraws = 4000;
  int below_middle = 0;
  double dropout = 0;
  for (int i = 0; i < kDraws; ++i) {
    Random random(7, static_cast<uint64_t>(i));
    const std::vector<std::string> settings = space.draw(random);
    ASSERT_EQ(settings.size(), 5u);
    for (const std::string& s : settings) {
      const std::string name = s.substr(0, s.find('=')), value = s.substr(s.find('=') + 1);
      if (name == "train.learning_rate") {
        const double rate = *read_number(value);
        EXPECT_GE(rate, 1e-4);
        EXPECT_LE(rate, 1e-2);
        below_middle += rate < 1e-3;
      } else if (name == "train.dropout") {
        dropout += *read_number(value) / kDraws;
      } else {
        ++counts[name][value];
      }
    }
  }
  EXPECT_NEAR(below_middle, kDraws / 2, 150) << "half of a logarithmic range lies below its middle";
  EXPECT_NEAR(dropout, 0.25, 0.01);
  ASSERT_EQ(counts["model.dim"].size(), 4u) << "both ends of a range of integers are in it";
  for (const auto& [value, count] : counts["model.dim"]) EXPECT_NEAR(count, kDraws / 4, 150);
  EXPECT_NEAR(counts["model.name"]["'BM'"], kDraws / 2, 150);
  EXPECT_EQ(counts["model.hidden"].size(), 2u);
}

TEST(SearchSpace, KnowsItsExtremes) {
  const SearchSpace space = *SearchSpace::parse(
      "[train]\nk = { linear = [0.5, 2.0] }\n[model]\ndim = { choices = [8, 16] }\n");
  EXPECT_THAT(space.extremes(),
              ElementsAre("model.dim=8", "model.dim=16", "train.k=0.5", "train.k=2.0"));
}

TEST(SearchSpace, NamesWhatIsWrong) {
  const std::pair<const char*, const char*> wrong[] = {
      {"", "declares no option"},
      {"dim = 3\n", "line 1: dim: expected a section"},
      {"[model]\ndim = 3\n", "line 2: model.dim: expected { linear"},
      {"[model]\ndim = { normal = [1, 2] }\n", "line 2: model.dim: expected { linear"},
      {"[model]\ndim = { linear = [2, 1] }\n", "low < high"},
      {"[model]\ndim = { linear = [1, \"2\"] }\n", "expected two numbers"},
      {"[train]\nk = { log = [0, 1] }\n", "above 0"},
      {"[train]\nk = { choices = [] }\n", "at least one choice"},
      {"[train\n", "line 1"},
  };
  for (const auto& [toml, message] : wrong) {
    const auto space = SearchSpace::parse(toml);
    ASSERT_FALSE(space.ok()) << toml;
    EXPECT_EQ(space.status().code(), Code::kBadConfiguration);
    EXPECT_THAT(space.status().message(), HasSubstr(message)) << toml;
  }
}

}  // namespace
}  // namespace barker
