// The extension barker.catalogue/1: what it refuses, what stays usable then, and what lives how
// long.
#include <gmock/gmock.h>

#include <atomic>
#include <cstring>
#include <thread>

#include "tests/plugin/catalogue_fixture.h"

namespace barker {
namespace {

using ::testing::HasSubstr;

using CatalogueRefusals = CatalogueOf;
INSTANTIATE_TEST_SUITE_P(Once, CatalogueRefusals, testing::Values(true));

TEST_P(CatalogueRefusals, NameWhatIsNotThere) {
  const uint64_t handle = add_random(10);
  draw_page(handle, 3);
  request_.ads = numbered_.data();
  request_.catalogue = handle + 1;
  EXPECT_EQ(rescore(), BARKER_E_INVALID_ARGUMENT);
  EXPECT_THAT(error_, HasSubstr("catalogue: expected the handle of a catalogue"));
  EXPECT_EQ(api().text_bound(plugin_, &request_), 0u);
  request_.catalogue = handle;
  numbered_[1].catalogue_ad = 11;
  EXPECT_EQ(rescore(), BARKER_E_INVALID_ARGUMENT);
  EXPECT_THAT(error_, HasSubstr("ads[1].catalogue_ad: expected the number of an ad"));
  ASSERT_EQ(catalogues().release(plugin_, handle, error_), BARKER_OK);
  EXPECT_EQ(rescore(), BARKER_E_INVALID_ARGUMENT);
  EXPECT_EQ(catalogues().release(plugin_, handle, error_), BARKER_E_INVALID_ARGUMENT);
  uint64_t changed = 0;
  const uint64_t number = 1;
  EXPECT_EQ(catalogues().remove(plugin_, handle, &number, 1, &changed, error_),
            BARKER_E_INVALID_ARGUMENT);
  EXPECT_EQ(catalogues().upsert(plugin_, handle, nullptr, 0, sizeof(barker_ad), &changed, error_),
            BARKER_E_INVALID_ARGUMENT);
}

TEST_P(CatalogueRefusals, AreOfAdsThatCannotBeTaken) {
  fill(3);
  uint64_t handle = 0;
  const auto refused = [&](const char* why) {
    EXPECT_EQ(catalogues().add(plugin_, ads_.data(), 3, sizeof(barker_ad), &handle, error_),
              BARKER_E_INVALID_ARGUMENT);
    EXPECT_THAT(error_, HasSubstr(why));
    fill(3);
  };
  ads_[1].title.size = BARKER_MAX_TEXT_SIZE + 1;
  refused("ads[1]: expected texts and lists within their limits");
  ads_[2].flags = 8;
  refused("ads[2]: flags");
  ads_[0].catalogue_ad = 1;
  refused("ads[0].catalogue_ad: expected 0");
  EXPECT_EQ(catalogues().add(plugin_, nullptr, 3, sizeof(barker_ad), &handle, error_),
            BARKER_E_INVALID_ARGUMENT);
  EXPECT_EQ(catalogues().add(plugin_, ads_.data(), 3, 8, &handle, error_),
            BARKER_E_INVALID_ARGUMENT);
  EXPECT_EQ(catalogues().add(plugin_, ads_.data(), 3, sizeof(barker_ad), nullptr, error_),
            BARKER_E_INVALID_ARGUMENT);
}

// What stands beside the number of a registered ad is not looked at.
TEST_P(CatalogueRefusals, AreNotOfTextsThatTheCatalogueReplaces) {
  const uint64_t handle = add_random(150);
  draw_page(handle, 1);
  const std::string ignored(BARKER_MAX_TEXT_SIZE, 'x');
  std::vector<barker_ad> ads(150);
  for (size_t i = 0; i < ads.size(); ++i) {
    ads[i].struct_size = sizeof ads[i];
    ads[i].catalogue_ad = i + 1;
    ads[i].first_pass_score = ads[i].bid = 1;
  }
  request_.window = 200;
  results_.assign(ads.size(), {});
  const std::string expected = ask(ads, true).bytes;
  for (size_t i = 0; i < ads.size(); ++i) {
    ads[i].title = ads[i].id = view(ignored);
    ads[i].merchant = {nullptr, 5};
    ads[i].category = {ignored.data(), ~uint64_t{0}};
    ads[i].selling_points = reinterpret_cast<const barker_selling_point*>(uintptr_t{8});
    ads[i].selling_point_count = 5;
    ads[i].selling_point_stride = 3;
    ads[i].title_keyword_count = ~uint64_t{0};
  }
  EXPECT_EQ(ask(ads, true).bytes, expected);
  EXPECT_EQ(response_.bad_ads, 0u);
}

TEST_P(CatalogueRefusals, AreOfTextsOfTheCatalogueThatAreTooLargeTogether) {
  OwnAd large;
  large.title = std::string(BARKER_MAX_TEXT_SIZE - 100, 'x');
  const uint64_t handle = put(0, {{1, &large}});
  own_ = {large};
  draw_page(handle, 150);
  request_.ads = numbered_.data();
  request_.ad_count = numbered_.size();
  for (barker_ad& ad : numbered_) ad.catalogue_ad = 1;
  request_.catalogue = handle;
  EXPECT_EQ(rescore(), BARKER_E_INVALID_ARGUMENT);
  EXPECT_THAT(error_, HasSubstr("texts: expected at most 8388608 bytes together"));
}

TEST_P(CatalogueRefusals, LeaveTheHandleAsItWas) {
  const uint64_t handle = add_random(20);
  const uint64_t absent = 21;
  uint64_t changed = 0;
  EXPECT_EQ(catalogues().remove(plugin_, handle, &absent, 1, &changed, error_),
            BARKER_E_INVALID_ARGUMENT);
  EXPECT_THAT(error_, HasSubstr("numbers[0]: expected the number of an ad"));
  EXPECT_EQ(catalogues().remove(plugin_, handle + 9, &absent, 1, &changed, error_),
            BARKER_E_INVALID_ARGUMENT);
  EXPECT_THAT(error_, HasSubstr("handle: expected one of a catalogue"));
  barker_ad bad{};
  bad.struct_size = sizeof bad;
  EXPECT_EQ(catalogues().upsert(plugin_, handle, &bad, 1, sizeof bad, &changed, error_),
            BARKER_E_INVALID_ARGUMENT);
  EXPECT_THAT(error_, HasSubstr("ads[0].catalogue_ad: expected a number"));
  EXPECT_EQ(catalogues().upsert(plugin_, handle + 9, &bad, 1, sizeof bad, &changed, error_),
            BARKER_E_INVALID_ARGUMENT);
  EXPECT_THAT(error_, HasSubstr("handle: expected one of a catalogue"));
  EXPECT_EQ(catalogues().release(plugin_, handle + 9, error_), BARKER_E_INVALID_ARGUMENT);
  expect_equal_answers(handle, 20);
}

const barker_prepared& prepared_queries() {
  return *static_cast<const barker_prepared*>(api().get_extension(BARKER_EXT_PREPARED));
}

TEST_P(CatalogueRefusals, AreOfAPreparedQueryAtItsBegin) {
  const uint64_t handle = add_random(10);
  draw_page(handle, 1);
  request_.ad_count = 0;
  request_.catalogue = handle + 1;
  barker_prepared_query* query = nullptr;
  EXPECT_EQ(prepared_queries().begin(plugin_, &request_, &query, error_),
            BARKER_E_INVALID_ARGUMENT);
  EXPECT_EQ(query, nullptr);
  EXPECT_THAT(error_, HasSubstr("catalogue: expected the handle of a catalogue"));
}

// It keeps the catalogues of the moment it began in.
TEST_P(CatalogueRefusals, AreNotOfAPreparedQueryWhoseCatalogueIsReleasedMeanwhile) {
  const uint64_t handle = add_random(1500);
  draw_page(handle, 10);
  ask(whole_, false);
  barker_request request = request_;
  request.ad_count = 0;
  request.catalogue = handle;
  barker_prepared_query* with = nullptr;
  ASSERT_EQ(prepared_queries().begin(plugin_, &request, &with, error_), BARKER_OK) << error_;
  const auto score = [&](barker_prepared_query* query, const barker_ad& ad) {
    barker_response response = response_;
    EXPECT_EQ(prepared_queries().score(query, &ad, &response, error_), BARKER_OK) << error_;
    return std::string(reinterpret_cast<const char*>(results_.data()), sizeof results_[0]) +
           text_.substr(0, response.text_size);
  };
  std::vector<std::string> expected;
  for (const barker_ad& ad : numbered_) expected.push_back(score(with, ad));
  ASSERT_EQ(catalogues().release(plugin_, handle, error_), BARKER_OK) << error_;
  add_random(1500);  // another one takes its place
  load(weights_with_phrases(2));
  for (size_t i = 0; i < numbered_.size(); ++i) {
    EXPECT_EQ(score(with, numbered_[i]), expected[i]);
  }
  prepared_queries().end(with);
}

// Catalogues and weights are changed all the time while others ask. Every answer is one of the
// generation that it names, with the ads of the handle that it was asked with.
TEST_P(CatalogueRefusals, NeverMeetsAQueryWhileCataloguesAndWeightsAreSwapped) {
  const std::vector<std::string> files = {weights_with_phrases(1), weights_with_phrases(2)};
  const uint64_t first = add_random(1500);
  draw_page(first, 10);
  constexpr uint64_t kNumber = 1025;  // its ad is one of two in turn
  OwnAd versions[2];
  versions[0].title = "word1 word2 word8";
  versions[1].title = "word3 word4 word5, word6";
  numbered_[0] = {};
  numbered_[0].struct_size = sizeof numbered_[0];
  numbered_[0].bid = numbered_[0].first_pass_score = 1;
  numbered_[0].catalogue_ad = kNumber;
  for (size_t i = 1; i < 10; ++i) {
    if (numbered_[i].catalogue_ad == kNumber) numbered_[i] = numbered_[0];
  }
  std::string expected[2][2];  // by file and version
  std::atomic<uint64_t> handle{first};
  const auto next = [&](uint64_t version) {
    const uint64_t old = handle;
    handle = put(old, {{kNumber, &versions[version]}});
    EXPECT_EQ(catalogues().release(plugin_, old, error_), BARKER_OK) << error_;
  };
  const auto bytes_of = [](const std::vector<barker_result_ad>& results) {
    std::string bytes;
    for (const barker_result_ad& result : results) {
      bytes.append(reinterpret_cast<const char*>(&result.pctr), sizeof result.pctr);
    }
    return bytes;
  };
  // Both take turns: an even handle has the first version, an even generation is of the first file.
  for (int i = 0; i < 4; ++i) {
    if (i % 2 == 0) load(files[(generation_ + 1) % 2]);
    next((handle + 1) % 2);
    handle_ = handle;
    ask(numbered_, true);
    expected[response_.generation % 2][handle % 2] = bytes_of(results_);
  }
  EXPECT_NE(expected[0][0], expected[0][1]);
  EXPECT_NE(expected[0][0], expected[1][0]);
  std::atomic<bool> stop{false};
  std::atomic<uint64_t> answered{0}, wrong{0};
  std::vector<std::thread> askers;
  for (int t = 0; t < 3; ++t) {
    askers.emplace_back([&] {
      std::vector<barker_result_ad> results(10);
      std::string text(1 << 16, ' ');
      while (!stop) {
        const uint64_t asked = handle;
        barker_request request = request_;
        request.ads = numbered_.data();
        request.catalogue = asked;
        barker_response response{};
        response.struct_size = sizeof response;
        response.ads = results.data();
        response.ad_capacity = results.size();
        response.ad_stride = sizeof(barker_result_ad);
        response.text = text.data();
        response.text_capacity = text.size();
        // Where the handle was released meanwhile, the query is refused.
        if (api().rescore(plugin_, &request, &response, nullptr) != BARKER_OK) continue;
        wrong += bytes_of(results) != expected[response.generation % 2][asked % 2];
        ++answered;
      }
    });
  }
  constexpr int kMost = 3000;
  for (int i = 0; i < kMost && (i < 40 || answered < 200); ++i) {
    if (i % 4 == 0) load(files[(generation_ + 1) % 2]);
    next((handle + 1) % 2);
  }
  stop = true;
  for (std::thread& asker : askers) asker.join();
  EXPECT_GE(answered, 200u);
  EXPECT_EQ(wrong, 0u);
}

}  // namespace
}  // namespace barker
