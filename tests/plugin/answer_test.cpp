// What the plugin answers: scores, order, selling points, titles, and when it does not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <set>
#include <span>
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

using ::testing::HasSubstr;

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

TEST_F(Plugin, PromotesTheRightBytesOfATitleThatIsNotUtf8) {
  make("[title]\nformat = 'plain'\n[selling_points]\ncount = 1\nduplicates = 'promote'\n");
  load(weights(1));
  fill(1);
  const std::string invalid = "\xFF word10 bag";
  ads_[0].title = view(invalid);
  ads_[0].title_keywords = nullptr;
  ads_[0].selling_point_count = 1;  // word10
  ASSERT_EQ(rescore(), BARKER_OK);
  ASSERT_EQ(results_[0].chosen_count, 1u);
  EXPECT_EQ(results_[0].chosen[0].promoted, 1u);
  EXPECT_EQ(title(0), "word10 \xEF\xBF\xBD bag");
}

TEST_F(Plugin, ForbidsAClaimUnderTheFingerprintOfAnother) {
  load(weights(1));
  const auto& rules = *static_cast<const barker_rules*>(api().get_extension(BARKER_EXT_RULES));
  const std::string claim = "BEST of all";
  const auto shown = [&] {
    fill(3);
    points_[0].text = view(claim);  // under the fingerprint of word10
    points_[0].fingerprint = keyword_fingerprint("word10");
    for (size_t p = 1; p < points_.size(); ++p) points_[p] = points_[0];
    EXPECT_EQ(rescore(), BARKER_OK);
    EXPECT_EQ(response_.status, BARKER_STATUS_RESCORED);
    size_t count = 0;
    for (const barker_result_ad& r : results_) count += r.chosen_count;
    return count;
  };
  EXPECT_GT(shown(), 0u) << "without rules a fingerprint is believed";
  ASSERT_EQ(rules.load_rules(plugin_, view(std::string("[[forbid]]\npattern = 'best'\n")), error_),
            BARKER_OK);
  EXPECT_EQ(shown(), 0u);
}

