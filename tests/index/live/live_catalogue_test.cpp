// The catalogue of a running engine: what changes while queries go on.

#include "index/live/live_catalogue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <thread>

#include "index/catalogue/ad_store_generated.h"
#include "index/engine/engine_parts.h"
#include "index/live/rebuild.h"
#include "tests/index/live/live_fixture.h"
#include "tests/models/base/sentences.h"

namespace barker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(LiveCatalogues, ShowANewAdToTheNextQuery) {
  const auto engine = open({ad("a", "Red dress", {{"dress"}}, 1)});
  const auto added =
      change(*engine, R"({"id": "b", "title": "Blue dress", "bid_terms": ["dress"], "bid": 2})");
  EXPECT_EQ(added.applied, 1u);
  EXPECT_THAT(ids(*engine, "dress"), ElementsAre("b", "a"));
  EXPECT_THAT(ids(*open_again(), "dress"), ElementsAre("b", "a")) << "the log has it";
}

TEST_F(LiveCatalogues, ShowAChangedAdInPlaceOfItsOlderForm) {
  const auto engine = open({ad("a", "Red dress", {{"dress"}}), ad("b", "Hat", {{"hat"}})});
  change(*engine,
         R"({"op": "upsert", "ad": {"id": "a", "title": "Red scarf", "bid_terms": ["scarf"]}})");
  EXPECT_THAT(ids(*engine, "dress"), IsEmpty());
  EXPECT_THAT(ids(*engine, "scarf"), ElementsAre("a"));
  EXPECT_EQ(search(*engine, "scarf").ads[0].original_title, "Red scarf");
}

TEST_F(LiveCatalogues, FindNewAdsByTheirTextsBesideOldOnes) {
  const auto engine = open({ad("a", "Red dress", {}), ad("b", "Red hat", {})});
  change(*engine, R"({"id": "c", "title": "Red dress, long"})");
  EXPECT_THAT(ids(*engine, "red dress"), ElementsAre("a", "c", "b"));
}

TEST_F(LiveCatalogues, DoNotShowADeletedAd) {
  const auto engine = open({ad("a", "Red dress", {{"dress"}}), ad("b", "Dress", {{"dress"}})});
  EXPECT_EQ(change(*engine, R"({"op": "delete", "id": "a"})").applied, 1u);
  EXPECT_THAT(ids(*engine, "dress"), ElementsAre("b"));
  EXPECT_THAT(ids(*engine, "red"), IsEmpty());
  EXPECT_EQ(engine->catalogue_status().ads, 1u);
}

