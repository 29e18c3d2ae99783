// The catalogue of a running engine: what changes while queries go on.

#include "index/live/live_catalogue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "index/catalogue/ad_store_generated.h"
#include "index/engine/engine.h"
#include "index/engine/engine_parts.h"
#include "index/engine/engine_session.h"
#include "index/live/rebuild.h"
#include "index/retrieval/index_writer.h"
#include "tests/models/base/temporary_path.h"

namespace barker {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

CatalogueAd ad(const std::string& id, const std::string& title, std::vector<BidTerm> terms,
               double bid = 1) {
  CatalogueAd ad;
  ad.id = id;
  ad.title = title;
  ad.bid_terms = std::move(terms);
  ad.bid = bid;
  return ad;
}

class LiveCatalogues : public testing::Test {
 protected:
  ~LiveCatalogues() override {
    fs::remove_all(options_.index);
    fs::remove(options_.auction.budgets);
    fs::remove(options_.auction.budgets + ".lock");
  }

  std::unique_ptr<Engine> open(const std::vector<CatalogueAd>& ads) {
    const Status written = write_index(ads, options_.index);
    EXPECT_TRUE(written.ok()) << written.message();
    return open_again();
  }
  std::unique_ptr<Engine> open_again() const {
    Result<std::unique_ptr<Engine>> engine = Engine::open(options_);
    EXPECT_TRUE(engine.ok()) << engine.status().message();
    return engine.ok() ? std::move(*engine) : nullptr;
  }

  static ChangeSummary change(const Engine& engine, const std::string& lines) {
    Result<ChangeSummary> summary = engine.change(lines);
    EXPECT_TRUE(summary.ok()) << summary.status().message();
    return summary.ok() ? std::move(*summary) : ChangeSummary();
  }

  static SearchResult search(const Engine& engine, const std::string& query) {
    Result<SearchResult> page = EngineSession(engine).search(query, {});
    EXPECT_TRUE(page.ok()) << page.status().message();
    return page.ok() ? std::move(*page) : SearchResult();
  }
  static std::vector<std::string> ids(const Engine& engine, const std::string& query) {
    std::vector<std::string> ids;
    for (const AdShown& ad : search(engine, query).ads) ids.push_back(ad.id);
    return ids;
  }

  EngineOptions options_ = [] {
    EngineOptions options;
    options.index = temporary_path("live");
    options.plugin = BARKER_PLUGIN_PATH;
    return options;
  }();
};

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

// A catalogue, and the same as a list that changes are applied to.
struct RandomCatalogue {
  explicit RandomCatalogue(unsigned seed) : random(seed) {}

  size_t below(size_t end) { return std::uniform_int_distribution<size_t>(0, end - 1)(random); }
  double bid() { return std::uniform_real_distribution<double>(.01, 10)(random); }
  std::string word() { return "w" + std::to_string(below(30)); }
  std::string words() {
    std::string text = word();
    for (size_t i = below(3); i > 0; --i) text += " " + word();
    return text;
  }
  CatalogueAd new_ad(size_t number) {
    CatalogueAd ad;
    ad.id = "ad" + std::to_string(number);
    ad.title = words() + " " + words();
    ad.bid = bid();
    for (size_t i = below(4); i > 0; --i) {
      ad.bid_terms.push_back({words(), static_cast<BidMatch>(below(3))});
      if (below(3) == 0) ad.bid_terms.back().bid = bid();
    }
    if (below(6) == 0) ad.negative_keywords = {{word()}};
    if (below(10) == 0) ad.daily_budget = 0;
    return ad;
  }
  CatalogueChange new_change(size_t ads) {
    CatalogueChange change;
    change.ad = new_ad(below(ads + ads / 10 + 1));
    change.id = change.ad.id;
    if (below(8) == 0) return change;
    change.ad = {};
    change.kind = CatalogueChange::Kind::kDelete;
    if (below(20) == 0) return change;
    change.kind = CatalogueChange::Kind::kSet;
    change.bid = bid();
    if (below(10) == 0) change.daily_budget = below(2) ? std::optional<double>(0) : std::nullopt;
    if (below(10) == 0) change.opt_out = below(2) == 0;
    return change;
  }

