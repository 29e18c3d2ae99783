// Which ads take part in the auction of a page, and at which prices: the engine with its index and
// its plugin.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "index/engine/engine.h"
#include "index/engine/engine_session.h"
#include "index/retrieval/index_writer.h"
#include "tests/models/weights/random_model.h"

namespace barker {
namespace {

using ::testing::ElementsAre;
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

enum class Rescored : bool { kNo, kYes };

EngineOptions options_for(const std::vector<CatalogueAd>& ads, Rescored rescored = Rescored::kNo) {
  EngineOptions options;
  options.index = temporary_path("index");
  const Status written = write_index(ads, options.index);
  EXPECT_TRUE(written.ok()) << written.message();
  options.plugin = BARKER_PLUGIN_PATH;
  if (rescored == Rescored::kYes) {
    options.watched.weights = temporary_path("auction.barker");
    EXPECT_TRUE(write_weight_file(random_model(1), options.watched.weights).ok());
  }
  return options;
}

std::unique_ptr<Engine> open(const EngineOptions& options) {
  Result<std::unique_ptr<Engine>> engine = Engine::open(options);
  EXPECT_TRUE(engine.ok()) << engine.status().message();
  return engine.ok() ? std::move(*engine) : nullptr;
}

SearchResult search(const Engine& engine, const std::string& query) {
  Result<SearchResult> page = EngineSession(engine).search(query, {});
  EXPECT_TRUE(page.ok()) << page.status().message();
  return page.ok() ? std::move(*page) : SearchResult();
}

std::vector<std::string> ids(const SearchResult& page) {
  std::vector<std::string> ids;
  for (const AdShown& shown : page.ads) ids.push_back(shown.id);
  return ids;
}

TEST(Auction, HasBidMatchesFirstAndThenTitles) {
  const auto engine = open(options_for({ad("text", "Red dress", {}, 9),
                                        ad("low", "Gown", {{"red dress", BidMatch::kExact}}, .2),
                                        ad("high", "Gown", {{"dress"}}, .5)}));
  const SearchResult page = search(*engine, "red dress");
  EXPECT_THAT(ids(page), ElementsAre("high", "low", "text"));
  EXPECT_EQ(page.ads[0].match, "broad");
  EXPECT_EQ(page.ads[0].term, "dress");
  EXPECT_EQ(page.ads[1].match, "exact");
  EXPECT_EQ(page.ads[2].match, "title");
  EXPECT_EQ(page.ads[2].term, "");
  EXPECT_EQ(page.auction.bid_matches, 2u);
  EXPECT_EQ(page.auction.title_matches, 1u);
}

TEST(Auction, TakesTheHighestBidOfAnAdThatMatches) {
  const auto engine = open(options_for({ad("a", "Gown",
                                           {{"dress", BidMatch::kBroad, .3},
                                            {"red dress", BidMatch::kPhrase, .8},
                                            {"dress red", BidMatch::kPhrase, 5.0}})}));
  const SearchResult page = search(*engine, "red dress");
  ASSERT_THAT(ids(page), ElementsAre("a"));
  EXPECT_EQ(page.ads[0].bid, .8);
  EXPECT_EQ(page.ads[0].term, "red dress");
}

TEST(Auction, HasAnAdThatBidsOnOtherWordsOnlyWhereItsTitleAnswersTheQueryWhole) {
  const auto engine =
      open(options_for({ad("a", "Dry red", {{"red wine"}}),
                        ad("b", "Red dress of silk", {{"gown"}}), ad("c", "Red shoes", {})}));
  const SearchResult page = search(*engine, "red dress");
  EXPECT_THAT(ids(page), ElementsAre("b", "c"));
}

TEST(Auction, LeavesOutNegativeKeywordsAmongTitlesToo) {
  CatalogueAd with_terms = ad("a", "Gown", {{"dress"}}), by_title = ad("b", "Red dress", {});
  with_terms.negative_keywords = by_title.negative_keywords = {{"doll"}};
  const auto engine = open(options_for({with_terms, by_title}));
  EXPECT_THAT(ids(search(*engine, "red dress")), ElementsAre("a", "b"));
  const SearchResult page = search(*engine, "red dress for a doll");
  EXPECT_THAT(ids(page), IsEmpty());
  EXPECT_GE(page.auction.denied, 2u);
}

TEST(Auction, LeavesOutWhatBidsLessThanTheReserve) {
  EngineOptions options = options_for({ad("a", "Gown", {{"dress"}}, .5),
                                       ad("b", "Gown", {{"dress"}}, .1), ad("c", "Dress", {}, .1)});
  options.auction.reserve = .2;
  const SearchResult page = search(*open(options), "dress");
  EXPECT_THAT(ids(page), ElementsAre("a"));
  EXPECT_EQ(page.ads[0].price, .2);
  EXPECT_EQ(page.auction.below_reserve, 2u);  // one by its term, one by its title
}

TEST(Auction, KeepsAnAdOutByTheBidOfItsTermThoughItsTitleMatchesToo) {
  EngineOptions options =
      options_for({ad("a", "Red shoes", {{"red shoes", BidMatch::kExact, .1}}, 1)});
  options.auction.reserve = .5;
  EXPECT_THAT(ids(search(*open(options), "red shoes")), IsEmpty());
}

TEST(Auction, ReadsABoundedNumberOfAdsWhereNearlyAllAreLeftOut) {
  std::vector<CatalogueAd> ads;
  for (int i = 0; i < 3000; ++i) ads.push_back(ad(std::to_string(i), "Red shoes", {}, .1));
  EngineOptions options = options_for(ads);
  options.auction.reserve = .5;
  const SearchResult page = search(*open(options), "red shoes");
  EXPECT_THAT(ids(page), IsEmpty());
  EXPECT_TRUE(page.auction.is_cut);
  EXPECT_LT(page.auction.below_reserve, 3000u);
}

TEST(Auction, FindsTheTitleOfAQueryThatRepeatsItsWords) {
  const auto engine = open(options_for({ad("a", "Red shoes", {{"gown"}})}));
  std::string query;
  for (int i = 0; i < 1000; ++i) query += "red shoes ";
  EXPECT_THAT(ids(search(*engine, query)), ElementsAre("a"));
}

TEST(Auction, PricesAPageThatWasNotRescoredByTheNextBid) {
  EngineOptions options =
      options_for({ad("a", "Gown", {{"dress"}}, .5), ad("b", "Gown", {{"dress"}}, .3),
                   ad("c", "Gown", {{"dress"}}, .25), ad("d", "Dress", {}, 7)});
  options.auction.reserve = .05;
  const SearchResult page = search(*open(options), "dress");
  ASSERT_THAT(ids(page), ElementsAre("a", "b", "c", "d"));
  EXPECT_DOUBLE_EQ(page.ads[0].price, .3);
  EXPECT_DOUBLE_EQ(page.ads[1].price, .25);
  EXPECT_DOUBLE_EQ(page.ads[2].price, .05);
  EXPECT_DOUBLE_EQ(page.ads[3].price, .05);  // its title found it, so that its bid did not count
}

TEST(Auction, LetsNobodyPayLessThanTheBidThatFoundNoPlace) {
  EngineOptions options =
      options_for({ad("a", "Gown", {{"dress"}}, .5), ad("b", "Gown", {{"dress"}}, .3),
                   ad("c", "Gown", {{"dress"}}, .25)});
  options.limit = 2;
  const SearchResult page = search(*open(options), "dress");
  ASSERT_THAT(ids(page), ElementsAre("a", "b"));
  EXPECT_DOUBLE_EQ(page.auction.cut, .25);
  EXPECT_DOUBLE_EQ(page.ads[1].price, .25);
}

// The places of a rescored page if one ad bids something else.
size_t place_of(std::vector<CatalogueAd> ads, const std::string& id, double bid) {
  for (CatalogueAd& changed : ads) {
    if (changed.id == id) changed.bid = bid;
  }
  const SearchResult page = search(*open(options_for(ads, Rescored::kYes)), "word1");
  const std::vector<std::string> order = ids(page);
  return static_cast<size_t>(std::ranges::find(order, id) - order.begin());
}

TEST(Auction, PricesARescoredPageByTheLeastBidThatKeepsThePlace) {
  std::mt19937 random(3);
  std::vector<CatalogueAd> ads;
  for (int i = 0; i < 6; ++i) {
    const std::string word = "word" + std::to_string(random() % 20);
    ads.push_back(ad("ad" + std::to_string(i), word + " word" + std::to_string(i), {{"word1"}},
                     1 + static_cast<double>(random() % 100) / 100));
  }
  const SearchResult page = search(*open(options_for(ads, Rescored::kYes)), "word1");
  ASSERT_EQ(page.status, "rescored");
  ASSERT_EQ(page.ads.size(), ads.size());
  for (size_t place = 0; place + 1 < page.ads.size(); ++place) {
    const AdShown& shown = page.ads[place];
    EXPECT_GT(shown.price, 0);
    EXPECT_LE(shown.price, shown.bid);
    EXPECT_EQ(place_of(ads, shown.id, shown.price * 1.0001), place);
    EXPECT_GT(place_of(ads, shown.id, shown.price * .9999), place);
  }
}

CatalogueAd with_budget(CatalogueAd ad, double budget) {
  ad.daily_budget = budget;
  return ad;
}

TEST(Auction, LeavesOutAnAdUntilMidnightOnceItsBudgetIsSpent) {
  EngineOptions options =
      options_for({with_budget(ad("a", "Gown", {{"dress"}}, 2), 10), ad("b", "Gown", {{"dress"}})});
  options.auction.budgets = temporary_path("budgets");
  {
    const auto engine = open(options);
    EXPECT_THAT(ids(search(*engine, "dress")), ElementsAre("a", "b"));
    EXPECT_TRUE(engine->spend("a", 10));
    EXPECT_TRUE(engine->spend("b", 1e9));  // has no budget to spend
    const SearchResult page = search(*engine, "dress");
    EXPECT_THAT(ids(page), ElementsAre("b"));
    EXPECT_EQ(page.auction.out_of_budget, 1u);
    EXPECT_FALSE(engine->spend("a", -1));
    EXPECT_FALSE(engine->spend("a", NAN));
  }
  EXPECT_THAT(ids(search(*open(options), "dress")), ElementsAre("b"));  // a restart forgets nothing
}

TEST(Auction, LeavesOutABudgetOfZeroEvenWhereSpendingIsNotCounted) {
  const auto engine = open(
      options_for({with_budget(ad("a", "Gown", {{"dress"}}), 0),
                   with_budget(ad("b", "Gown", {{"dress"}}), 1), ad("c", "Gown", {{"dress"}})}));
  EXPECT_THAT(ids(search(*engine, "dress")), UnorderedElementsAre("b", "c"));
  EXPECT_TRUE(engine->spend("b", 5));
}

TEST(Auction, NamesAnUnknownTimeZone) {
  EngineOptions options = options_for({with_budget(ad("a", "Gown", {{"dress"}}), 1)});
  options.auction.budgets = temporary_path("budgets");
  options.auction.time_zone = "Mars/Olympus";
  const auto engine = Engine::open(options);
  ASSERT_FALSE(engine.ok());
  EXPECT_THAT(engine.status().message(), ::testing::HasSubstr("Mars/Olympus"));
}

}  // namespace
}  // namespace barker
