// Answers that are equal: of the ads that will be shown with those of the whole page, of ads that
// come one by one with those that come together, of an explanation with what it explains.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>

#include "models/text/fingerprint.h"
#include "models/weights/weight_file.h"
#include "tests/plugin/plugin_fixture.h"

namespace barker {
namespace {

// The last one has a model without pCTR, whose titles are split only where they are shown.
constexpr const char* kNumbers[] = {"exact", "fast", "screened", "file"};

class EqualAnswers : public Plugin, public testing::WithParamInterface<const char*> {
 protected:
  EqualAnswers() {
    const bool has_pctr = std::strcmp(GetParam(), "file") != 0;
    ModelSpec model = random_model(41, {.hidden = {64, 32}, .auxiliary = has_pctr});
    model.architecture.tables = TableElement::kF16;
    model.architecture.compute = ComputeSpec::kInt8;
    model.architecture.compute_bound = 0.3f;
    path_ = temporary_path("equal.barker");
    EXPECT_TRUE(write_weight_file(model, path_).ok());
    point_texts_.clear();
    for (int i = 5; i < 30; ++i) point_texts_.push_back("word" + std::to_string(i));
    point_texts_.push_back("never seen");
    start_with("");
  }

  void start_with(const std::string& config) {
    make(std::string("numbers = '") + GetParam() + "'\n" + config);
    load(path_);
  }
  // Each ad with selling points and numbers of its own, one opted out, one bad.
  void fill_page(size_t n, int user) {
    user_texts_ = {"word" + std::to_string(user), "word" + std::to_string(49 - user)};
    user_ = {view(user_texts_[0]), view(user_texts_[1])};
    fill(n);
    for (size_t i = 0; i < n; ++i) {
      ads_[i].selling_points = points_.data() + i % 10;
      ads_[i].selling_point_count = 3 + i % 14;
      ads_[i].bid = 1 + static_cast<double>(i % 3);
    }
    ads_[n / 2].flags = BARKER_AD_OPT_OUT;
    ads_[n / 3].bid = -1;
  }
  barker_stats stats() const {
    barker_stats stats{};
    stats.struct_size = sizeof stats;
    EXPECT_EQ(api().stats(plugin_, &stats), BARKER_OK);
    return stats;
  }
  static std::string bytes_of(barker_result_ad ad) {
    ad.title_offset = 0;
    return std::string(reinterpret_cast<const char*>(&ad), sizeof ad);
  }

