// What a request may be: ads that cannot be taken, sizes that are too large, structs of older
// hosts, and how much text an answer needs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <functional>
#include <limits>
#include <random>
#include <thread>

#include "tests/plugin/plugin_fixture.h"

namespace barker {
namespace {

using ::testing::HasSubstr;

class Limits : public Plugin {
 protected:
  barker_stats stats() const {
    barker_stats stats{};
    stats.struct_size = sizeof stats;
    EXPECT_EQ(api().stats(plugin_, &stats), BARKER_OK);
    return stats;
  }
  // What does not depend on an ad's index or on where its title lies.
  std::string shape_of(size_t rank) const {
    barker_result_ad ad = results_[rank];
    ad.ad = ad.title_offset = 0;
    return std::string(reinterpret_cast<const char*>(&ad), sizeof ad) + title(rank);
  }

  // Each makes an ad one that cannot be taken.
  std::vector<std::function<void(barker_ad&)>> spoils() {
    return {[](barker_ad& ad) { ad.bid = NAN; },
            [](barker_ad& ad) { ad.bid = -1; },
            [](barker_ad& ad) { ad.bid = 2e12; },
            [](barker_ad& ad) { ad.first_pass_score = -0.5; },
            [](barker_ad& ad) { ad.first_pass_score = std::numeric_limits<double>::infinity(); },
            [this](barker_ad& ad) { ad.title = view(too_long_); },
            [](barker_ad& ad) {
              ad.title = {nullptr, 7};
            },
            [](barker_ad& ad) { ad.title.size = ~uint64_t{0}; },
            [](barker_ad& ad) {
              ad.id = {nullptr, 7};
            },
            [](barker_ad& ad) {
              ad.merchant = {nullptr, 7};
            },
            [this](barker_ad& ad) { ad.category = view(too_long_); },
            [this](barker_ad& ad) {
              ad.title_keywords = keywords_of_too_long_title_.data();
              ad.title_keyword_count = keywords_of_too_long_title_.size();
            },
            [this](barker_ad& ad) {
              own_points_.assign(BARKER_MAX_AD_SELLING_POINTS + 1, points_[0]);
              ad.selling_points = own_points_.data();
              ad.selling_point_count = own_points_.size();
            },
            [](barker_ad& ad) { ad.selling_points = nullptr; },
            [](barker_ad& ad) { ad.selling_point_stride = 3; },
            [this](barker_ad& ad) {
              own_points_ = points_;
              own_points_[1].text = {nullptr, 9};
              ad.selling_points = own_points_.data();
            },
            [this](barker_ad& ad) {
              own_points_ = points_;
              own_points_[2].struct_size = 1;
              ad.selling_points = own_points_.data();
            }};
  }