TEST_F(LiveCatalogues, OrderAPageByTheBidsOfTheMoment) {
  const auto engine = open({ad("a", "A", {{"dress"}}, 3), ad("b", "B", {{"dress"}}, 2),
                            ad("c", "C", {{"dress"}, {"long dress", BidMatch::kBroad, 2.5}}, 1)});
  change(*engine, R"({"op": "set", "id": "c", "bid": 9})");
  EXPECT_THAT(ids(*engine, "dress"), ElementsAre("c", "a", "b"));
  EXPECT_EQ(search(*engine, "dress").ads[0].bid, 9);
  change(*engine, R"({"op": "set", "id": "c", "bid": 0.5})");
  EXPECT_THAT(ids(*engine, "dress"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(ids(*engine, "long dress"), ElementsAre("a", "c", "b")) << "a term's own bid stays";
}

TEST_F(LiveCatalogues, TakeAMerchantsOptOutAtOnce) {
  CatalogueAd out = ad("a", "Dress", {{"dress"}});
  out.opt_out = true;
  const auto engine = open({out});
  change(*engine, R"({"op": "set", "id": "a", "opt_out": false})");
  const auto snapshot = engine->parts().catalogue->snapshot();
  EXPECT_FALSE(snapshot->segment({0, 0}).opt_out(0));
  EXPECT_THAT(ids(*engine, "dress"), ElementsAre("a"));
}

TEST_F(LiveCatalogues, TakeABudgetAtOnce) {
  for (const bool counts : {false, true}) {
    if (counts) options_.auction.budgets = temporary_path("budgets");
    const auto engine = open({ad("a", "Dress", {{"dress"}})});
    change(*engine, R"({"op": "set", "id": "a", "daily_budget": 0})");
    EXPECT_THAT(ids(*engine, "dress"), IsEmpty());
    change(*engine, R"({"op": "set", "id": "a", "daily_budget": null})");
    EXPECT_THAT(ids(*engine, "dress"), ElementsAre("a"));
  }
}

TEST_F(LiveCatalogues, CountWhatIsSpentOnANewAd) {
  options_.auction.budgets = temporary_path("budgets");
  const auto engine = open({ad("a", "Dress", {{"dress"}})});
  change(*engine, R"({"id": "b", "title": "B", "bid_terms": ["dress"], "daily_budget": 1})");
  EXPECT_TRUE(engine->spend("b", 1));
  EXPECT_THAT(ids(*engine, "dress"), ElementsAre("a"));
}

TEST_F(LiveCatalogues, MayBecomeEmptyAndFullAgain) {
  const auto engine = open({ad("a", "Dress", {{"dress"}})});
  change(*engine, R"({"op": "delete", "id": "a"})");
  ASSERT_TRUE(rebuild_index(options_.index).ok());
  ASSERT_TRUE(engine->refresh_catalogue().ok());
  EXPECT_THAT(ids(*engine, "dress"), IsEmpty());
  const auto again = open_again();
  ASSERT_TRUE(again);
  change(*again, R"({"id": "b", "title": "Dress", "bid_terms": ["dress"]})");
  EXPECT_THAT(ids(*again, "dress"), ElementsAre("b"));
  ASSERT_TRUE(engine->refresh_catalogue().ok());
  EXPECT_THAT(ids(*engine, "dress"), ElementsAre("b"));
}

TEST_F(LiveCatalogues, HaveTheBestBidsBesideManyThatWereLoweredOrRaised) {
  std::vector<CatalogueAd> ads;
  for (size_t i = 0; i < 500; ++i) {
    ads.push_back(ad("ad" + std::to_string(i), "t", {{i < 400 ? "hat" : "dress"}}, 1));
  }
  options_.limit = 5;
  const auto engine = open(ads);
  std::string lines;
  for (size_t i = 0; i < 400; ++i) {
    lines += R"({"op": "set", "id": "ad)" + std::to_string(i) + R"(", "bid": 9})" + "\n";
  }
  lines += R"({"op": "set", "id": "ad499", "bid": 2})";
  change(*engine, lines);
  EXPECT_EQ(ids(*engine, "dress").at(0), "ad499");
  lines.clear();
  for (size_t i = 0; i < 400; ++i) {
    lines += R"({"op": "set", "id": "ad)" + std::to_string(i) + R"(", "bid": 0.1})" + "\n";
  }
  change(*engine, lines);
  EXPECT_EQ(engine->catalogue_status().raised, 1u);
  EXPECT_EQ(engine->catalogue_status().lowered, 400u);
}

TEST_F(LiveCatalogues, SayWhatTheyCannotUse) {
  const auto engine = open({ad("a", "Dress", {{"dress"}})});
  const ChangeSummary summary = change(*engine,
                                       "{\"op\": \"set\", \"id\": \"nobody\", \"bid\": 1}\n"
                                       "{\"op\": \"set\", \"id\": \"a\", \"bid\": \"much\"}\n"
                                       "\n"
                                       "{\"op\": \"raise\", \"id\": \"a\"}\n"
                                       "{\"op\": \"set\", \"id\": \"a\", \"title\": \"x\"}\n"
                                       "nonsense\n"
                                       "{\"op\": \"set\", \"id\": \"a\", \"bid\": 5}");
  EXPECT_EQ(summary.applied, 1u);
  EXPECT_EQ(summary.unknown, 1u);
  const std::string report = summary.refused.report("changes");
  EXPECT_THAT(report, HasSubstr("changes:2: bid: expected a number from 0 to 1e12"));
  EXPECT_THAT(report, HasSubstr("changes:4: op: expected upsert, delete or set, found raise"));
  EXPECT_THAT(report, HasSubstr("changes:5: title: \"set\" changes bid"));
  EXPECT_THAT(report, HasSubstr("changes:6: not JSON"));
  EXPECT_EQ(search(*engine, "dress").ads[0].bid, 5);
}

TEST_F(LiveCatalogues, EndALineOfChangesAsFilesDo) {
  const auto engine = open({ad("a", "Dress", {{"dress"}}), ad("b", "Dress", {{"dress"}})});
  const ChangeSummary summary = change(*engine,
                                       "{\"op\": \"delete\", \"id\": \"a\"}\r"
                                       "{\"op\": \"set\", \"id\": \"b\", \"bid\": 5}\r\n"
                                       "nonsense\r");
  EXPECT_EQ(summary.applied, 2u);
  EXPECT_EQ(summary.refused.report("changes"), "changes:3: not JSON at byte 2\n");
  EXPECT_THAT(ids(*engine, "dress"), ElementsAre("b"));
}

TEST_F(LiveCatalogues, TakeChangesOfAnotherProcess) {
  const auto engine = open({ad("a", "Dress", {{"dress"}})});
  const auto other = open_again();
  change(*other, R"({"id": "b", "title": "B", "bid_terms": ["dress"], "bid": 2})");
  ASSERT_TRUE(engine->refresh_catalogue().ok());
  EXPECT_THAT(ids(*engine, "dress"), ElementsAre("b", "a"));
  change(*engine, R"({"op": "delete", "id": "a"})");
  change(*other, R"({"op": "set", "id": "b", "bid": 3})");
  EXPECT_THAT(ids(*other, "dress"), ElementsAre("b"));
}

TEST_F(LiveCatalogues, OpenAnIndexThatTakesTheirPlace) {
  const auto engine = open({ad("a", "Dress", {{"dress"}})});
  EngineSession session(*engine);
  ASSERT_TRUE(session.search("dress", {}).ok());
  ASSERT_TRUE(write_index({ad("z", "Kleid", {{"kleider"}})}, options_.index, {{"de"}}).ok());
  // Nobody has looked yet: the old index serves, and changes are kept for the new one.
  change(*engine, R"({"id": "y", "title": "Y", "bid_terms": ["dress", "kleid"], "bid": 2})");
  EXPECT_THAT(ids(*engine, "dress"), ElementsAre("y", "a"));
  ASSERT_TRUE(engine->refresh_catalogue().ok());
  const auto page = session.search("kleid", {});
  ASSERT_TRUE(page.ok());
  ASSERT_EQ(page->ads.size(), 2u);
  EXPECT_EQ(page->ads[0].id, "y");
  EXPECT_EQ(page->ads[1].id, "z");
}

TEST_F(LiveCatalogues, KeepServingWhereANewIndexIsDamaged) {
  const auto engine = open({ad("a", "Dress", {{"dress"}})});
  ASSERT_TRUE(write_index({ad("z", "Dress", {{"dress"}})}, options_.index).ok());
  fs::resize_file(options_.index + "/bids.book", 40);
  EXPECT_THAT(engine->refresh_catalogue().message(), HasSubstr("bids.book"));
  EXPECT_THAT(ids(*engine, "dress"), ElementsAre("a"));
}

TEST_F(LiveCatalogues, BuildTheIndexAnewWhenMuchHasChanged) {
  std::vector<CatalogueAd> ads;
  for (size_t i = 0; i < 2000; ++i) ads.push_back(ad("ad" + std::to_string(i), "t", {{"dress"}}));
  options_.follow = options_.rebuild = true;
  const auto engine = open(ads);
  std::string lines;
  for (size_t i = 0; i < 1100; ++i) {
    lines += R"({"op": "set", "id": "ad)" + std::to_string(i) + R"(", "bid": 7})" + "\n";
  }
  change(*engine, lines);
  EXPECT_EQ(engine->catalogue_status().raised, 1100u);
  for (int i = 0; i < 600 && engine->catalogue_status().indexes < 2; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  const LiveCatalogueStatus status = engine->catalogue_status();
  EXPECT_EQ(status.indexes, 2u);
  EXPECT_EQ(status.raised, 0u);
  EXPECT_EQ(status.ads, 2000u);
  EXPECT_EQ(search(*engine, "dress").ads[0].bid, 7);
}

// A catalogue that builds its index anew again and again, and keeps what it reports of failures.
class FailingRebuilds : public LiveCatalogues {
 protected:
  FailingRebuilds() {
    live_.index = options_.index;
    live_.follow = live_.rebuild = true;
    live_.between_rebuilds = std::chrono::milliseconds(1);
    live_.report = [this](const Status& status, const std::string&) {
      if (!status.ok()) said_.add(status.message());
    };
  }

  static std::vector<CatalogueAd> thousand_ads() {
    std::vector<CatalogueAd> ads;
    for (size_t i = 0; i < 1000; ++i) ads.push_back(ad("ad" + std::to_string(i), "t", {{"dress"}}));
    return ads;
  }
  static std::string change_of_all() {
    std::string lines;
    for (size_t i = 0; i < 1000; ++i) {
      lines += R"({"op": "set", "id": "ad)" + std::to_string(i) + R"(", "bid": 7})" + "\n";
    }
    return lines;
  }
  std::vector<std::string> reports() const { return said_.all(); }
  // Until the first report, and through several further tries.
  void wait_for_reports() {
    EXPECT_TRUE(said_.come_to(1));
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
  }

  LiveCatalogueOptions live_;

 private:
  Sentences said_;
};

TEST_F(FailingRebuilds, AreSaidOnceAndKeepTheFilesOfOthers) {
  ASSERT_TRUE(write_index(thousand_ads(), options_.index).ok());
  const std::string spent = options_.index + "/spent";
  std::ofstream(spent) << "x";
  Result<std::unique_ptr<LiveCatalogue>> catalogue = LiveCatalogue::open(live_);
  ASSERT_TRUE(catalogue.ok()) << catalogue.status().message();
  ASSERT_TRUE((*catalogue)->change(change_of_all()).ok());
  wait_for_reports();
  EXPECT_THAT(reports(), ElementsAre(HasSubstr(spent + ": is no part of an index")));
  EXPECT_TRUE(fs::exists(spent));
  fs::remove(spent);
  for (int i = 0; i < 600 && (*catalogue)->status().indexes < 2; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  EXPECT_EQ((*catalogue)->status().indexes, 2u);
}

TEST_F(FailingRebuilds, AreSaidOnceWhereTheDiskIsTooFull) {
  change(*open(thousand_ads()), change_of_all());
  const auto before_signal = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before, full;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  full = before;
  full.rlim_cur = 64;  // no file may be larger, as if the disk were full
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &full), 0);
  Result<std::unique_ptr<LiveCatalogue>> catalogue = LiveCatalogue::open(live_);
  if (catalogue.ok()) wait_for_reports();
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, before_signal);
  ASSERT_TRUE(catalogue.ok()) << catalogue.status().message();
  EXPECT_THAT(reports(), ElementsAre(HasSubstr(options_.index + ".building.")));
}

}  // namespace
}  // namespace barker
