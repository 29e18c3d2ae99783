// The importers on the public data sets. They are not part of the repository, so a test is skipped
// on machines that do not have its set.
#include "models/data/import/import.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>

#include "models/base/lines.h"
#include "models/data/events.h"
#include "models/data/import/amazon_clock.h"
#include "models/data/import/import_parts.h"
#include "models/data/import/matched_negatives.h"
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

// Hands over each event of the log that an import wrote.
void read_events(const std::string& directory,
                 const std::function<void(const SearchEvent&)>& take) {
  auto reader = LineReader::open(directory + "/events.jsonl");
  ASSERT_TRUE(reader.ok());
  std::string_view line;
  while (reader->next(line)) {
    const auto event = parse_event(line);
    ASSERT_TRUE(event.ok());
    take(*event);
  }
  ASSERT_TRUE(reader->status().ok());
}

TEST(ImportAmazonReviews, DrawsTheNumbersOfGroupsThatTheProtocolGives) {
  SKIP_WITHOUT("amazon_beauty");
  const std::string out = temporary_path("beauty");
  BadLines bad;
  const auto summary =
      import_amazon_reviews(kData + "amazon_beauty", out, 1, AmazonClock::kPosition, bad);
  ASSERT_TRUE(summary.ok()) << summary.status().message();
  EXPECT_EQ(summary->ads, 12'101u);
  EXPECT_EQ(summary->users, 22'363u);
  EXPECT_EQ(bad.count(), 0u);
  std::array<uint64_t, 3> sf_groups{}, ad_groups{};
  std::vector<std::string> first;
  read_events(out, [&](const SearchEvent& event) {
    const auto split = static_cast<size_t>(*event.split);
    sf_groups[split] += !event.sfs.empty();
    ad_groups[split] += !event.ads.empty();
    if (first.empty() && split == 0) {
      for (const SfImpression& sf : event.sfs) first.push_back(sf.text);
    }
  });
  // The reference figures of the protocol, seed 1.
  EXPECT_EQ(sf_groups, (std::array<uint64_t, 3>{114'932, 19'543, 19'555}));
  EXPECT_EQ(ad_groups, (std::array<uint64_t, 3>{129'855, 22'052, 21'965}));
  EXPECT_EQ(first, (std::vector<std::string>{"opi", "glaze", "lacquer", "glaze", "glaze"}));
  std::filesystem::remove_all(out);
}

// Of "models/LEARNING.md", "Demand that moves".
TEST(ImportAmazonReviews, SplitsByTheListingOfProductsWhereItsClockIsAskedFor) {
  SKIP_WITHOUT("amazon_beauty");
  const std::string out = temporary_path("beauty-clock");
  BadLines bad;
  const auto summary =
      import_amazon_reviews(kData + "amazon_beauty", out, 1, AmazonClock::kListing, bad);
  ASSERT_TRUE(summary.ok()) << summary.status().message();
  std::set<std::string> trained, tested;  // users
  std::array<int64_t, 3> first{INT64_MAX, INT64_MAX, INT64_MAX}, last{};
  uint64_t test_bars = 0;
  read_events(out, [&](const SearchEvent& event) {
    const auto split = static_cast<size_t>(*event.split);
    first[split] = std::min(first[split], event.time);
    last[split] = std::max(last[split], event.time);
    if (*event.split == Split::kTrain) trained.insert(event.user);
    if (*event.split != Split::kTest || event.sfs.empty()) return;
    tested.insert(event.user);
    ++test_bars;
  });
  EXPECT_LT(last[0], first[1]);
  EXPECT_LT(last[1], first[2]);
  EXPECT_EQ(test_bars, 21'289u);
  uint64_t fresh = 0;
  for (const std::string& user : tested) fresh += !trained.contains(user);
  EXPECT_NEAR(static_cast<double>(fresh) / static_cast<double>(tested.size()), 0.23, 0.01);
  std::filesystem::remove_all(out);
}

// The items are bought last by the users 1, 3, 2 and nobody, so their ranks are 0, 2, 1 and none.
TEST(AmazonClock, IsTheHighestRankThatAUserHasBoughtSoFar) {
  AmazonReviews reviews;
  reviews.items.resize(4);
  reviews.users = {"a", "b", "c", "d"};
  reviews.sequences = {{1, 0, 2}, {0, 2, 0}, {2}, {-1, 1, -1}};
  const auto times = listing_times(reviews);
  EXPECT_EQ(times[0], (std::vector<int64_t>{20, 21, 22})) << "older products come later in order";
  EXPECT_EQ(times[1], (std::vector<int64_t>{0, 10, 11}));
  EXPECT_EQ(times[2], (std::vector<int64_t>{10}));
  EXPECT_EQ(times[3], (std::vector<int64_t>{0, 20, 20})) << "an unknown item keeps the time";
}

TEST(AmazonClock, CountsPurchasesOfOneHighestRankUpToTheNextRank) {
  AmazonReviews reviews;
  reviews.items.resize(2);
  reviews.users = {"a", "b"};
  reviews.sequences = {std::vector<int64_t>(12, 0), {1}};
  EXPECT_EQ(listing_times(reviews)[0], (std::vector<int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9}));
  EXPECT_EQ(listing_times(reviews)[1], (std::vector<int64_t>{10}));
}

TEST(ImportBestBuy, UsesOrReportsEveryRecord) {
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
  read_events(out, [&](const SearchEvent& event) {
    EXPECT_TRUE(event.sfs[0].clicked);
    ASSERT_EQ(event.groups.size(), 1u);
    const auto& active = event.groups[0].tokens;
    EXPECT_EQ(std::count(active.begin(), active.end(), event.sfs[0].text), 0) << event.query;
  });
  std::filesystem::remove_all(out);
}

// A set of one product whose second file of queries claims to be gzip and is not.
TEST(ImportBestBuy, LeavesNoFileOfQueriesIfOneOfThemIsDamaged) {
  const std::string from = temporary_path("from"), out = temporary_path("out");
  std::filesystem::create_directories(from);
  std::ofstream(from + "/products.csv.gz")
      << "upc,name,brand,short,long\n1,\"A 7\"\" tablet, black\",Acme,<b>Fast</b>,\n";
  std::ofstream(from + "/clicks_train_first1000.csv.gz") << "\"query,sku\"\n\"tablet,1\"\n";
  std::ofstream(from + "/clicks_test_first1000.csv.gz") << "\x1f\x8b this is not gzip";
  BadLines bad;
  const auto summary = import_bestbuy(from, out, bad);
  EXPECT_FALSE(summary.ok());
  EXPECT_NE(summary.status().message().find("clicks_test_first1000"), std::string::npos)
      << summary.status().message();
  EXPECT_EQ(lines_of(out + "/catalogue.jsonl"), 1u);
  EXPECT_FALSE(std::filesystem::exists(out + "/queries.txt"));
  for (const std::string& directory : {from, out}) std::filesystem::remove_all(directory);
}

TEST(Import, NamesTheDirectoryThatCannotBeWritten) {
  OutputFile file = OutputFile::in("/dev/null/out", "events.jsonl");
  file.write("lost");
  EXPECT_NE(file.close().message().find("/dev/null/out"), std::string::npos);
}

TEST(MatchedNegatives, AreDrawnAsOftenAsThePositives) {
  const std::vector<uint32_t> positives = {0, 0, 0, 1, 1, 2, 3, 4, 5, 6};
  std::vector<std::vector<uint32_t>> excluded;
  for (const uint32_t p : positives) excluded.push_back({p});
  PositiveLog log{positives, {}};
  for (const auto& e : excluded) log.excluded.push_back(&e);
  const std::vector<double> cumulative = fit_cumulative_weights(7, log);
  constexpr int kRounds = 2000;
  std::vector<double> drawn(7);
  for (size_t e = 0; e < positives.size(); ++e) {
    for (int round = 0; round < kRounds; ++round) {
      const KeyedRandom random(std::to_string(e) + "|" + std::to_string(round));
      const std::vector<uint32_t> negatives = draw_matched(random, cumulative, excluded[e]);
      ASSERT_EQ(negatives.size(), kMatchedNegatives);
      for (const uint32_t n : negatives) {
        EXPECT_NE(n, positives[e]);
        drawn[n] += 1.0 / (kRounds * 4 * 10);
      }
    }
  }
  const double share[] = {0.3, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1};
  for (size_t j = 0; j < 7; ++j) EXPECT_NEAR(drawn[j], share[j], 0.015) << j;
}

TEST(MatchedNegatives, AreNoneIfEveryCandidateIsExcluded) {
  EXPECT_TRUE(draw_matched(KeyedRandom("key"), {0.5, 1}, {0, 1}).empty());
  EXPECT_TRUE(draw_matched(KeyedRandom("key"), {}, {}).empty());
}

TEST(Import, NamesTheFileThatIsMissing) {
  BadLines bad;
  const auto summary = import_bestbuy("/nowhere", temporary_path("x"), bad);
  EXPECT_EQ(summary.status().code(), Code::kNotFound);
  EXPECT_NE(summary.status().message().find("/nowhere/products.csv.gz"), std::string::npos);
}

}  // namespace
}  // namespace barker
