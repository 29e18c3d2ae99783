// The extension barker.catalogue/1: answers with a handle are those without, bit for bit, whatever is
// asked, loaded and changed meanwhile.
#include <gmock/gmock.h>

#include <atomic>
#include <cstring>
#include <random>
#include <thread>

#include "models/text/keywords.h"
#include "tests/plugin/plugin_fixture.h"

namespace barker {
namespace {

using ::testing::HasSubstr;

const barker_catalogue& catalogues() {
  return *static_cast<const barker_catalogue*>(api().get_extension(BARKER_EXT_CATALOGUE));
}

// Random words with phrases among them, and a list of phrases of which one has no row.
ModelSpec model_with_phrases(uint64_t seed, bool has_pctr = true) {
  ModelSpec model = random_model(seed, {.auxiliary = has_pctr});
  model.golden.clear();  // they name the keywords that are renamed
  model.names[20] = "word1 word2";
  model.names[21] = "word3 word4 word5";
  model.phrases = {"word1 word2", "word3 word4 word5", "word6 word7"};
  return model;
}

std::string weights_with_phrases(uint64_t seed, bool has_pctr = true) {
  const std::string path = temporary_path("catalogue.barker");
  EXPECT_TRUE(write_weight_file(model_with_phrases(seed, has_pctr), path).ok());
  return path;
}

struct OwnAd {
  std::string id, title, merchant, category;
  std::vector<std::string> points;
  std::vector<uint64_t> words;
  bool has_words = false, is_opted_out = false;
};

class CatalogueOf : public Plugin, public testing::WithParamInterface<bool> {
 protected:
  CatalogueOf() {
    make("[selling_points]\nduplicates = 'promote'\n");
    load(weights_with_phrases(1, GetParam()));
  }

  OwnAd random_ad() {
    static constexpr const char* kBetween[] = {" ", " ", " ", ". ", " (", ", "};
    OwnAd ad;
    for (size_t i = random_() % 9; i-- > 0;) {
      ad.title += "word" + std::to_string(random_() % 9) + kBetween[random_() % 6];
    }
    if (random_() % 8 == 0) ad.title += "\xFF \"quoted\"";
    ad.id = "ad" + std::to_string(random_() % 1000);
    ad.merchant = merchants_[random_() % 2];
    ad.category = random_() % 2 ? "shoes" : "";
    for (size_t i = random_() % 6; i-- > 0;) {
      ad.points.push_back(random_() % 4 ? "Word" + std::to_string(random_() % 30) : "word1 word2");
    }
    ad.has_words = random_() % 2;
    if (ad.has_words) split_words(ad.title, ad.words);
    ad.words.reserve(1);
    ad.is_opted_out = random_() % 8 == 0;
    return ad;
  }

  // The struct of an ad, whose selling points go to `points`.
  barker_ad whole(const OwnAd& from, std::vector<barker_selling_point>& points) const {
    barker_ad ad{};
    ad.struct_size = sizeof ad;
    ad.id = view(from.id);
    ad.title = view(from.title);
    ad.merchant = view(from.merchant);
    ad.category = view(from.category);
    ad.flags = from.is_opted_out ? BARKER_AD_OPT_OUT : 0;
    if (from.has_words) {
      ad.title_keywords = from.words.data();
      ad.title_keyword_count = from.words.size();
    }
    for (const std::string& point : from.points) {
      const uint64_t given = point.size() % 2 ? keyword_fingerprint(point) : 0;
      points.push_back({sizeof(barker_selling_point), view(point), given});
    }
    ad.selling_points = points.data();
    ad.selling_point_count = points.size();
    ad.selling_point_stride = sizeof(barker_selling_point);
    return ad;
  }

  // As add, upsert or, from 0, add of these ads.
  uint64_t put(uint64_t handle, const std::vector<std::pair<uint64_t, const OwnAd*>>& ads) {
    std::vector<std::vector<barker_selling_point>> points(ads.size());
    std::vector<barker_ad> structs;
    for (size_t i = 0; i < ads.size(); ++i) {
      structs.push_back(whole(*ads[i].second, points[i]));
      structs.back().catalogue_ad = handle ? ads[i].first : 0;
    }
    uint64_t changed = 0;
    const int32_t code = handle ? catalogues().upsert(plugin_, handle, structs.data(), ads.size(),
                                                      sizeof(barker_ad), &changed, error_)
                                : catalogues().add(plugin_, structs.data(), ads.size(),
                                                   sizeof(barker_ad), &changed, error_);
    EXPECT_EQ(code, BARKER_OK) << error_;
    return changed;
  }

