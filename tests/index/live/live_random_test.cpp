// The catalogue of a running engine under random changes, threads and kills, compared with an index
// that is built anew.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "index/live/live_catalogue.h"
#include "index/live/rebuild.h"
#include "tests/index/live/live_fixture.h"
#include "tests/repetitions.h"

namespace barker {
namespace {

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

// Bids differ, so that the order of bid matches is certain. Of title matches, whose order is of
// words' worth in segments that still hold gone ads, the set of those on pages that have room is
// compared.
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
  for (int round = 0; round < (kIsSanitized ? 4 : 6); ++round) {
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

// The child changes one ad's bid again and again, adds ads, and builds the index anew in between.
// Each byte in the pipe is a change that was acknowledged.
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
