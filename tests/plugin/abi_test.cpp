// The plugin as a host meets it: dlopen, the C table, requests good and bad.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>
#include <utility>

#include "models/fingerprint.h"
#include "models/keywords.h"
#include "models/weight_file.h"
#include "plugin/barker.h"
#include "scoring/forward.h"
#include "scoring/isa.h"
#include "tests/plugin/asker.h"
#include "tests/scoring/golden_model.h"

namespace barker {
namespace {

using ::testing::HasSubstr;

const barker_host kHost = {sizeof(barker_host), BARKER_ABI_MAJOR, BARKER_ABI_MINOR, nullptr,
                           nullptr};

std::string weights(uint64_t seed, const RandomModelOptions& options = {}) {
  const std::string path = temporary_path("abi.barker");
  EXPECT_TRUE(write_weight_file(random_model(seed, options), path).ok());
  return path;
}

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

TEST_F(Plugin, RefusesARequestBeyondItsLimitsAndNamesThem) {
  load(weights(1));
  const auto refused = [&](const char* what) {
    EXPECT_EQ(rescore(), BARKER_E_INVALID_ARGUMENT) << what;
    EXPECT_THAT(error_, HasSubstr(what));
    fill(5);
  };
  fill(5);
  const std::string long_text(BARKER_MAX_TEXT_SIZE + 1, 'a');
  request_.query = view(long_text);
  refused("query.size: expected at most 65536, found 65537");
  ads_[3].title = view(long_text);
  refused("ads[3].title.size");
  ads_[2].bid = 2e12;
  refused("ads[2].bid: expected a number from 0 to 1e12");
  ads_[1].first_pass_score = -1;
  refused("ads[1].first_pass_score");
  std::vector<uint64_t> keywords(BARKER_MAX_TITLE_KEYWORDS + 1);
  ads_[1].title_keywords = keywords.data();
  ads_[1].title_keyword_count = keywords.size();
  refused("ads[1].title_keyword_count: expected at most 4096");
  std::vector<barker_selling_point> points(BARKER_MAX_AD_SELLING_POINTS + 1, points_[0]);
  ads_[1].selling_points = points.data();
  ads_[1].selling_point_count = points.size();
  refused("selling_points count: expected at most 1024");
  std::vector<barker_string> tokens(BARKER_MAX_TOKENS + 1);
  request_.user_keywords = tokens.data();
  request_.user_keyword_count = tokens.size();
  refused("user_keywords count: expected at most 100000");
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

TEST_F(Plugin, RefusesWhatCannotBeReadAndSaysWhich) {
  load(weights(4));
  const auto refused = [&](auto spoil) {
    fill(3);
    spoil();
    return rescore() == BARKER_E_INVALID_ARGUMENT ? std::string(error_) : "accepted";
  };
  EXPECT_THAT(refused([&] { request_.struct_size = 8; }), HasSubstr("request"));
  EXPECT_THAT(refused([&] { request_.ads = nullptr; }), HasSubstr("ads"));
  EXPECT_THAT(refused([&] { request_.ad_stride = 3; }), HasSubstr("stride"));
  EXPECT_THAT(refused([&] { request_.ad_count = ~uint64_t{0}; }), HasSubstr("count"));
  EXPECT_THAT(refused([&] { request_.query = {nullptr, 5}; }), HasSubstr("query"));
  EXPECT_THAT(refused([&] { ads_[1].bid = NAN; }), HasSubstr("ads[1].bid"));
  EXPECT_THAT(refused([&] { ads_[2].first_pass_score = -1; }),
              HasSubstr("ads[2].first_pass_score"));
  EXPECT_THAT(refused([&] { ads_[0].struct_size = 1; }), HasSubstr("ads[0].struct_size"));
  EXPECT_THAT(refused([&] {
                points_[1].text = {nullptr, 9};
              }),
              HasSubstr("selling_points[1].text"));
  EXPECT_THAT(refused([&] { response_.ad_capacity = 2; }), HasSubstr("ad_capacity"));
  EXPECT_THAT(refused([&] { response_.text_capacity = 4; }), HasSubstr("text_capacity"));
  EXPECT_GT(response_.text_size, 4u);
  EXPECT_EQ(api().rescore(plugin_, nullptr, &response_, error_), BARKER_E_INVALID_ARGUMENT);
  EXPECT_EQ(api().rescore(plugin_, &request_, nullptr, nullptr), BARKER_E_INVALID_ARGUMENT);
}

TEST_F(Plugin, KeepsServingWhenAFileIsRefused) {
  load(weights(5));
  const uint64_t before = generation_;
  const std::string bad = temporary_path("bad.barker");
  std::ofstream(bad) << "not weights";
  EXPECT_EQ(api().load_weights(plugin_, view(bad), nullptr, error_), BARKER_E_BAD_WEIGHTS);
  EXPECT_THAT(error_, HasSubstr("check"));
  EXPECT_EQ(api().load_weights(plugin_, view(std::string("/nowhere")), nullptr, error_),
            BARKER_E_NOT_FOUND);
  fill(3);
  ASSERT_EQ(rescore(), BARKER_OK);
  EXPECT_EQ(response_.generation, before);
  barker_stats stats{};
  stats.struct_size = sizeof stats;
  ASSERT_EQ(api().stats(plugin_, &stats), BARKER_OK);
  EXPECT_EQ(stats.loads_refused, 2u);
  EXPECT_EQ(stats.generation, before);
}

TEST_F(Plugin, RollsBackToTheGenerationBefore) {
  EXPECT_EQ(api().rollback(plugin_, nullptr, error_), BARKER_E_NO_WEIGHTS);
  load(weights(6));
  const uint64_t first = generation_;
  load(weights(7));
  ASSERT_EQ(api().rollback(plugin_, &generation_, error_), BARKER_OK);
  EXPECT_EQ(generation_, first);
}

TEST_F(Plugin, RefusesHostsOfAnotherVersionAndBadConfigurations) {
  barker_plugin* other = nullptr;
  barker_host host = kHost;
  host.abi_major = 2;
  EXPECT_EQ(api().create(&host, {nullptr, 0}, &other, error_), BARKER_E_VERSION);
  EXPECT_THAT(error_, HasSubstr("2." + std::to_string(BARKER_ABI_MINOR)));
  EXPECT_EQ(api().create(&kHost, view(std::string("windw = 1")), &other, error_), BARKER_E_CONFIG);
  EXPECT_THAT(error_, HasSubstr("windw"));
  EXPECT_EQ(other, nullptr);
}

TEST_F(Plugin, VerifiesAFileCheckByCheck) {
  const auto* verify = static_cast<const barker_verify*>(api().get_extension(BARKER_EXT_VERIFY));
  ASSERT_TRUE(verify);
  int checks = 0;
  const auto count = [](void* context, barker_string, int32_t passed, barker_string) {
    *static_cast<int*>(context) += passed;
  };
  EXPECT_EQ(verify->verify(view(weights(8)), {nullptr, 0}, count, &checks, error_), BARKER_OK)
      << error_;
  EXPECT_GE(checks, 11);
  EXPECT_EQ(api().get_extension("barker.unknown/1"), nullptr);
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

// Every answer must be bit for bit that of the one generation it names, whatever is swapped
// meanwhile.
TEST_F(Plugin, EveryQuerySeesOneGenerationWhileWeightsAreSwapped) {
  const std::string paths[] = {weights(10), weights(11)};
  double expected[2];
  for (int i = 0; i < 2; ++i) {
    load(paths[i]);
    fill(20);
    ASSERT_EQ(rescore(), BARKER_OK);
    expected[i] = results_[0].score;
  }
  std::atomic<bool> stop{false};
  std::atomic<int> answered{0};
  std::vector<std::thread> readers;
  for (int t = 0; t < 2; ++t) {
    readers.emplace_back([&] {
      std::vector<barker_result_ad> results(20);
      std::string text(1 << 16, '\0');
      while (!stop) {
        for (barker_result_ad& r : results) r.struct_size = sizeof r;
        barker_response response{};
        response.struct_size = sizeof response;
        response.ads = results.data();
        response.ad_capacity = 20;
        response.ad_stride = sizeof results[0];
        response.text = text.data();
        response.text_capacity = text.size();
        ASSERT_EQ(api().rescore(plugin_, &request_, &response, nullptr), BARKER_OK);
        // Odd generations are the first file, even ones the second.
        EXPECT_EQ(results[0].score, expected[(response.generation + 1) % 2]);
        ++answered;
      }
    });
  }
  // Until the readers had their share; they may not even run yet when the first swaps are done.
  for (int i = 0; i < 60 || (answered < 100 && i < 100'000); ++i) load(paths[i % 2]);
  stop = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_GT(answered, 0);
}

// What a request gets, in every number and byte.
std::string answer(const std::vector<barker_result_ad>& ads, const std::string& text) {
  std::string all = text;
  for (const barker_result_ad& ad : ads) {
    all.append(reinterpret_cast<const char*>(&ad), sizeof ad);
  }
  return all;
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

TEST_F(Plugin, TakesAdsOfTheFirstVersionsSize) {
  load(weights(52));
  fill(3);
  // Ads of a host that was built against 1.0 lie closer together.
  constexpr size_t kOld = offsetof(barker_ad, merchant);
  std::vector<unsigned char> old(3 * kOld);
  for (size_t i = 0; i < 3; ++i) {
    ads_[i].struct_size = kOld;
    std::memcpy(old.data() + i * kOld, &ads_[i], kOld);
  }
  request_.ads = reinterpret_cast<const barker_ad*>(old.data());
  request_.ad_stride = kOld;
  ASSERT_EQ(rescore(), BARKER_OK) << error_;
  EXPECT_EQ(response_.status, BARKER_STATUS_RESCORED);
  EXPECT_GT(results_[0].chosen_count, 0u);
}

TEST_F(Plugin, RollsBackWithoutTheFile) {
  const std::string first = weights(53);
  load(first);
  load(weights(54));
  std::remove(first.c_str());
  uint64_t generation = 0;
  ASSERT_EQ(api().rollback(plugin_, &generation, error_), BARKER_OK) << error_;
  EXPECT_EQ(generation, generation_ - 1);
}

TEST_F(Plugin, RefusesWeightsThatAreTooSlow) {
  const auto frozen = [](const std::vector<uint32_t>& hidden) {
    const std::string path = temporary_path("slow.barker");
    ModelSpec model = model_with_golden(hidden);
    model.golden_tolerance = 0.01f;  // large random layers have large logits
    EXPECT_TRUE(write_weight_file(model, path).ok());
    return path;
  };
  make("latency_gate = 5.0");
  load(frozen({8}));
  load(frozen({9}));
  EXPECT_EQ(api().load_weights(plugin_, view(frozen({1024, 1024, 1024})), nullptr, error_),
            BARKER_E_BAD_WEIGHTS);
  EXPECT_THAT(error_, HasSubstr("check latency"));
  EXPECT_EQ(api().load_weights(plugin_, view(weights(1)), nullptr, error_), BARKER_E_BAD_WEIGHTS);
  EXPECT_THAT(error_, HasSubstr("expected golden vectors to be timed by, found none"));
  make("");
  load(frozen({8}));
  load(frozen({1024, 1024, 1024}));
}

TEST_F(Plugin, RefusesDirectoriesInWhichOthersMayReplaceFiles) {
  namespace fs = std::filesystem;
  const std::string directory = temporary_path("open");
  fs::create_directory(directory);
  fs::copy_file(weights(60), directory + "/w.barker");
  fs::permissions(directory, fs::perms::all);
  const std::string path = directory + "/w.barker";
  EXPECT_NE(api().load_weights(plugin_, view(path), nullptr, error_), BARKER_OK);
  EXPECT_THAT(error_, HasSubstr("0777"));
  make("shared_directory = true");
  load(path);
  make("");
  fs::permissions(directory, fs::perms::owner_all);
  load(path);
  fs::remove_all(directory);
}

}  // namespace
}  // namespace barker