  uint64_t add_random(size_t count) {
    own_.clear();
    for (size_t i = 0; i < count; ++i) own_.push_back(random_ad());
    std::vector<std::pair<uint64_t, const OwnAd*>> ads;
    for (size_t i = 0; i < count; ++i) ads.emplace_back(i + 1, &own_[i]);
    return put(0, ads);
  }

  // A page of registered ads: whole, and as numbers. Some come whole on both.
  void draw_page(uint64_t handle, size_t count) {
    page_points_.assign(count, {});
    whole_.clear();
    numbered_.clear();
    for (size_t i = 0; i < count; ++i) {
      uint64_t number = 0;
      do {
        number = 1 + random_() % own_.size();
      } while (removed_[number]);
      barker_ad ad = whole(own_[number - 1], page_points_[i]);
      barker_ad reference{};
      reference.struct_size = sizeof reference;
      reference.catalogue_ad = number;
      ad.bid = reference.bid = 1 + static_cast<double>(random_() % 5);
      ad.first_pass_score = reference.first_pass_score = random_() % 20 ? 1 : -1;  // a bad ad
      whole_.push_back(ad);
      numbered_.push_back(random_() % 5 ? reference : ad);
    }
    fill(count);
    text_.resize(1 << 20);
    handle_ = handle;
  }

  struct Given {
    int32_t code;
    std::string bytes;
    std::vector<double> pctrs;
  };
  Given ask(const std::vector<barker_ad>& ads, bool with_handle) {
    results_.assign(ads.size(), {});
    response_ = {};
    response_.struct_size = sizeof response_;
    response_.ads = results_.data();
    response_.ad_capacity = ads.size();
    response_.ad_stride = sizeof(barker_result_ad);
    response_.text = text_.data();
    response_.text_capacity = text_.size();
    request_.ads = ads.data();
    request_.ad_count = ads.size();
    request_.catalogue = with_handle ? handle_ : 0;
    Given given{rescore(), {}, {}};
    EXPECT_EQ(given.code, BARKER_OK) << error_;
    for (const barker_result_ad& result : results_) {
      given.bytes.append(reinterpret_cast<const char*>(&result), sizeof result);
      given.pctrs.push_back(result.pctr);
    }
    given.bytes.append(text_, 0, response_.text_size);
    given.bytes += std::to_string(response_.status) + ' ' + std::to_string(response_.generation);
    return given;
  }

  std::string explain(const std::vector<barker_ad>& ads, bool with_handle) {
    const auto& extension =
        *static_cast<const barker_explain*>(api().get_extension(BARKER_EXT_EXPLAIN));
    request_.ads = ads.data();
    request_.catalogue = with_handle ? handle_ : 0;
    barker_string json{};
    EXPECT_EQ(extension.explain(plugin_, &request_, &json, error_), BARKER_OK) << error_;
    std::string out(json.data, json.size);
    extension.release(json);
    return out;
  }

  std::string prepared(const std::vector<barker_ad>& ads, bool with_handle) {
    const auto& extension =
        *static_cast<const barker_prepared*>(api().get_extension(BARKER_EXT_PREPARED));
    barker_request request = request_;
    request.ad_count = 0;
    request.catalogue = with_handle ? handle_ : 0;
    barker_prepared_query* query = nullptr;
    EXPECT_EQ(extension.begin(plugin_, &request, &query, error_), BARKER_OK) << error_;
    std::string out;
    for (const barker_ad& ad : ads) {
      barker_response response = response_;
      EXPECT_EQ(extension.score(query, &ad, &response, error_), BARKER_OK) << error_;
      out.append(reinterpret_cast<const char*>(results_.data()), sizeof(barker_result_ad));
      out.append(text_, 0, response.text_size);
    }
    extension.end(query);
    return out;
  }

