// The importers on the public data sets, where they are present; never a copy of them.
#include "models/data/import/import.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "models/base/lines.h"
#include "models/data/events.h"
#include "tests/models/weights/random_model.h"

namespace barker {
namespace {

const std::string kData = BARKER_SOURCE_DIR "/../shared/data/";

#define SKIP_WITHOUT(set) \
  if (!std::filesystem::exists(kData + (set))) GTEST_SKIP() << (set) << " is not on this machine"

uint64_t lines_of(const std::string& path) {
  auto reader = LineReader::open(path);
  EXPECT_TRUE(reader.ok());
  std::string_view line;
  uint64_t count = 0;
  while (reader->next(line)) ++count;
  return count;
}

TEST(ImportAmazonReviews, DrawsTheGroupsOfTheProtocol) {
  SKIP_WITHOUT("amazon_beauty");
  const std::string out = temporary_path("beauty");
  BadLines bad;
  const auto summary = import_amazon_reviews(kData + "amazon_beauty", out, 1, bad);
  ASSERT_TRUE(summary.ok()) << summary.status().message();
  EXPECT_EQ(summary->ads, 12'101u);
  EXPECT_EQ(summary->users, 22'363u);
  EXPECT_EQ(bad.count(), 0u);
  std::array<uint64_t, 3> sf_groups{}, ad_groups{};
  auto reader = LineReader::open(out + "/events.jsonl");
  ASSERT_TRUE(reader.ok());
  std::string_view line;
  std::vector<std::string> first;
  while (reader->next(line)) {
    const auto event = parse_event(line);
    ASSERT_TRUE(event.ok());
    const auto split = static_cast<size_t>(*event->split);
    sf_groups[split] += !event->sfs.empty();
    ad_groups[split] += !event->ads.empty();
    if (first.empty() && split == 0) {
      for (const SfImpression& sf : event->sfs) first.push_back(sf.text);
    }
  }
  // The reference figures of the protocol, seed 1.
  EXPECT_EQ(sf_groups, (std::array<uint64_t, 3>{114'932, 19'543, 19'555}));
  EXPECT_EQ(ad_groups, (std::array<uint64_t, 3>{129'855, 22'052, 21'965}));
  EXPECT_EQ(first, (std::vector<std::string>{"opi", "glaze", "lacquer", "glaze", "glaze"}));
  std::filesystem::remove_all(out);
}

TEST(ImportBestBuy, LosesNoRecord) {
  SKIP_WITHOUT("bestbuy");
  const std::string out = temporary_path("bestbuy");
  BadLines bad;
  const auto summary = import_bestbuy(kData + "bestbuy", out, bad);
  ASSERT_TRUE(summary.ok()) << summary.status().message();
  EXPECT_EQ(summary->records, summary->ads + bad.count());
  EXPECT_EQ(summary->ads, 44'828u);  // of 46,866 whole records, 2,038 repeat an earlier upc
  EXPECT_EQ(lines_of(out + "/catalogue.jsonl"), summary->ads);
  EXPECT_GT(summary->queries, 1'900u);
  std::filesystem::remove_all(out);
}

TEST(ImportTmall, TakesEveryItemOnce) {
  SKIP_WITHOUT("zh_ecommerce");
  const std::string out = temporary_path("tmall");
  BadLines bad;
  const auto summary = import_tmall(kData + "zh_ecommerce", out, bad);
  ASSERT_TRUE(summary.ok()) << summary.status().message();
  EXPECT_EQ(summary->ads, 3'497u);
  EXPECT_EQ(summary->queries, 101'000u);
  std::filesystem::remove_all(out);
}

TEST(ImportOnlineRetail, UsesEveryPurchaseOfAKnownCustomer) {
  SKIP_WITHOUT("online_retail");
  const std::string out = temporary_path("retail");
  BadLines bad;
  const auto summary = import_online_retail(kData + "online_retail", out, 1, bad);
  ASSERT_TRUE(summary.ok()) << summary.status().message();
  EXPECT_EQ(summary->events, 396'370u);
  EXPECT_EQ(summary->users, 4'335u);
  EXPECT_EQ(summary->ads, 3'659u);
  EXPECT_EQ(summary->records, summary->events + bad.count());
  std::filesystem::remove_all(out);
}

TEST(ImportTrivago, NeverShowsTheClickedFilterInItsOwnQuery) {
  SKIP_WITHOUT("trivago_filter_clicks");
  const std::string out = temporary_path("trivago");
  BadLines bad;
  const auto summary = import_trivago(kData + "trivago_filter_clicks", out, 1, bad);
  ASSERT_TRUE(summary.ok()) << summary.status().message();
  EXPECT_EQ(summary->events, 2'848u);
  auto reader = LineReader::open(out + "/events.jsonl");
  ASSERT_TRUE(reader.ok());
  std::string_view line;
  while (reader->next(line)) {
    const auto event = parse_event(line);
    ASSERT_TRUE(event.ok());
    EXPECT_TRUE(event->sfs[0].clicked);
    ASSERT_EQ(event->groups.size(), 1u);
    const auto& active = event->groups[0].tokens;
    EXPECT_EQ(std::count(active.begin(), active.end(), event->sfs[0].text), 0) << event->query;
  }
  std::filesystem::remove_all(out);
}

TEST(Import, NamesTheFileThatIsMissing) {
  BadLines bad;
  const auto summary = import_bestbuy("/nowhere", temporary_path("x"), bad);
  EXPECT_EQ(summary.status().code(), Code::kNotFound);
  EXPECT_NE(summary.status().message().find("/nowhere/products.csv.gz"), std::string::npos);
}

}  // namespace
}  // namespace barker
