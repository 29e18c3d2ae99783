// What the plugin answers: scores, order, selling points, titles, and when it does not.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "models/text/fingerprint.h"
#include "models/text/keywords.h"
#include "models/weights/weight_file.h"
#include "scoring/forward.h"
#include "scoring/isa.h"
#include "tests/plugin/plugin_fixture.h"
#include "tests/scoring/golden_model.h"

namespace barker {
namespace {

// Weights of finite numbers that make an infinite one of a keyword.
std::string overflowing(size_t keyword, const RandomModelOptions& options = {}) {
  ModelSpec model = random_model(1, options);
  std::fill_n(model.tensors["embedding"].begin() + static_cast<ptrdiff_t>(keyword * options.dim),
              options.dim, 1e30f);
  for (auto& [name, weights] : model.tensors) {
    const float scale = name == "mlp.1.weight" ? 1e10f : name.starts_with("head.") ? 1e-10f : 1;
    for (float& weight : weights) weight *= scale;
  }
  std::string path = temporary_path("overflowing.barker");
  EXPECT_TRUE(write_weight_file(model, path).ok());
  return path;
}

// What a request gets, in every number and byte.
std::string answer(const std::vector<barker_result_ad>& ads, const std::string& text) {
  std::string all = text;
  for (const barker_result_ad& ad : ads) {
    all.append(reinterpret_cast<const char*>(&ad), sizeof ad);
  }
  return all;
}

TEST_F(Plugin, ScoresAsTheEquationsSay) {
  const std::string path = weights(1);
  load(path);
  fill(20);
  ASSERT_EQ(rescore(), BARKER_OK) << error_;
  EXPECT_EQ(response_.status, BARKER_STATUS_RESCORED);
  EXPECT_EQ(response_.generation, generation_);
  const auto file = WeightFile::open(path).value();
  const Network network = Network::bind(*file);
  const uint32_t hist[] = {3, 4}, query[] = {1, 2};
  const std::vector<Bag> groups = {{hist, nullptr, 2}, {query, nullptr, 2}, {}};
  const std::vector<uint32_t> targets = {10, 11, 12};
  for (size_t rank = 0; rank < 20; ++rank) {
    const barker_result_ad& r = results_[rank];
    const uint32_t words[] = {static_cast<uint32_t>(r.ad), static_cast<uint32_t>(r.ad + 1)};
    const std::vector<Bag> titles = {{words, nullptr, 2}};
    const ReferenceOutputs expected = reference_forward(network, groups, targets, titles);
    const double pctr = 1 / (1 + std::exp(-expected.aux_logits[0]));
    EXPECT_NEAR(r.pctr, pctr, 1e-5);
    EXPECT_NEAR(r.score, pctr, 1e-5);
    if (rank > 0) {
      EXPECT_GE(results_[rank - 1].score, r.score);
    }
    for (uint32_t k = 0; k < r.chosen_count; ++k) {
      EXPECT_NEAR(r.chosen[k].score, 1 / (1 + std::exp(-expected.main_logits[r.chosen[k].index])),
                  1e-5);
      EXPECT_EQ(title(rank).substr(r.chosen[k].begin, r.chosen[k].end - r.chosen[k].begin),
                point_texts_[r.chosen[k].index]);
    }
  }
}

TEST_F(Plugin, KeepsTheWindowAboveTheRestInFirstPassOrder) {
  load(weights(2));
  fill(30);
  request_.window = 10;
  ASSERT_EQ(rescore(), BARKER_OK);
  for (size_t rank = 0; rank < 30; ++rank) {
    EXPECT_EQ(results_[rank].rescored, rank < 10 ? 1u : 0u);
    if (rank >= 10) {
      EXPECT_EQ(results_[rank].ad, rank);
    }
  }
}

TEST_F(Plugin, TakesAWindowLargerThanTheResult) {
  load(weights(2));
  fill(3);
  request_.window = 1000;
  ASSERT_EQ(rescore(), BARKER_OK);
  EXPECT_EQ(response_.ad_count, 3u);
}

TEST_F(Plugin, BypassesWhereTheScoreOfASellingPointIsNotFinite) {
  load(overflowing(10, {.auxiliary = false}));  // word10, an SP of all ads
  fill(5);
  ASSERT_EQ(rescore(), BARKER_OK);
  EXPECT_EQ(response_.status, BARKER_STATUS_BYPASSED);
  EXPECT_EQ(response_.reason, BARKER_REASON_NON_FINITE);
}

TEST_F(Plugin, KeepsScoresFiniteWhateverTheNumbersOfARequestAre) {
  make("[order]\nbid = 10\nfirst_pass = 10\n");
  load(weights(1));
  const std::string name = "profile", token = "f1";
  const barker_string tokens[] = {view(token), view(token)};
  for (const float weight : {1e-45f, 1e-40f, 0.0f, 1e12f}) {
    const float weights[] = {weight, weight};
    const barker_group group = {sizeof group, view(name), tokens, 2, weights};
    fill(5);
    for (barker_ad& ad : ads_) ad.bid = ad.first_pass_score = BARKER_MAX_NUMBER;
    request_.groups = &group;
    request_.group_count = 1;
    request_.group_stride = sizeof group;
    ASSERT_EQ(rescore(), BARKER_OK) << error_;
    EXPECT_EQ(response_.status, BARKER_STATUS_RESCORED) << weight;
    for (const barker_result_ad& r : results_) EXPECT_TRUE(std::isfinite(r.score)) << weight;
  }
}

// A host may give the words of titles, or leave the splitting to the plugin.
TEST_F(Plugin, ComposesTheWordsOfAHostAsThoseOfATitleThatItSplitsItself) {
  ModelSpec model = random_model(1);
  model.golden.clear();  // they name the keyword that is renamed
  model.names[7] = "word1 word2";
  model.phrases = {"word1 word2", "word3 word4"};
  const std::string path = temporary_path("phrases.barker");
  ASSERT_TRUE(write_weight_file(model, path).ok());
  load(path);
  const std::vector<std::string> titles = {"word1 word2 word5",
                                           "word1. Word2 word5",
                                           "word3 word4 word6",
                                           "word3, word4 word6",
                                           "word7",
                                           ""};
  const auto pctrs = [&](bool as_words) {
    fill(titles.size());
    std::vector<std::vector<uint64_t>> words(titles.size());
    for (size_t i = 0; i < titles.size(); ++i) {
      ads_[i].title = view(titles[i]);
      split_words(titles[i], words[i]);
      words[i].reserve(1);  // the words of no title are an empty list, and not none
      if (!as_words) continue;
      ads_[i].title_keywords = words[i].data();
      ads_[i].title_keyword_count = words[i].size();
    }
    EXPECT_EQ(rescore(), BARKER_OK) << error_;
    std::vector<double> by_ad(titles.size());
    for (const barker_result_ad& result : results_) by_ad[result.ad] = result.pctr;
    return by_ad;
  };
  const std::vector<double> composed = pctrs(/*as_words=*/true);
  EXPECT_EQ(composed, pctrs(/*as_words=*/false));
  EXPECT_NE(composed[0], composed[1]) << "a phrase within a clause, and words in two";
  EXPECT_NE(composed[2], composed[3]);
}

TEST_F(Plugin, BypassesWithAReason) {
  fill(3);
  ASSERT_EQ(rescore(), BARKER_OK);
  EXPECT_EQ(response_.reason, BARKER_REASON_NO_WEIGHTS);
  load(weights(3));
  request_.deadline_ns = 1;
  ASSERT_EQ(rescore(), BARKER_OK);
  EXPECT_EQ(response_.status, BARKER_STATUS_BYPASSED);
  EXPECT_EQ(response_.reason, BARKER_REASON_DEADLINE);
  for (size_t rank = 0; rank < 3; ++rank) EXPECT_EQ(title(rank), titles_[rank]);
  fill(0);
  ASSERT_EQ(rescore(), BARKER_OK);
  EXPECT_EQ(response_.reason, BARKER_REASON_NO_ADS);
}

// With another user, for the same user's stale scores would look right.
TEST_F(Plugin, ABypassedQueryLeavesNothingToTheNext) {
  const std::string config = "[title]\nformat = \"plain\"\n";
  const std::string path = overflowing(49), word49 = "word49";
  const auto overflow = [&] {
    const std::vector<barker_string> user = std::exchange(user_, {view(word49)});
    fill(5);
    ASSERT_EQ(rescore(), BARKER_OK);
    ASSERT_EQ(response_.reason, BARKER_REASON_NON_FINITE);
    user_ = user;
  };
  const auto scores = [&] {
    fill(5);
    EXPECT_EQ(rescore(), BARKER_OK);
    std::vector<double> all;
    for (const barker_result_ad& r : results_) {
      for (uint32_t k = 0; k < r.chosen_count; ++k) all.push_back(r.chosen[k].score);
    }
    return all;
  };
  make(config);
  load(path);
  const std::vector<double> expected = scores();
  ASSERT_FALSE(expected.empty());
  make(config);
  load(path);
  overflow();  // on a workspace that is new
  EXPECT_EQ(scores(), expected);
  make(config);
  load(path);
  const std::vector<barker_string> user = std::exchange(user_, {});
  EXPECT_NE(scores(), expected);
  overflow();  // on one that another user's query filled
  user_ = user;
  EXPECT_EQ(scores(), expected);
  overflow();
  load(weights(2));  // on one that goes on with other weights
  load(path);
  EXPECT_EQ(scores(), expected);
}

TEST_F(Plugin, AnswersOddQueriesAndStrangers) {
  load(weights(4));
  for (const std::string& query : {std::string(), std::string(10'000, 'x'), std::string("\xFF\xFE"),
                                   std::string("补水 保湿")}) {
    query_ = query;
    fill(5);
    request_.user_keyword_count = 0;
    ASSERT_EQ(rescore(), BARKER_OK) << error_;
    EXPECT_EQ(response_.status, BARKER_STATUS_RESCORED);
  }
}

TEST_F(Plugin, AnswersScreenedQueriesAsInFloatBitForBit) {
  for (const uint64_t seed : {41, 42, 43}) {
    ModelSpec model = random_model(seed, {.hidden = {64, 32}});
    model.architecture.tables = TableElement::kF16;
    model.architecture.compute = ComputeSpec::kInt8;
    model.architecture.compute_bound = 0.3f;
    const std::string path = temporary_path("screened.barker");
    ASSERT_TRUE(write_weight_file(model, path).ok());
    point_texts_.clear();
    for (int i = 5; i < 45; ++i) point_texts_.push_back("word" + std::to_string(i));
    std::string answers[2];
    for (const char* numbers : {"exact", "screened"}) {
      make(std::string("numbers = \"") + numbers + "\"\n");
      load(path);
      for (int user = 0; user < 40; ++user) {
        user_texts_ = {"word" + std::to_string(user), "word" + std::to_string(49 - user)};
        user_ = {view(user_texts_[0]), view(user_texts_[1])};
        fill(20);
        ASSERT_EQ(rescore(), BARKER_OK) << error_;
        answers[numbers[0] == 's'] += answer(results_, text_.substr(0, response_.text_size));
      }
    }
    EXPECT_EQ(answers[0], answers[1]);
    barker_stats stats{};
    stats.struct_size = sizeof stats;
    ASSERT_EQ(api().stats(plugin_, &stats), BARKER_OK);
    EXPECT_EQ(stats.candidates_scored, 40u * 40u);
    EXPECT_EQ(stats.screen_violations, 0u);
    if (supported_isas().back() == Isa::kBaseline) continue;  // it computes in float
    EXPECT_GT(stats.candidates_rescored, 40u);
    EXPECT_LT(stats.candidates_rescored, stats.candidates_scored);
  }
}

TEST_F(Plugin, CountsWhereABoundDoesNotHold) {
  ModelSpec model = random_model(44, {.hidden = {64, 32}});
  model.architecture.compute = ComputeSpec::kInt8;
  model.architecture.compute_bound = 1e-7f;
  model.architecture.screen = true;  // the file asks for it
  const std::string path = temporary_path("violated.barker");
  ASSERT_TRUE(write_weight_file(model, path).ok());
  if (supported_isas().back() == Isa::kBaseline) GTEST_SKIP() << "baseline computes in float";
  make("");
  load(path);
  fill(5);
  ASSERT_EQ(rescore(), BARKER_OK);
  barker_stats stats{};
  stats.struct_size = sizeof stats;
  ASSERT_EQ(api().stats(plugin_, &stats), BARKER_OK);
  EXPECT_GT(stats.screen_violations, 0u);
}

}  // namespace
}  // namespace barker