  std::string path_;
};

TEST_P(EqualAnswers, OfTheAdsShownForLessWork) {
  for (int user = 0; user < 20; ++user) {
    fill_page(30, user);
    const uint64_t start = stats().candidates;
    ASSERT_EQ(rescore(), BARKER_OK) << error_;
    ASSERT_EQ(response_.status, BARKER_STATUS_RESCORED);
    std::vector<std::string> whole, titles;
    for (size_t rank = 0; rank < 30; ++rank) {
      whole.push_back(bytes_of(results_[rank]));
      titles.push_back(title(rank));
    }
    const uint64_t all = stats().candidates - start;
    for (const uint64_t shown : {1, 4, 29, 30, 31, 1000}) {
      fill_page(30, user);
      request_.shown = shown;
      const barker_stats before = stats();
      ASSERT_EQ(rescore(), BARKER_OK) << error_;
      EXPECT_EQ(response_.status, BARKER_STATUS_RESCORED);
      for (size_t rank = 0; rank < 30; ++rank) {
        const barker_result_ad& ad = results_[rank];
        if (rank < shown) {
          EXPECT_EQ(bytes_of(ad), whole[rank]);
          EXPECT_EQ(title(rank), titles[rank]);
          continue;
        }
        barker_result_ad expected;
        std::memcpy(&expected, whole[rank].data(), sizeof expected);
        EXPECT_EQ(ad.ad, expected.ad);
        EXPECT_EQ(ad.score, expected.score);
        EXPECT_EQ(ad.rescored, expected.rescored);
        EXPECT_EQ(ad.chosen_count, 0u);
        EXPECT_EQ(title(rank), titles_[ad.ad]) << "its own";
      }
      const barker_stats after = stats();
      if (shown == 4) {
        EXPECT_LT(2 * (after.candidates - before.candidates), all);
      }
      EXPECT_LE(after.candidates_scored - before.candidates_scored,
                after.candidates - before.candidates);
    }
  }
}

// Where rules are in force, a selling point with the fingerprint of another text gives way to the
// next best one, which must not depend on what else was scored.
TEST_P(EqualAnswers, OfTheAdsShownWhereSellingPointsAreMisnamed) {
  const auto& rules = *static_cast<const barker_rules*>(api().get_extension(BARKER_EXT_RULES));
  const std::string toml = "selling_points_off = ['word7']";
  ASSERT_EQ(rules.load_rules(plugin_, view(toml), error_), BARKER_OK) << error_;
  const auto fill_misnamed = [&](int user) {
    fill_page(30, user);
    for (size_t p = 0; p < 25; p += 3) {
      points_[p].fingerprint = fingerprint("word" + std::to_string((7 * p + 30) % 50));
    }
  };
  for (int user = 0; user < 40; ++user) {
    fill_misnamed(user);
    ASSERT_EQ(rescore(), BARKER_OK) << error_;
    ASSERT_EQ(response_.status, BARKER_STATUS_RESCORED);
    std::vector<std::string> whole;
    for (const barker_result_ad& ad : results_) {
      whole.push_back(bytes_of(ad));
      const size_t first_point = ad.ad % 10;  // of the ad, in points_
      for (uint32_t k = 0; k < ad.chosen_count; ++k) {
        EXPECT_EQ(points_[first_point + ad.chosen[k].index].fingerprint, 0u) << "a misnamed one";
      }
    }
    for (const uint64_t shown : {1, 2, 5, 10, 20}) {
      fill_misnamed(user);
      request_.shown = shown;
      ASSERT_EQ(rescore(), BARKER_OK) << error_;
      for (size_t rank = 0; rank < shown; ++rank) {
        EXPECT_EQ(bytes_of(results_[rank]), whole[rank]) << "user " << user << ", shown " << shown;
      }
    }
  }
}

TEST_P(EqualAnswers, OfAdsThatComeOneByOne) {
  const auto& prepared =
      *static_cast<const barker_prepared*>(api().get_extension(BARKER_EXT_PREPARED));
  for (const char* config : {"", "[title]\nmax_width = 24\n"}) {
    start_with(config);
    for (int user = 0; user < 20; ++user) {
      fill_page(20, user);
      ASSERT_EQ(rescore(), BARKER_OK) << error_;
      std::vector<std::string> expected(20), titles(20);
      for (size_t rank = 0; rank < 20; ++rank) {
        barker_result_ad ad = results_[rank];
        const size_t index = ad.ad;
        ad.ad = 0;  // the only one
        expected[index] = bytes_of(ad);
        titles[index] = title(rank);
      }
      barker_request request = request_;
      request.ads = nullptr;
      request.ad_count = 0;
      const std::string query = query_;  // which need not outlive begin()
      std::string gone = query;
      request.query = view(gone);
      barker_prepared_query* open = nullptr;
      ASSERT_EQ(prepared.begin(plugin_, &request, &open, error_), BARKER_OK) << error_;
      gone.assign(gone.size(), 'x');
      for (size_t i = 0; i < 20; ++i) {
        barker_result_ad result{};
        barker_response response = response_;
        response.ads = &result;
        response.ad_capacity = 1;
        response.text_capacity = i % 4 == 0 ? 1 : text_.size();
        int32_t code = prepared.score(open, &ads_[i], &response, error_);
        if (i % 4 == 0) {
          ASSERT_EQ(code, BARKER_E_TOO_SMALL);
          EXPECT_EQ(response.text_size, titles[i].size());
          response.text_capacity = response.text_size;
          code = prepared.score(open, &ads_[i], &response, error_);
        }
        ASSERT_EQ(code, BARKER_OK) << error_;
        EXPECT_EQ(response.status, BARKER_STATUS_RESCORED);
        EXPECT_EQ(bytes_of(result), expected[i]) << i;
        EXPECT_EQ(text_.substr(0, response.text_size), titles[i]);
      }
      prepared.end(open);
    }
  }
}

TEST_P(EqualAnswers, OfKeywordsAndTheSellingPointsThatTheyAre) {
  const auto& prepared =
      *static_cast<const barker_prepared*>(api().get_extension(BARKER_EXT_PREPARED));
  ASSERT_EQ(prepared.struct_size, sizeof prepared);
  make("numbers = 'exact'\n");
  load(path_);
  size_t compared = 0;
  for (int user = 0; user < 10; ++user) {
    fill_page(20, user);
    ASSERT_EQ(rescore(), BARKER_OK) << error_;
    const uint64_t queries = stats().queries;
    barker_request request = request_;
    request.ads = nullptr;
    request.ad_count = 0;
    barker_prepared_query* open = nullptr;
    ASSERT_EQ(prepared.begin(plugin_, &request, &open, error_), BARKER_OK) << error_;
    std::vector<barker_string> keywords;
    for (const std::string& text : point_texts_) keywords.push_back(view(text));
    std::vector<double> scores(keywords.size(), -1);
    ASSERT_EQ(prepared.attraction(open, keywords.data(), keywords.size(), scores.data(), error_),
              BARKER_OK)
        << error_;
    prepared.end(open);
    EXPECT_EQ(stats().queries, queries) << "it is no query";
    EXPECT_TRUE(std::isnan(scores.back())) << "the model never saw it";
    for (const barker_result_ad& ad : results_) {
      const size_t first_point = ad.ad % 10;  // of the ad, in points_
      for (uint32_t k = 0; k < ad.chosen_count; ++k) {
        EXPECT_NEAR(scores[first_point + ad.chosen[k].index], ad.chosen[k].score, 1e-6);
        ++compared;
      }
    }
  }
  EXPECT_GT(compared, 100u);
}

TEST_P(EqualAnswers, OfAnExplanationAndThePageThatItExplains) {
  const auto& explain =
      *static_cast<const barker_explain*>(api().get_extension(BARKER_EXT_EXPLAIN));
  fill_page(12, 3);
  ASSERT_EQ(rescore(), BARKER_OK) << error_;
  std::vector<std::string> expected;
  for (const barker_result_ad& ad : results_) expected.push_back(bytes_of(ad));
  const std::string text = text_.substr(0, response_.text_size);
  const uint64_t before = stats().queries;
  barker_string json{};
  ASSERT_EQ(explain.rescore(plugin_, &request_, &response_, &json, error_), BARKER_OK) << error_;
  EXPECT_EQ(stats().queries, before + 1) << "it counts as a query";
  EXPECT_EQ(text_.substr(0, response_.text_size), text);
  const auto told = nlohmann::json::parse(json.data, json.data + json.size);
  explain.release(json);
  EXPECT_EQ(told["status"], "rescored");
  EXPECT_EQ(told["generation"], response_.generation);
  ASSERT_EQ(told["ads"].size(), 12u);
  for (size_t rank = 0; rank < 12; ++rank) {
    const barker_result_ad& ad = results_[rank];
    EXPECT_EQ(bytes_of(ad), expected[rank]);
    const auto& entry = told["ads"][rank];
    if (ad.flags == BARKER_RESULT_BAD_AD) {
      EXPECT_EQ(entry["bad_ad"], true);
      continue;
    }
    EXPECT_EQ(entry["id"], titles_[ad.ad]);
    EXPECT_EQ(entry["score"], ad.score);
    std::set<size_t> chosen, told_chosen;
    for (uint32_t k = 0; k < ad.chosen_count; ++k) chosen.insert(ad.chosen[k].index);
    for (size_t p = 0; entry.contains("selling_points") && p < entry["selling_points"].size();
         ++p) {
      if (entry["selling_points"][p]["verdict"] == "chosen") told_chosen.insert(p);
    }
    EXPECT_EQ(told_chosen, chosen);
  }
  // The buffer is too small: neither answer nor explanation, and nothing is counted.
  response_.text_capacity = 1;
  json = {};
  EXPECT_EQ(explain.rescore(plugin_, &request_, &response_, &json, error_), BARKER_E_TOO_SMALL);
  EXPECT_EQ(json.data, nullptr);
  EXPECT_EQ(stats().queries, before + 1);
}

INSTANTIATE_TEST_SUITE_P(InAllNumbers, EqualAnswers, testing::ValuesIn(kNumbers),
                         [](const auto& run) { return std::string(run.param); });

class Prepared : public Plugin {
 protected:
  void begin() {
    fill(1);
    barker_request request = request_;
    request.ads = nullptr;
    request.ad_count = 0;
    request.deadline_ns = deadline_ns_;
    ASSERT_EQ(prepared_.begin(plugin_, &request, &query_open_, error_), BARKER_OK) << error_;
  }
  int32_t score() { return prepared_.score(query_open_, &ads_[0], &response_, error_); }
  void end() { prepared_.end(query_open_); }
  barker_stats stats() const {
    barker_stats stats{};
    stats.struct_size = sizeof stats;
    EXPECT_EQ(api().stats(plugin_, &stats), BARKER_OK);
    return stats;
  }