  std::mt19937 random;
};

std::string lines_of(const std::vector<CatalogueChange>& changes) {
  std::string lines;
  for (const CatalogueChange& change : changes) lines += change_line(change) + "\n";
  return lines;
}

// Bids differ, so that the order of bid matches is certain. Of title matches, whose order is of words'
// worth in segments that still hold gone ads, the set of those on pages that have room is compared.
void expect_same_answers(const Engine& live, const Engine& anew, RandomCatalogue& random) {
  EngineSession a(live), b(anew);
  for (int i = 0; i < 60; ++i) {
    const std::string query = random.words();
    const auto found = a.search(query, {}), expected = b.search(query, {});
    ASSERT_TRUE(found.ok() && expected.ok());
    ASSERT_EQ(found->auction.bid_matches, expected->auction.bid_matches) << query;
    EXPECT_EQ(found->auction.title_matches, expected->auction.title_matches) << query;
    EXPECT_DOUBLE_EQ(found->auction.cut, expected->auction.cut) << query;
    const auto key = [](const AdShown& ad) {
      return ad.id + " " + std::to_string(ad.bid) + " " + ad.match + " " + ad.term + " " +
             std::to_string(ad.price);
    };
    for (size_t k = 0; k < found->auction.bid_matches; ++k) {
      EXPECT_EQ(key(found->ads[k]), key(expected->ads[k])) << query << " " << k;
    }
  }
}

TEST_F(LiveCatalogues, AnswerAsAnIndexThatIsBuiltAnewAfterRandomChanges) {
  RandomCatalogue random(11);
  std::vector<CatalogueAd> ads;
  for (size_t i = 0; i < 2000; ++i) ads.push_back(random.new_ad(i));
  options_.limit = 20;
  const auto engine = open(ads);
  EngineOptions anew = options_;
  anew.index = temporary_path("anew");
  for (int round = 0; round < 6; ++round) {
    for (size_t batches = 0; batches < 20; ++batches) {
      std::vector<CatalogueChange> changes;
      for (size_t i = 1 + random.below(40); i > 0; --i)
        changes.push_back(random.new_change(ads.size()));
      apply_changes(changes, ads);
      change(*engine, lines_of(changes));
    }
    ASSERT_TRUE(write_index(ads, anew.index).ok());
    const auto expected = Engine::open(anew);
    ASSERT_TRUE(expected.ok()) << expected.status().message();
    expect_same_answers(*engine, **expected, random);
    EXPECT_EQ(engine->catalogue_status().ads, ads.size());
    expect_same_answers(*open_again(), **expected, random);
    if (round == 3) {
      ASSERT_TRUE(rebuild_index(options_.index).ok());
      ASSERT_TRUE(engine->refresh_catalogue().ok());
      EXPECT_EQ(engine->catalogue_status().segments, 1u);
      expect_same_answers(*engine, **expected, random);
    }
  }
  fs::remove_all(anew.index);
}

TEST_F(LiveCatalogues, HaveTheTopAdsByTheirBidsAfterTenThousandChangesOfBids) {
  RandomCatalogue random(12);
  std::vector<CatalogueAd> ads;
  for (size_t i = 0; i < 3000; ++i) {
    ads.push_back(ad("ad" + std::to_string(i), "t", {{"dress"}}, random.bid()));
  }
  const auto engine = open(ads);
  std::map<std::string, double> bids;
  for (const CatalogueAd& ad : ads) bids[ad.id] = ad.bid;
  for (int batch = 0; batch < 100; ++batch) {
    std::string lines;
    for (int i = 0; i < 100; ++i) {
      auto& [id, bid] = *std::next(bids.begin(), static_cast<long>(random.below(bids.size())));
      // Most changes are small, as they are in an auction.
      bid = random.below(4) == 0 ? random.bid() : bid * (.9 + .3 * random.bid() / 10);
      lines += change_line({.kind = CatalogueChange::Kind::kSet, .id = id, .bid = bid}) + "\n";
    }
    change(*engine, lines);
    std::vector<double> expected;
    for (const auto& [id, bid] : bids) expected.push_back(bid);
    std::ranges::sort(expected, std::greater());
    expected.resize(50);
    std::vector<double> found;
    for (const AdShown& ad : search(*engine, "dress").ads) found.push_back(ad.bid);
    ASSERT_EQ(found, expected) << "batch " << batch;
  }
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

// Every page holds each ad once, and of an ad one of the forms that it had.
TEST_F(LiveCatalogues, AnswerTwoReadersWhileOneWriterChangesAll) {
  std::vector<CatalogueAd> ads;
  for (size_t i = 0; i < 300; ++i)
    ads.push_back(ad("ad" + std::to_string(i), "red dress", {{"dress"}}));
  const auto engine = open(ads);
  std::atomic<bool> stops = false;
  std::atomic<size_t> answered = 0;
  std::vector<std::jthread> readers;
  for (int reader = 0; reader < 2; ++reader) {
    readers.emplace_back([&] {
      EngineSession session(*engine);
      while (!stops) {
        for (const char* query : {"dress", "red", "scarf"}) {
          const auto page = session.search(query, {});
          ASSERT_TRUE(page.ok()) << page.status().message();
          std::set<std::string> ids;
          for (const AdShown& ad : page->ads) EXPECT_TRUE(ids.insert(ad.id).second) << ad.id;
          const bool is_full = query != std::string("dress") || page->ads.size() == 50;
          EXPECT_TRUE(is_full) << page->ads.size();
          ++answered;
        }
      }
    });
  }
  RandomCatalogue random(13);
  for (int i = 0; i < 60; ++i) {
    const std::string id = "ad" + std::to_string(random.below(300));
    const char* title = i % 2 ? "red dress" : "blue scarf";
    change(*engine, "{\"op\": \"set\", \"id\": \"" + id +
                        "\", \"bid\": " + std::to_string(random.bid()) + "}");
    change(*engine,
           "{\"id\": \"" + id + "\", \"title\": \"" + title + "\", \"bid_terms\": [\"dress\"]}");
    if (i == 30) {
      ASSERT_TRUE(rebuild_index(options_.index).ok());
      ASSERT_TRUE(engine->refresh_catalogue().ok());
    }
  }
  while (answered < 20) std::this_thread::yield();
  stops = true;
}

// The child changes one ad's bid again and again, adds ads, and builds the index anew in between. Each
// byte in the pipe is a change that was acknowledged.
TEST_F(LiveCatalogues, KeepWhatWasAcknowledgedByAProcessThatIsKilled) {
  const char* given = std::getenv("BARKER_KILLS");
  const int kills = given ? std::atoi(given) : 5;
  RandomCatalogue random(14);
  for (int round = 0; round < kills; ++round) {
    ASSERT_TRUE(write_index({ad("a", "Dress", {{"dress"}}, 1)}, options_.index).ok());
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
      const auto engine = open_again();
      for (int i = 1;; ++i) {
        const std::string n = std::to_string(i);
        const std::string lines = "{\"op\": \"set\", \"id\": \"a\", \"bid\": " + n + "}\n" +
                                  "{\"id\": \"b" + n +
                                  "\", \"title\": \"B\", \"bid_terms\": [\"hat\"]}";
        if (!engine->change(lines).ok() || write(ends[1], "x", 1) != 1) _exit(1);
        if (i % 10 == 0 &&
            !(rebuild_index(options_.index).ok() && engine->refresh_catalogue().ok())) {
          _exit(2);
        }
      }
    }
    close(ends[1]);
    size_t acknowledged = 0;
    const size_t enough = 1 + random.below(40);
    char byte = 0;
    while (acknowledged < enough && read(ends[0], &byte, 1) == 1) ++acknowledged;
    std::this_thread::sleep_for(std::chrono::milliseconds(random.below(20)));
    ASSERT_EQ(kill(child, SIGKILL), 0);
    while (read(ends[0], &byte, 1) == 1) ++acknowledged;
    close(ends[0]);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << WEXITSTATUS(status);
    const auto engine = open_again();
    ASSERT_TRUE(engine);
    const auto bid = static_cast<size_t>(search(*engine, "dress").ads.at(0).bid);
    EXPECT_GE(bid, acknowledged);
    EXPECT_LE(bid, acknowledged + 1);
    EXPECT_GE(engine->catalogue_status().ads, acknowledged + 1);
    EXPECT_LE(engine->catalogue_status().ads, acknowledged + 2);
  }
}

}  // namespace
}  // namespace barker
