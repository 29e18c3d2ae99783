// Catalogues of random ads, and pages of them: as numbers and as the ads themselves.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "models/text/keywords.h"
#include "tests/plugin/plugin_fixture.h"

namespace barker {

inline const barker_catalogue& catalogues() {
  return *static_cast<const barker_catalogue*>(api().get_extension(BARKER_EXT_CATALOGUE));
}

// Random words with phrases among them, and a list of phrases of which one has no row.
inline ModelSpec model_with_phrases(uint64_t seed, bool has_pctr = true) {
  ModelSpec model = random_model(seed, {.auxiliary = has_pctr});
  model.golden.clear();  // they name the keywords that are renamed
  model.names[20] = "word1 word2";
  model.names[21] = "word3 word4 word5";
  model.phrases = {"word1 word2", "word3 word4 word5", "word6 word7"};
  return model;
}

inline std::string weights_with_phrases(uint64_t seed, bool has_pctr = true) {
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
    static constexpr const char* kMerchants[] = {"m0", "m1", " M1 ", "m&#49;", "A &amp; B", ""};
    static constexpr const char* kCategories[] = {
        "", "shoes", "Shoes &gt; Running", "Beauty > Cosmetics > Masks", "beauty/COSMETICS", "a&b"};
    ad.merchant = kMerchants[random_() % std::size(kMerchants)];
    ad.category = kCategories[random_() % std::size(kCategories)];
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

}  // namespace barker