  void expect_equal_answers(uint64_t handle, int pages) {
    for (int page = 0; page < pages; ++page) {
      draw_page(handle, 1 + random_() % 20);
      ASSERT_EQ(ask(numbered_, true).bytes, ask(whole_, false).bytes);
      ASSERT_EQ(explain(numbered_, true), explain(whole_, false));
      ASSERT_EQ(prepared(numbered_, true), prepared(whole_, false));
      request_.ads = numbered_.data();
      request_.catalogue = handle;
      const uint64_t bound = api().text_bound(plugin_, &request_);
      request_.ads = whole_.data();
      request_.catalogue = 0;
      ASSERT_EQ(bound, api().text_bound(plugin_, &request_));
    }
  }

  std::mt19937_64 random_{17};
  std::vector<OwnAd> own_;
  std::map<uint64_t, bool> removed_;
  std::vector<std::vector<barker_selling_point>> page_points_;
  std::vector<barker_ad> whole_, numbered_;
  uint64_t handle_ = 0;
};

TEST_P(CatalogueOf, AdsAnswersAsTheAdsThemselvesDo) { expect_equal_answers(add_random(300), 150); }

TEST_P(CatalogueOf, AdsIsResolvedForWhateverIsLoaded) {
  const uint64_t handle = add_random(100);
  load(weights_with_phrases(2, GetParam()));
  expect_equal_answers(handle, 20);
  ASSERT_EQ(api().rollback(plugin_, nullptr, error_), BARKER_OK);
  expect_equal_answers(handle, 20);
  const auto& canary = *static_cast<const barker_canary*>(api().get_extension(BARKER_EXT_CANARY));
  const std::string path = weights_with_phrases(3, GetParam());
  ASSERT_EQ(canary.start(plugin_, view(path), nullptr, error_), BARKER_OK) << error_;
  ASSERT_EQ(canary.set_shares(plugin_, 1, 1, error_), BARKER_OK);
  const std::string user = "anna";
  draw_page(handle, 10);
  request_.user = view(user);
  EXPECT_EQ(ask(numbered_, true).bytes, ask(whole_, false).bytes);
  EXPECT_EQ(response_.generation, 3u) << "the canary's";
  uint64_t compared = 0;
  ASSERT_EQ(canary.compare(plugin_, 10, &compared, error_), BARKER_OK);
  EXPECT_EQ(compared, 2u);
  barker_agreement agreement{};
  agreement.struct_size = sizeof agreement;
  ASSERT_EQ(canary.read_agreement(plugin_, &agreement), BARKER_OK);
  EXPECT_EQ(agreement.serving_failed + agreement.canary_failed, 0u);
  ASSERT_EQ(canary.promote(plugin_, nullptr, error_), BARKER_OK);
  expect_equal_answers(handle, 20);
  const auto& rules = *static_cast<const barker_rules*>(api().get_extension(BARKER_EXT_RULES));
  const std::string forbids = "merchants_off = ['m1']\n[[forbid]]\npattern = '[0-4]$'\n";
  ASSERT_EQ(rules.load_rules(plugin_, view(forbids), error_), BARKER_OK) << error_;
  expect_equal_answers(handle, 20);
}

TEST_P(CatalogueOf, AdsHasTitlesWithoutWeightsToo) {
  make("");
  const uint64_t handle = add_random(50);
  draw_page(handle, 10);
  EXPECT_EQ(ask(numbered_, true).bytes, ask(whole_, false).bytes);
  EXPECT_EQ(response_.reason, BARKER_REASON_NO_WEIGHTS);
  load(weights_with_phrases(2, GetParam()));
  expect_equal_answers(handle, 10);
}

TEST_P(CatalogueOf, AdsIsChangedUnderAnotherHandle) {
  const uint64_t first = add_random(2500);
  const std::vector<OwnAd> before = own_;
  own_.resize(2600);
  std::vector<std::pair<uint64_t, const OwnAd*>> changes;
  for (const uint64_t number : {1, 5, 1024, 1025, 2500}) {
    own_[number - 1] = random_ad();
    changes.emplace_back(number, &own_[number - 1]);
  }
  own_[2599] = random_ad();  // 2501 to 2599 stay without an ad
  changes.emplace_back(2600, &own_[2599]);
  const uint64_t second = put(first, changes);
  for (uint64_t number = 2501; number < 2600; ++number) removed_[number] = true;
  expect_equal_answers(second, 100);
  const std::vector<uint64_t> gone = {1, 2, 2600};
  uint64_t third = 0;
  ASSERT_EQ(catalogues().remove(plugin_, second, gone.data(), gone.size(), &third, error_),
            BARKER_OK)
      << error_;
  for (const uint64_t number : gone) removed_[number] = true;
  expect_equal_answers(third, 100);
  ASSERT_EQ(catalogues().release(plugin_, second, error_), BARKER_OK) << error_;
  removed_.clear();
  own_ = before;
  expect_equal_answers(first, 100);
}

TEST_P(CatalogueOf, AdsGrowsPastNumbersThatAreLeftOut) {
  for (const uint64_t end : {3000, 5000, 1024, 1025, 20'000}) {
    const uint64_t first = add_random(10);
    own_.resize(end);
    own_.back() = random_ad();
    const uint64_t grown = put(first, {{end, &own_.back()}});
    draw_page(first, 1);
    request_.ads = numbered_.data();
    request_.catalogue = grown;
    for (const uint64_t absent : {11, 500, 1000, 2000, 2900, 4999, 19'999}) {
      numbered_[0].catalogue_ad = absent;
      EXPECT_EQ(rescore(), BARKER_E_INVALID_ARGUMENT) << absent << " of " << end;
      EXPECT_THAT(error_, HasSubstr("expected the number of an ad of the catalogue"));
      uint64_t changed = 0;
      EXPECT_EQ(catalogues().remove(plugin_, grown, &absent, 1, &changed, error_),
                BARKER_E_INVALID_ARGUMENT);
    }
    load(weights_with_phrases(2, GetParam()));
    for (uint64_t number = 11; number < end; ++number) removed_[number] = true;
    expect_equal_answers(grown, 10);
    own_[499] = random_ad();  // a number that was left out can be taken later
    removed_[500] = end <= 500;
    expect_equal_answers(put(grown, {{500, &own_[499]}}), 10);
    removed_.clear();
  }
}

INSTANTIATE_TEST_SUITE_P(WithAndWithoutPctr, CatalogueOf, testing::Bool());

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

// Catalogues and weights are changed all the time while others ask. Every answer is one of the
// generation that it names.
TEST_P(CatalogueRefusals, NeverMeetsAQueryWhileCataloguesAndWeightsAreSwapped) {
  const std::vector<std::string> files = {weights_with_phrases(1), weights_with_phrases(2)};
  const uint64_t first = add_random(1500);
  draw_page(first, 10);
  std::vector<std::vector<double>> expected;
  for (const std::string& file : files) {
    load(file);
    expected.push_back(ask(whole_, false).pctrs);
  }
  std::atomic<uint64_t> handle{first};
  std::atomic<bool> stop{false};
  std::atomic<uint64_t> answered{0}, wrong{0};
  std::vector<std::thread> askers;
  for (int t = 0; t < 3; ++t) {
    askers.emplace_back([&] {
      std::vector<barker_result_ad> results(10);
      std::string text(1 << 16, ' ');
      while (!stop) {
        barker_request request = request_;
        request.ads = numbered_.data();
        request.catalogue = handle;
        barker_response response{};
        response.struct_size = sizeof response;
        response.ads = results.data();
        response.ad_capacity = results.size();
        response.ad_stride = sizeof(barker_result_ad);
        response.text = text.data();
        response.text_capacity = text.size();
        // Where the handle was released meanwhile, the query is refused.
        if (api().rescore(plugin_, &request, &response, nullptr) != BARKER_OK) continue;
        std::vector<double> pctrs;
        for (const barker_result_ad& result : results) pctrs.push_back(result.pctr);
        const auto same = [&](const std::vector<double>& of) {
          return std::memcmp(of.data(), pctrs.data(), pctrs.size() * sizeof(double)) == 0;
        };
        wrong += !same(expected[0]) && !same(expected[1]);
        ++answered;
      }
    });
  }
  for (int i = 0; i < 40 || answered < 200; ++i) {
    if (i % 4 == 0) load(files[i / 4 % 2]);
    const uint64_t old = handle;
    const uint64_t number = 1 + static_cast<uint64_t>(i % 1500);
    handle = put(old, {{number, &own_[number - 1]}});
    ASSERT_EQ(catalogues().release(plugin_, old, error_), BARKER_OK) << error_;
  }
  stop = true;
  for (std::thread& asker : askers) asker.join();
  EXPECT_EQ(wrong, 0u);
}

}  // namespace
}  // namespace barker
