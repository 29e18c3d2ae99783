#include "models/simulate/marketplace.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "models/base/lines.h"
#include "models/data/events.h"
#include "models/text/text.h"
#include "tests/models/base/temporary_path.h"
#include "tests/models/weights/random_model.h"

namespace barker {
namespace {

using Json = nlohmann::json;

class Marketplace : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    directory_ = new std::string(temporary_path("market"));
    ASSERT_TRUE(write_marketplace({.ads = 500, .users = 200, .searches = 3000}, *directory_).ok());
  }
  static void TearDownTestSuite() {
    std::filesystem::remove_all(*directory_);
    delete directory_;
  }
  static std::string* directory_;
};
std::string* Marketplace::directory_ = nullptr;

TEST_F(Marketplace, GivesEqualBytesForEqualSeedsOnly) {
  const std::string same = temporary_path("market"), other = temporary_path("market");
  ASSERT_TRUE(write_marketplace({.ads = 500, .users = 200, .searches = 3000}, same).ok());
  ASSERT_TRUE(
      write_marketplace({.seed = 2, .ads = 500, .users = 200, .searches = 3000}, other).ok());
  for (const char* name : {"/catalogue.jsonl", "/events.jsonl", "/users.jsonl"}) {
    EXPECT_EQ(bytes_of(same + name), bytes_of(*directory_ + name)) << name;
    EXPECT_NE(bytes_of(other + name), bytes_of(*directory_ + name)) << name;
  }
}

TEST_F(Marketplace, HasEnglishAndChineseAdsInEveryCategory) {
  std::map<std::string, int> categories;
  auto reader = LineReader::open(*directory_ + "/catalogue.jsonl");
  std::string_view line;
  while (reader->next(line)) {
    const Json ad = Json::parse(line);
    ++categories[ad["category"]];
    uint64_t replaced = 0;
    sanitize_utf8(line, &replaced);
    EXPECT_EQ(replaced, 0u);
    EXPECT_GT(ad["bid"].get<double>(), 0);
    EXPECT_GE(ad["selling_points"].size(), 4u);
  }
  EXPECT_GE(categories.size(), 8u);
  EXPECT_TRUE(categories.contains("面膜"));
  EXPECT_TRUE(categories.contains("shoes"));
}

// Words of which at most one is true of a product, written down here a second time so that the test
// does not trust the generator's lists.
const std::vector<std::vector<std::string>>& exclusive_words() {
  static const std::vector<std::vector<std::string>> kExclusive = {
      {" grey", " olive"},        {" black", " blue", " silver"},
      {" men's", " women's"},     {" 25L", " 40L"},
      {" 1.7L", " 1L"},           {" steel", " white"},
      {" 50ml", " 100ml"},        {" day", " night", " spf30"},
      {" 2 person", " 4 person"}, {" 2 person", " family"},
      {" over-ear", " in-ear"},   {"10片装", "20片"},
      {"S码", "M码", "L码"},      {"黑色", "米白"},
      {"500ml", "350ml"},         {"粉色", "白色"},
      {"男款", "女款"},           {"真丝", "纯棉", "雪纺"},
      {"大容量", "便携"},         {"大容量", "轻量"},
      {"大容量", "350ml"},        {" vintage leather", " recycled material"},
      {" over-ear", " earbuds"}};
  return kExclusive;
}

TEST_F(Marketplace, SaysNothingOfAProductThatContradictsItself) {
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    const std::string directory = temporary_path("market");
    ASSERT_TRUE(
        write_marketplace({.seed = seed, .ads = 4000, .users = 10, .searches = 1}, directory).ok());
    auto reader = LineReader::open(directory + "/catalogue.jsonl");
    std::string_view line;
    while (reader->next(line)) {
      const Json ad = Json::parse(line);
      std::string words = " " + ad["title"].get<std::string>();
      for (const auto& point : ad["selling_points"]) words += ", " + point.get<std::string>();
      for (const auto& exclusive : exclusive_words()) {
        const auto said = std::ranges::count_if(exclusive, [&](const std::string& word) {
          const size_t at = words.find(word);
          const size_t end = at + word.size();
          return at != std::string::npos &&
                 !(end < words.size() && words[end] >= 'a' && words[end] <= 'z');
        });
        EXPECT_LE(said, 1) << words;
      }
    }
    std::filesystem::remove_all(directory);
  }
}

TEST_F(Marketplace, ClicksAsOftenAsTheTrueProbabilitiesSay) {
  double clicks = 0, expected = 0, variance = 0;
  auto reader = LineReader::open(*directory_ + "/events.jsonl");
  std::string_view line;
  while (reader->next(line)) {
    const auto event = parse_event(line);
    ASSERT_TRUE(event.ok());
    for (const SfImpression& sf : event->sfs) {
      const double p = sf.true_probability;
      ASSERT_TRUE(p > 0 && p < 1);
      clicks += sf.clicked;
      expected += p;
      variance += p * (1 - p);
    }
  }
  EXPECT_LT(std::abs(clicks - expected), 4 * std::sqrt(variance));
}

TEST_F(Marketplace, RefusesTooFewUsers) {
  EXPECT_FALSE(write_marketplace({.users = 1}, *directory_).ok());
}

}  // namespace
}  // namespace barker
