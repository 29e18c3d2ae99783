#include "index/retrieval/bid_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <set>

#include "index/retrieval/bid_tokens.h"
#include "index/retrieval/bids_generated.h"
#include "tests/models/weights/random_model.h"

namespace barker {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

MatchingAnalyzer analyzer(const std::vector<std::string>& languages = {"en"}) {
  Result<MatchingAnalyzer> made = MatchingAnalyzer::create(languages);
  EXPECT_TRUE(made.ok());
  return std::move(*made);
}

CatalogueAd ad_with(std::vector<BidTerm> terms, double bid = 1) {
  CatalogueAd ad;
  ad.bid_terms = std::move(terms);
  ad.bid = bid;
  return ad;
}

// An index of bids in a directory of its own, and what a query finds in it.
class Auction {
 public:
  explicit Auction(const std::vector<CatalogueAd>& ads,
                   const std::vector<std::string>& languages = {"en"})
      : analyzer_(analyzer(languages)) {
    const std::string directory = temporary_path("bids");
    std::filesystem::create_directories(directory + "/bids");
    BidBookWriter book(analyzer_);
    for (const CatalogueAd& ad : ads) book.add(ad);
    const Status written = BidIndex::write(book, directory);
    EXPECT_TRUE(written.ok()) << written.message();
    Result<BidIndex> opened = BidIndex::open(directory);
    EXPECT_TRUE(opened.ok()) << opened.status().message();
    index_ = std::make_unique<BidIndex>(std::move(*opened));
  }

  struct Found {
    uint32_t ad;
    double bid;
    BidMatch match;
    std::string term;
    bool is_ads_bid;

    auto operator<=>(const Found&) const = default;
  };

  // In the order in which they are read.
  std::vector<Found> find(const std::string& query, size_t most = SIZE_MAX) const {
    const QueryWords words = query_words(analyzer_, query);
    const BidBook& book = index_->book();
    std::vector<Found> found;
    const auto visit = [&](uint32_t offer) {
      ++visited_;
      BidBook::Match match{};
      if (!book.find_match(offer, words, match)) return true;
      const uint32_t ad = book.offer(offer).ad();
      if (book.is_denied(ad, words)) return true;
      found.push_back({ad, book.offer(offer).bid(), match.match,
                       std::string(book.term(match.term).text), book.offer(offer).is_ads_bid()});
      return found.size() < most;
    };
    const Status read = index_->read(words, visit, &is_cut_);
    EXPECT_TRUE(read.ok()) << read.message();
    return found;
  }

  std::vector<uint32_t> ads(const std::string& query) const {
    std::vector<uint32_t> ads;
    for (const Found& found : find(query)) ads.push_back(found.ad);
    return ads;
  }

  bool is_cut() const { return is_cut_; }
  size_t visited() const { return visited_; }
  const BidBook& book() const { return index_->book(); }

 private:
  MatchingAnalyzer analyzer_;
  std::unique_ptr<BidIndex> index_;
  mutable bool is_cut_ = false;
  mutable size_t visited_ = 0;
};

TEST(BidIndex, FindsABroadTermWhereAllOfItsWordsOccur) {
  const Auction auction({ad_with({{"red wine"}}), ad_with({{"red dress"}}), ad_with({{"red"}})});
  EXPECT_THAT(auction.ads("red dress"), ElementsAre(1, 2));
  EXPECT_THAT(auction.ads("a dress in red"), ElementsAre(1, 2));
  EXPECT_THAT(auction.ads("dress"), IsEmpty());
}

TEST(BidIndex, FindsAPhraseTermWhereItsWordsStandOneAfterAnother) {
  const Auction auction({ad_with({{"red dress", BidMatch::kPhrase}})});
  EXPECT_THAT(auction.ads("long red dress"), ElementsAre(0));
  EXPECT_THAT(auction.ads("dress red"), IsEmpty());
  EXPECT_THAT(auction.ads("red long dress"), IsEmpty());
}

TEST(BidIndex, FindsAnExactTermWhereItIsTheQuery) {
  const Auction auction({ad_with({{"red dress", BidMatch::kExact}})});
  EXPECT_THAT(auction.ads("Red Dresses!"), ElementsAre(0));
  EXPECT_THAT(auction.ads("long red dress"), IsEmpty());
  EXPECT_THAT(auction.ads("red"), IsEmpty());
}

TEST(BidIndex, SaysTheMostExactTypeThatMatches) {
  const Auction auction({ad_with(
      {{"dress"}, {"red dress", BidMatch::kPhrase}, {"long red dress", BidMatch::kExact}})});
  EXPECT_EQ(auction.find("dress").front().match, BidMatch::kBroad);
  EXPECT_EQ(auction.find("new red dress").front().match, BidMatch::kPhrase);
  EXPECT_EQ(auction.find("long red dress").front().match, BidMatch::kExact);
}

TEST(BidIndex, ReadsTheHighestBidFirstAndStopsWhenItIsTold) {
  std::vector<CatalogueAd> ads;
  for (uint32_t i = 0; i < 1000; ++i) {
    ads.push_back(ad_with({{i % 2 ? "red dress" : "dress"}}, i * 7 % 1000));
  }
  const Auction auction(ads);
  const std::vector<Auction::Found> found = auction.find("red dress", 5);
  ASSERT_EQ(found.size(), 5u);
  for (size_t i = 0; i < 5; ++i) EXPECT_EQ(found[i].bid, static_cast<double>(999 - i));
  EXPECT_EQ(auction.visited(), 5u);
}

TEST(BidIndex, HasAnOfferForEachBidOfAnAd) {
  const Auction auction({ad_with({{"dress", BidMatch::kBroad, .2},
                                  {"red dress", BidMatch::kBroad, .9},
                                  {"gown", BidMatch::kBroad, .2}},
                                 .5)});
  EXPECT_EQ(auction.book().offers(), 2u);
  const auto found = auction.find("red dress");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].bid, .9);
  EXPECT_EQ(found[1].bid, .2);
}