  const barker_prepared& prepared_ =
      *static_cast<const barker_prepared*>(api().get_extension(BARKER_EXT_PREPARED));
  barker_prepared_query* query_open_ = nullptr;
  uint64_t deadline_ns_ = 0;
};

TEST_F(Prepared, KeepsItsGenerationAndNoControlCallWaitsForIt) {
  load(weights(1));
  begin();
  ASSERT_EQ(score(), BARKER_OK) << error_;
  const std::string before = text_.substr(0, response_.text_size);
  const double pctr = results_[0].pctr;
  // Twice, so that the first weights are not even kept for a rollback.
  load(weights(2));
  load(weights(3));
  ASSERT_EQ(score(), BARKER_OK) << error_;
  EXPECT_EQ(response_.generation, 1u);
  EXPECT_EQ(text_.substr(0, response_.text_size), before);
  EXPECT_EQ(results_[0].pctr, pctr);
  end();
  begin();
  ASSERT_EQ(score(), BARKER_OK);
  EXPECT_EQ(response_.generation, 3u);
  end();
}

TEST_F(Prepared, BeginsBesideAnotherWithWhatServedWhenThatOneBegan) {
  load(weights(1));
  begin();
  barker_prepared_query* const first = query_open_;
  load(weights(2));
  load(weights(3));
  barker_request request = request_;
  request.ads = nullptr;
  request.ad_count = 0;
  barker_prepared_query* beside = nullptr;
  ASSERT_EQ(prepared_.begin_beside(first, &request, &beside, error_), BARKER_OK) << error_;
  ASSERT_EQ(score(), BARKER_OK) << error_;
  const std::string expected = text_.substr(0, response_.text_size);
  const double pctr = results_[0].pctr;
  end();  // the one beside lives on
  query_open_ = beside;
  ASSERT_EQ(score(), BARKER_OK) << error_;
  EXPECT_EQ(response_.generation, 1u);
  EXPECT_EQ(text_.substr(0, response_.text_size), expected);
  EXPECT_EQ(results_[0].pctr, pctr);
  EXPECT_EQ(prepared_.begin_beside(beside, &request_, &query_open_, error_),
            BARKER_E_INVALID_ARGUMENT)
      << "a request with ads";
  EXPECT_EQ(query_open_, nullptr);
  EXPECT_EQ(prepared_.begin_beside(nullptr, &request, &query_open_, error_),
            BARKER_E_INVALID_ARGUMENT);
  prepared_.end(beside);
}

TEST_F(Prepared, BypassesEachAdWithTheReasonOfRescore) {
  begin();
  ASSERT_EQ(score(), BARKER_OK);
  EXPECT_EQ(response_.reason, BARKER_REASON_NO_WEIGHTS);
  EXPECT_EQ(title(0), titles_[0]);
  end();
  load(weights(1));
  deadline_ns_ = 1;
  begin();
  ASSERT_EQ(score(), BARKER_OK);
  EXPECT_EQ(response_.reason, BARKER_REASON_DEADLINE);
  EXPECT_EQ(title(0), titles_[0]);
  end();
  prepared_.end(nullptr);
}

TEST_F(Prepared, CountsAsOneQueryWhenItEnds) {
  load(weights(1));
  begin();
  for (int i = 0; i < 5; ++i) ASSERT_EQ(score(), BARKER_OK);
  EXPECT_EQ(stats().queries, 0u);
  end();
  EXPECT_EQ(stats().queries, 1u);
  EXPECT_EQ(stats().rescored, 1u);
  EXPECT_EQ(stats().ads_rescored, 5u);
  begin();
  end();
  EXPECT_EQ(stats().bypassed, 1u) << "it had no ads";
}

TEST_F(Prepared, RefusesARequestWithAdsAndAdsThatCannotBeRead) {
  load(weights(1));
  fill(1);
  EXPECT_EQ(prepared_.begin(plugin_, &request_, &query_open_, error_), BARKER_E_INVALID_ARGUMENT);
  EXPECT_EQ(query_open_, nullptr);
  begin();
  ads_[0].struct_size = 8;
  EXPECT_EQ(score(), BARKER_E_INVALID_ARGUMENT);
  ads_[0].struct_size = sizeof ads_[0];
  ads_[0].reserved = 1;
  EXPECT_EQ(score(), BARKER_E_INVALID_ARGUMENT);
  EXPECT_EQ(response_.text_size, 0u);
  EXPECT_EQ(stats().errors, 2u);
  end();
}

}  // namespace
}  // namespace barker