  const std::string too_long_ = std::string(BARKER_MAX_TEXT_SIZE + 1, 'a');
  const std::vector<uint64_t> keywords_of_too_long_title_ =
      std::vector<uint64_t>(BARKER_MAX_TITLE_KEYWORDS + 1);
  std::vector<barker_selling_point> own_points_;  // of the spoilt ad
};

TEST_F(Limits, OfOneAdLeaveItWhereItWasAndOrderTheOthersAsWithoutIt) {
  load(weights(1));
  constexpr size_t kAds = 12, kBad = 4;
  text_.resize(1 << 18);
  fill(kAds);
  ads_.erase(ads_.begin() + kBad);
  request_.ad_count = kAds - 1;
  ASSERT_EQ(rescore(), BARKER_OK) << error_;
  std::vector<std::string> expected;
  for (size_t rank = 0; rank + 1 < kAds; ++rank) expected.push_back(shape_of(rank));

  const auto spoilt = spoils();
  for (size_t i = 0; i < spoilt.size(); ++i) {
    const uint64_t before = stats().bad_ads;
    fill(kAds);
    spoilt[i](ads_[kBad]);
    ASSERT_EQ(rescore(), BARKER_OK) << i << ": " << error_;
    EXPECT_EQ(response_.status, BARKER_STATUS_RESCORED) << i;
    EXPECT_EQ(response_.bad_ads, 1u) << i;
    EXPECT_EQ(stats().bad_ads, before + 1) << i;
    const barker_result_ad& bad = results_[kBad];
    EXPECT_EQ(bad.ad, kBad) << i;
    EXPECT_EQ(bad.flags, BARKER_RESULT_BAD_AD) << i;
    EXPECT_EQ(bad.rescored, 0u) << i;
    EXPECT_EQ(bad.chosen_count, 0u) << i;
    const barker_string& own = ads_[kBad].title;
    const bool can_be_read = own.data && own.size <= BARKER_MAX_REQUEST_TEXT;
    EXPECT_EQ(title(kBad), can_be_read ? std::string(own.data, own.size) : "") << i;
    std::vector<std::string> others;
    for (size_t rank = 0; rank < kAds; ++rank) {
      if (rank == kBad) continue;
      EXPECT_EQ(results_[rank].flags, 0u);
      others.push_back(shape_of(rank));
    }
    EXPECT_EQ(others, expected) << i;
  }
}

TEST_F(Limits, OfAdsHoldOutsideOfTheWindowAndInABypassToo) {
  fill(6);
  ads_[1].bid = ads_[4].bid = NAN;
  const auto flagged = [&] {
    EXPECT_EQ(rescore(), BARKER_OK) << error_;
    std::vector<uint64_t> ads;
    for (const barker_result_ad& ad : results_) {
      if (ad.flags == BARKER_RESULT_BAD_AD) ads.push_back(ad.ad);
    }
    return ads;
  };
  EXPECT_EQ(flagged(), (std::vector<uint64_t>{1, 4}));
  EXPECT_EQ(response_.reason, BARKER_REASON_NO_WEIGHTS);
  load(weights(1));
  request_.window = 3;
  EXPECT_EQ(flagged(), (std::vector<uint64_t>{1, 4}));
  EXPECT_EQ(response_.status, BARKER_STATUS_RESCORED);
  for (barker_ad& ad : ads_) ad.bid = NAN;
  EXPECT_EQ(flagged().size(), 6u);
  for (size_t rank = 0; rank < 6; ++rank) EXPECT_EQ(title(rank), titles_[rank]);
}

TEST_F(Limits, OfTheTotalTextRefuseARequestBeforeAnyWork) {
  load(weights(1));
  fill(2000);
  const std::string long_title(BARKER_MAX_TEXT_SIZE, 'a');
  for (barker_ad& ad : ads_) ad.title = view(long_title);
  EXPECT_EQ(rescore(), BARKER_E_INVALID_ARGUMENT);
  EXPECT_THAT(error_, HasSubstr("texts: expected at most 8388608 bytes together"));
  EXPECT_EQ(api().text_bound(plugin_, &request_), 0u);
  // Of many a little too long title, too.
  const std::string longer_title(BARKER_MAX_TEXT_SIZE + 1, 'a');
  for (barker_ad& ad : ads_) ad.title = view(longer_title);
  EXPECT_EQ(rescore(), BARKER_E_INVALID_ARGUMENT);
}

TEST_F(Limits, OfTheTextBufferSayWhatIsNeededAndCountOnlyTheCallThatFits) {
  load(weights(4));
  fill(10);
  ASSERT_EQ(rescore(), BARKER_OK);
  const uint64_t needed = response_.text_size;
  const barker_stats before = stats();
  fill(10);
  response_.text_capacity = needed - 1;
  EXPECT_EQ(rescore(), BARKER_E_TOO_SMALL);
  EXPECT_THAT(error_, HasSubstr("text_capacity: expected at least " + std::to_string(needed)));
  EXPECT_EQ(response_.text_size, needed);
  barker_stats after = stats();
  EXPECT_EQ(std::memcmp(&before, &after, sizeof before), 0);
  response_.text_capacity = needed;
  EXPECT_EQ(rescore(), BARKER_OK);
  after = stats();
  EXPECT_EQ(after.queries, before.queries + 1);
  EXPECT_EQ(after.errors, before.errors);
  // Every other error leaves a size of 0.
  response_.text_size = 77;
  request_.ad_stride = 3;
  EXPECT_EQ(rescore(), BARKER_E_INVALID_ARGUMENT);
  EXPECT_EQ(response_.text_size, 0u);
  EXPECT_EQ(stats().errors, after.errors + 1);
}

// Titles and selling points of whatever bytes, under every format.
TEST_F(Limits, OfTheTextAreBoundedBeforehand) {
  std::mt19937 random(3);
  const std::string pieces[] = {"\"", "'", "&",    "<",           "\xFF", "\xE2\x80",
                                "a",  " ", "补水", "👩‍🚀", "\x01"};
  for (const char* config :
       {"", "[title]\nformat = 'plain'\n", "[title]\nformat = 'ansi'\n",
        "[title]\nopen = '<span class=\"sp\">'\nclose = '</span>'\nseparator = '\"\"'\n",
        "[title]\nmax_width = 20\nellipsis = '\"\"\"'\n[selling_points]\ncount = 3\n"}) {
    make(config);
    load(weights(1));
    for (int round = 0; round < 30; ++round) {
      const auto text = [&] {
        std::string out;
        for (size_t i = random() % 12; i > 0; --i) out += pieces[random() % std::size(pieces)];
        return out;
      };
      fill(4);
      std::vector<std::string> titles, texts;
      for (size_t i = 0; i < 4; ++i) titles.push_back(text());
      for (size_t p = 0; p < points_.size(); ++p) texts.push_back(text());
      for (size_t i = 0; i < 4; ++i) ads_[i].title = view(titles[i]);
      for (size_t p = 0; p < points_.size(); ++p) {
        points_[p].fingerprint = fingerprint("word1" + std::to_string(p));
        points_[p].text = view(texts[p]);
      }
      if (round % 3 == 0) ads_[1].bid = NAN;
      const uint64_t bound = api().text_bound(plugin_, &request_);
      response_.text_capacity = bound;
      ASSERT_LE(bound, text_.size());
      ASSERT_EQ(rescore(), BARKER_OK) << config << error_;
      EXPECT_LE(response_.text_size, bound);
    }
  }
  EXPECT_EQ(api().text_bound(nullptr, &request_), 0u);
  EXPECT_EQ(api().text_bound(plugin_, nullptr), 0u);
}

// A host that was compiled with version 1.0 has smaller structs; behind them are its own bytes.
TEST_F(Limits, OfOlderStructsAreKept) {
  load(weights(1));
  fill(5);
  ASSERT_EQ(rescore(), BARKER_OK);
  const std::vector<barker_result_ad> expected = results_;
  constexpr size_t kAd = offsetof(barker_result_ad, flags);
  constexpr size_t kRequest = offsetof(barker_request, shown);
  constexpr size_t kResponse = offsetof(barker_response, bad_ads);
  std::vector<unsigned char> ads(5 * kAd + 64, 0xAB);
  request_.struct_size = kRequest;
  request_.shown = 1;  // not of the host's struct
  response_.struct_size = kResponse;
  response_.bad_ads = 0xABABABAB;
  response_.ads = reinterpret_cast<barker_result_ad*>(ads.data());
  response_.ad_stride = kAd;
  ASSERT_EQ(rescore(), BARKER_OK) << error_;
  EXPECT_EQ(response_.struct_size, kResponse);
  EXPECT_EQ(response_.bad_ads, 0xABABABAB);
  for (size_t rank = 0; rank < 5; ++rank) {
    barker_result_ad ad = expected[rank];
    ad.struct_size = kAd;  // what was written of it
    EXPECT_EQ(std::memcmp(ads.data() + rank * kAd, &ad, kAd), 0) << rank;
  }
  for (size_t i = 5 * kAd; i < ads.size(); ++i) EXPECT_EQ(ads[i], 0xAB);
  // A newer host has larger ones.
  struct Newer {
    barker_result_ad known;
    uint64_t unknown = 7;
  };
  std::vector<Newer> newer(5);
  response_.ads = &newer[0].known;
  response_.ad_stride = sizeof(Newer);
  request_.shown = 0;
  ASSERT_EQ(rescore(), BARKER_OK) << error_;
  for (size_t rank = 0; rank < 5; ++rank) {
    EXPECT_EQ(newer[rank].known.struct_size, sizeof(barker_result_ad));
    EXPECT_EQ(newer[rank].known.ad, expected[rank].ad);
    EXPECT_EQ(newer[rank].unknown, 7u);
  }
}

// Before 1.2 a result was as large as its struct_size, also where the stride is larger.
TEST_F(Limits, OfResultsOfHostsBefore1_2AreTheirStructSizes) {
  struct Row {
    unsigned char result[offsetof(barker_result_ad, flags)];
    uint64_t key;
    unsigned char more[sizeof(barker_result_ad) - offsetof(barker_result_ad, flags) - 8];
  };
  static_assert(sizeof(Row) == sizeof(barker_result_ad), "the stride has room for all of it");
  const auto ask = [&](uint32_t minor, uint64_t struct_size, std::vector<Row>& rows) {
    barker_host host = kHost;
    host.abi_minor = minor;
    api().destroy(plugin_);
    plugin_ = nullptr;
    EXPECT_EQ(api().create(&host, {nullptr, 0}, &plugin_, error_), BARKER_OK) << error_;
    load(weights(1));
    fill(rows.size());
    for (Row& row : rows) {
      std::memcpy(row.result, &struct_size, sizeof struct_size);
      row.key = 7;
    }
    response_.ads = reinterpret_cast<barker_result_ad*>(rows.data());
    response_.ad_stride = sizeof(Row);
    return rescore();
  };
  std::vector<Row> rows(3);
  for (const uint32_t minor : {0u, 1u}) {
    ASSERT_EQ(ask(minor, sizeof rows[0].result, rows), BARKER_OK) << error_;
    for (const Row& row : rows) {
      EXPECT_EQ(row.key, 7u) << "minor " << minor;
      uint64_t written;
      std::memcpy(&written, row.result, sizeof written);
      EXPECT_EQ(written, sizeof row.result);
    }
    EXPECT_EQ(ask(minor, 8, rows), BARKER_E_INVALID_ARGUMENT) << "less than every version has";
    EXPECT_EQ(ask(minor, sizeof(Row) + 8, rows), BARKER_E_INVALID_ARGUMENT) << "beyond the stride";
  }
  ASSERT_EQ(ask(2, 0, rows), BARKER_OK) << error_;
  for (const Row& row : rows) EXPECT_EQ(row.key, 0u) << "the stride is the plugin's since 1.2";
}

TEST_F(Limits, OfWhatTheModelKnowsAreCounted) {
  load(weights(1));
  fill(3);
  const std::string known_group = "profile", unknown_group = "profil", known = "f1", unknown = "zz";
  const barker_string tokens[] = {view(known), view(unknown)};
  const barker_group groups[] = {{sizeof(barker_group), view(known_group), tokens, 2, nullptr},
                                 {sizeof(barker_group), view(unknown_group), tokens, 2, nullptr}};
  request_.groups = groups;
  request_.group_count = 2;
  request_.group_stride = sizeof groups[0];
  const std::string stranger = "nobody clicked this";
  user_.push_back(view(stranger));
  request_.user_keywords = user_.data();
  request_.user_keyword_count = user_.size();
  const barker_stats before = stats();
  ASSERT_EQ(rescore(), BARKER_OK) << error_;
  const barker_stats after = stats();
  EXPECT_EQ(after.groups_ignored - before.groups_ignored, 1u);
  EXPECT_EQ(after.user_tokens - before.user_tokens, 5u) << "three of the user, two of the group";
  EXPECT_EQ(after.user_tokens_unknown - before.user_tokens_unknown, 2u);
  EXPECT_EQ(after.candidates - before.candidates, 3 * 4u);
  EXPECT_EQ(after.candidates_unknown - before.candidates_unknown, 3u);
}

TEST_F(Limits, OfThreadsThereAreNone) {
  load(weights(1));
  constexpr size_t kThreads = 300;
  std::atomic<size_t> ready{0}, not_rescored{0};
  std::vector<std::thread> threads;
  for (size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      Asker asker(static_cast<unsigned>(t));
      ++ready;
      while (ready < kThreads) std::this_thread::yield();
      for (int i = 0; i < 20; ++i) not_rescored += !asker.ask(plugin_);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(not_rescored, 0u);
  EXPECT_EQ(stats().rescored, kThreads * 20);
}

}  // namespace
}  // namespace barker