TEST(BidIndex, LeavesOutAnAdWhoseNegativeKeywordMatches) {
  CatalogueAd ad = ad_with({{"wine"}});
  ad.negative_keywords = {{"glass rack"}, {"free", BidMatch::kExact}};
  const Auction auction({ad, ad_with({{"wine"}})});
  EXPECT_THAT(auction.ads("wine"), ElementsAre(0, 1));
  EXPECT_THAT(auction.ads("wine glass"), ElementsAre(0, 1));
  EXPECT_THAT(auction.ads("rack for a wine glass"), ElementsAre(1));
  EXPECT_THAT(auction.ads("free wine"), ElementsAre(0, 1));
}

TEST(BidIndex, NeverMatchesATermWithoutWords) {
  const Auction auction({ad_with({{"!!!"}, {"-", BidMatch::kPhrase}, {"?", BidMatch::kExact}})});
  EXPECT_THAT(auction.ads("shoes"), IsEmpty());
  EXPECT_THAT(auction.ads("!!!"), IsEmpty());
  EXPECT_THAT(auction.ads(""), IsEmpty());
}

TEST(BidIndex, OfNoBidsFindsNothing) {
  EXPECT_THAT(Auction({CatalogueAd()}).ads("shoes"), IsEmpty());
}

TEST(BidIndex, ComparesWordsInOneOfTheLanguages) {
  const Auction auction({ad_with({{"rote Kleider"}}), ad_with({{"dresses"}})}, {"en", "de"});
  EXPECT_THAT(auction.ads("rotes kleid"), ElementsAre(0));
  EXPECT_THAT(auction.ads("dress"), ElementsAre(1));
}

TEST(BidIndex, SaysThatAQueryHasMoreWordsThanAreCompared) {
  const Auction auction({ad_with({{"shoes"}})});
  std::string query;
  for (size_t i = 0; i < kMostQueryWords; ++i) query += "w" + std::to_string(i) + " ";
  EXPECT_THAT(auction.ads(query + "shoes"), ElementsAre(0));
  EXPECT_TRUE(auction.is_cut());
  EXPECT_THAT(auction.ads("running shoes"), ElementsAre(0));
  EXPECT_FALSE(auction.is_cut());
}

// Ad, bid, and whether that is the ad's.
using OfferKey = std::tuple<uint32_t, double, bool>;

// What the definition says, without an index.
class BruteForce {
 public:
  BruteForce(const std::vector<CatalogueAd>& ads, const std::vector<std::string>& languages)
      : ads_(ads), analyzer_(analyzer(languages)) {}

  std::set<OfferKey> offers(const std::string& query) const {
    std::set<OfferKey> found;
    const auto words = analyzer_.words(query);
    for (uint32_t i = 0; i < ads_.size(); ++i) {
      const auto match = [&](const BidTerm& term) { return matches_one(term, words); };
      if (std::ranges::any_of(ads_[i].negative_keywords, match)) continue;
      for (const BidTerm& term : ads_[i].bid_terms) {
        if (match(term)) found.insert({i, term.bid.value_or(ads_[i].bid), !term.bid});
      }
    }
    return found;
  }

 private:
  bool matches_one(const BidTerm& term, const std::vector<std::vector<std::string>>& query) const {
    const auto words = analyzer_.words(term.text);
    for (size_t l = 0; l < words.size(); ++l) {
      const std::vector<std::string>&t = words[l], &q = query[l];
      if (t.empty()) continue;
      const bool is_exact = t == q;
      const bool is_phrase = std::search(q.begin(), q.end(), t.begin(), t.end()) != q.end();
      const bool is_broad = std::ranges::all_of(
          t, [&](const std::string& word) { return std::ranges::count(q, word) > 0; });
      if (term.match == BidMatch::kExact    ? is_exact
          : term.match == BidMatch::kPhrase ? is_phrase
                                            : is_broad) {
        return true;
      }
    }
    return false;
  }

  const std::vector<CatalogueAd>& ads_;
  MatchingAnalyzer analyzer_;
};

