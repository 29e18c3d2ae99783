// The plugin as a host meets it, with a request that tests change as they like.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "plugin/barker.h"
#include "tests/models/weights/random_model.h"
#include "tests/plugin/asker.h"

namespace barker {

inline const barker_host kHost = {sizeof(barker_host), BARKER_ABI_MAJOR, BARKER_ABI_MINOR, nullptr,
                                  nullptr};

// A file of random_model()'s weights.
inline std::string weights(uint64_t seed, const RandomModelOptions& options = {}) {
  const std::string path = temporary_path("abi.barker");
  EXPECT_TRUE(write_weight_file(random_model(seed, options), path).ok());
  return path;
}

class Plugin : public testing::Test {
 protected:
  Plugin() { make("[order]\nfirst_pass = 0.0\n"); }
  ~Plugin() override { api().destroy(plugin_); }

  void make(const std::string& config) {
    api().destroy(plugin_);
    ASSERT_EQ(api().create(&kHost, view(config), &plugin_, error_), BARKER_OK) << error_;
  }
  void load(const std::string& path) {
    ASSERT_EQ(api().load_weights(plugin_, view(path), &generation_, error_), BARKER_OK) << error_;
  }

  // A page of `n` ads, ad i with title words i, i+1 and selling points word10..word13.
  void fill(size_t n) {
    ads_.assign(n, {});
    titles_.resize(n);
    results_.assign(n, {});
    points_.clear();
    for (const std::string& text : point_texts_)
      points_.push_back({sizeof(barker_selling_point), view(text), 0});
    for (size_t i = 0; i < n; ++i) {
      titles_[i] = "word" + std::to_string(i % 50) + " word" + std::to_string((i + 1) % 50);
      barker_ad& ad = ads_[i];
      ad.struct_size = sizeof ad;
      ad.id = ad.title = view(titles_[i]);
      ad.first_pass_score = 1;
      ad.bid = 1;
      ad.selling_points = points_.data();
      ad.selling_point_count = points_.size();
      ad.selling_point_stride = sizeof points_[0];
      results_[i].struct_size = sizeof(barker_result_ad);
    }
    request_ = {};
    request_.struct_size = sizeof request_;
    request_.query = view(query_);
    request_.user_keywords = user_.data();
    request_.user_keyword_count = user_.size();
    request_.ads = ads_.data();
    request_.ad_count = n;
    request_.ad_stride = sizeof(barker_ad);
    response_ = {};
    response_.struct_size = sizeof response_;
    response_.ads = results_.data();
    response_.ad_capacity = n;
    response_.ad_stride = sizeof(barker_result_ad);
    response_.text = text_.data();
    response_.text_capacity = text_.size();
  }

  int32_t rescore() { return api().rescore(plugin_, &request_, &response_, error_); }
  std::string title(size_t rank) const {
    return text_.substr(results_[rank].title_offset, results_[rank].title_size);
  }

  barker_plugin* plugin_ = nullptr;
  char error_[BARKER_ERROR_SIZE] = "";
  uint64_t generation_ = 0;
  std::string query_ = "word1 Word2 nothing";
  std::vector<std::string> user_texts_ = {"word3", "word4"};
  std::vector<barker_string> user_ = {view(user_texts_[0]), view(user_texts_[1])};
  std::vector<std::string> point_texts_ = {"word10", "word11", "word12", "never seen"};
  std::vector<std::string> merchants_ = {"m0", "m1"};
  std::vector<barker_selling_point> points_;
  std::vector<std::string> titles_;
  std::vector<barker_ad> ads_;
  std::vector<barker_result_ad> results_;
  std::string text_ = std::string(1 << 16, '\0');
  barker_request request_{};
  barker_response response_{};
};

}  // namespace barker