TEST_F(Plugin, LeavesAnOptedOutTitleAlone) {
  load(weights(2));
  fill(5);
  for (barker_ad& ad : ads_) ad.flags = BARKER_AD_OPT_OUT;
  ASSERT_EQ(rescore(), BARKER_OK);
  for (size_t rank = 0; rank < 5; ++rank) EXPECT_EQ(title(rank), titles_[results_[rank].ad]);
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

TEST_F(Plugin, NeverShowsASellingPointThatCannotBeSeen) {
  load(weights(1));
  fill(3);
  for (barker_selling_point& point : points_)
    point.fingerprint = fingerprint(std::string(point.text.data, point.text.size));
  const std::string invisible = "\u200B\u202E";
  points_[0].text = {nullptr, 0};
  points_[1].text = view(invisible);
  ASSERT_EQ(rescore(), BARKER_OK) << error_;
  for (size_t rank = 0; rank < 3; ++rank) {
    EXPECT_EQ(title(rank).find("<em></em>"), std::string::npos) << title(rank);
    for (uint32_t k = 0; k < results_[rank].chosen_count; ++k)
      EXPECT_GE(results_[rank].chosen[k].index, 2u);
  }
}

// The model knows each of the spellings, and its random weights keep them apart, so that nothing
// but their words tells that they say the same.
TEST_F(Plugin, ShowsOneSpellingOfASellingPointAtMost) {
  const std::vector<std::vector<std::string>> same = {
      {"Wi-Fi", "WiFi", "wi‑fi™"},
      {"free shipping", "Free-Shipping", "FREE  SHIPPING!"},
      {"anti-slip", "AntiSlip", "ａｎｔｉ slip"},
      {"men's", "mens", "Men’s"},
      {"防水 袋", "防水袋", "防水-袋"}};
  for (const std::vector<std::string>& spellings : same) {
    std::set<std::string> names;
    for (const std::string& spelling : spellings) names.insert(normalize_keyword(spelling));
    ASSERT_GT(names.size(), 1u) << spellings[0] << ": one keyword, so that this proves nothing";
    for (uint64_t seed = 1; seed <= 8; ++seed) {
      ModelSpec model = random_model(seed);
      model.golden.clear();  // they name the keywords that are renamed
      size_t row = 20;
      for (const std::string& name : names) model.names[row++] = name;
      const std::string path = temporary_path("spellings.barker");
      ASSERT_TRUE(write_weight_file(model, path).ok());
      for (const char* duplicates : {"skip", "promote"}) {
        make("[selling_points]\ncount = 3\nmaximum_cosine = 1.0\nduplicates = '" +
             std::string(duplicates) + "'\n");
        load(path);
        point_texts_ = spellings;
        point_texts_.push_back("word30");
        fill(10);
        ASSERT_EQ(rescore(), BARKER_OK) << error_;
        ASSERT_EQ(response_.status, BARKER_STATUS_RESCORED);
        for (const barker_result_ad& ad : results_) {
          const auto shown = std::ranges::count_if(
              std::span(ad.chosen, ad.chosen_count),
              [&](const barker_chosen& chosen) { return chosen.index < spellings.size(); });
          EXPECT_EQ(shown, 1) << spellings[0] << ", seed " << seed;
          EXPECT_EQ(ad.chosen_count, 2u) << "the other selling point is shown beside it";
        }
      }
      std::filesystem::remove(path);
    }
  }
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

TEST_F(Plugin, ObeysRulesFromTheNextQueryOn) {
  const auto* rules = static_cast<const barker_rules*>(api().get_extension(BARKER_EXT_RULES));
  ASSERT_TRUE(rules);
  const auto obey = [&](const std::string& toml) {
    ASSERT_EQ(rules->load_rules(plugin_, view(toml), error_), BARKER_OK) << error_;
    fill(6);
    for (size_t i = 0; i < 6; ++i) ads_[i].merchant = view(i % 2 ? merchants_[1] : merchants_[0]);
    ASSERT_EQ(rescore(), BARKER_OK) << error_;
  };
  const auto shown = [&](const std::string& point) {
    size_t count = 0;
    for (const barker_result_ad& ad : results_) {
      for (uint32_t k = 0; k < ad.chosen_count; ++k) {
        count += point_texts_[ad.chosen[k].index] == point;
      }
    }
    return count;
  };
  load(weights(50));
  obey("");
  const std::string best = point_texts_[results_[0].chosen[0].index];
  EXPECT_EQ(shown(best), 6u);
  obey("selling_points_off = ['" + best + "']");
  EXPECT_EQ(shown(best), 0u);
  EXPECT_EQ(results_[0].chosen_count, 2u);  // others take its place
  obey("[[forbid]]\npattern = '" + best + "'");
  EXPECT_EQ(shown(best), 0u);
  obey("merchants_off = ['" + merchants_[1] + "']");
  EXPECT_EQ(shown(best), 3u);
  obey("off = true");
  EXPECT_EQ(response_.reason, BARKER_REASON_DISABLED);
  EXPECT_EQ(shown(best), 0u);
  // A wrong text leaves the rules before in force; other weights obey them, too.
  EXPECT_EQ(rules->load_rules(plugin_, view(std::string("of = true")), error_), BARKER_E_CONFIG);
  ASSERT_EQ(rescore(), BARKER_OK);
  EXPECT_EQ(response_.reason, BARKER_REASON_DISABLED);
  obey("[[forbid]]\npattern = 'word1[0-9]'");
  load(weights(51));
  ASSERT_EQ(rescore(), BARKER_OK);
  for (const barker_result_ad& ad : results_) EXPECT_EQ(ad.chosen_count, 0u);
  ASSERT_EQ(api().rollback(plugin_, nullptr, error_), BARKER_OK);
  ASSERT_EQ(rescore(), BARKER_OK);
  for (const barker_result_ad& ad : results_) EXPECT_EQ(ad.chosen_count, 0u);
}

TEST_F(Plugin, ExplainsEverySellingPoint) {
  load(weights(9));
  fill(2);
  const auto* explain = static_cast<const barker_explain*>(api().get_extension(BARKER_EXT_EXPLAIN));
  barker_string json{};
  ASSERT_EQ(explain->explain(plugin_, &request_, &json, error_), BARKER_OK) << error_;
  const std::string text(json.data, json.size);
  explain->release(json);
  EXPECT_THAT(text, HasSubstr("unknown to the model"));
  EXPECT_THAT(text, HasSubstr("attention"));
}

}  // namespace
}  // namespace barker