TEST(BidToken, IsReadAsItIsWritten) {
  for (const BidToken token : {BidToken{1}, BidToken{0xabcdef}, ~BidToken{0}}) {
    EXPECT_EQ(token_text(token).size(), 16u);
    EXPECT_EQ(parse_token(token_text(token)), token);
  }
  EXPECT_EQ(parse_token(""), 0u);
  EXPECT_EQ(parse_token("words"), 0u);
}

TEST(BidToken, DiffersByTypeLanguageAndWords) {
  const std::vector<Fingerprint> one = {1}, two = {1, 2}, turned = {2, 1};
  const std::set<BidToken> tokens = {
      term_token(BidMatch::kBroad, 0, one), term_token(BidMatch::kPhrase, 0, one),
      term_token(BidMatch::kExact, 0, one), term_token(BidMatch::kExact, 1, one),
      term_token(BidMatch::kExact, 0, two), term_token(BidMatch::kExact, 0, turned)};
  EXPECT_EQ(tokens.size(), 6u);
}

class RandomAuctions : public ::testing::TestWithParam<std::vector<std::string>> {};

TEST_P(RandomAuctions, FindAllThatMatchAndNothingElse) {
  const std::vector<std::string>& vocabulary = GetParam();
  std::mt19937 random(7);
  const auto below = [&](size_t n) { return random() % n; };
  const auto words = [&](size_t most) {
    std::string text;
    for (size_t n = 1 + below(most); n > 0; --n) text += vocabulary[below(vocabulary.size())] + " ";
    return text;
  };
  size_t found = 0;
  for (int round = 0; round < 20; ++round) {
    std::vector<CatalogueAd> ads(60);
    for (CatalogueAd& ad : ads) {
      ad.bid = static_cast<double>(below(5));
      for (size_t n = below(5); n > 0; --n) {
        BidTerm term = {words(7), static_cast<BidMatch>(below(3))};
        if (below(2)) term.bid = static_cast<double>(below(4)) / 2;
        ad.bid_terms.push_back(term);
      }
      if (below(4) == 0) ad.negative_keywords = {{words(2), static_cast<BidMatch>(below(3))}};
    }
    const std::vector<std::string> languages =
        round % 2 ? std::vector<std::string>{"en", "de"} : std::vector<std::string>{"en"};
    const Auction auction(ads, languages);
    const BruteForce truth(ads, languages);
    for (int i = 0; i < 50; ++i) {
      const std::string query = words(i % 10 == 0 ? 16 : 6);
      std::set<OfferKey> offers;
      double last = HUGE_VAL;
      for (const Auction::Found& offer : auction.find(query)) {
        EXPECT_TRUE(offers.insert({offer.ad, offer.bid, offer.is_ads_bid}).second) << "twice";
        EXPECT_LE(offer.bid, last);
        last = offer.bid;
      }
      EXPECT_EQ(offers, truth.offers(query)) << query;
      EXPECT_FALSE(auction.is_cut());
      found += offers.size();
    }
  }
  EXPECT_GT(found, 1000u);
}

INSTANTIATE_TEST_SUITE_P(
    Scripts, RandomAuctions,
    ::testing::Values(std::vector<std::string>{"red", "shoes", "shoe", "wi-fi", "wifi", "women's",
                                               "running", "4k", "jacket", "blue"},
                      std::vector<std::string>{"面膜", "补水", "女装", "连衣裙", "防晒", "手机",
                                               "雨伞", "雨傘"},
                      std::vector<std::string>{"فستان", "أحمر", "الحذاء", "حذاء", "платье",
                                               "красное", "ёлка", "елка", "dress"}));

TEST(BidBook, RefusesDamage) {
  CatalogueAd ad = ad_with({{"red dress"}, {"gown", BidMatch::kExact, .3}});
  ad.negative_keywords = {{"kids"}};
  const std::string path = temporary_path("bids.book");
  const MatchingAnalyzer analyzer = barker::analyzer();
  BidBookWriter writer(analyzer);
  writer.add(ad);
  writer.add(ad);
  ASSERT_TRUE(writer.write(path).ok());
  std::ifstream in(path, std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(in), {}};
  const auto open = [&](const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
    return BidBook::open(path);
  };
  QueryWords query = {{fingerprint("red"), fingerprint("dress")}};
  ASSERT_TRUE(open(whole).ok());
  for (size_t size = 0; size < whole.size(); size += 4) {
    EXPECT_FALSE(open(whole.substr(0, size)).ok()) << size;
  }
  // What is accepted after a damage is safe to read.
  size_t accepted = 0;
  for (size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x55);
    const Result<BidBook> book = open(damaged);
    if (!book.ok()) continue;
    ++accepted;
    for (size_t offer = 0; offer < book->offers(); ++offer) {
      BidBook::Match match{};
      if (query.size() == book->languages()) book->find_match(offer, query, match);
      EXPECT_LT(book->offer(offer).ad(), book->ads());
    }
    for (size_t a = 0; a < book->ads(); ++a) book->is_denied(a, query);
  }
  EXPECT_GT(accepted, 0u);
}

}  // namespace
}  // namespace barker
