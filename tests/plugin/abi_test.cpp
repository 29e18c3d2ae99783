// The plugin's table of functions: requests good and bad, weights in and out, versions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "models/weights/weight_file.h"
#include "tests/plugin/plugin_fixture.h"
#include "tests/scoring/golden_model.h"

namespace barker {
namespace {

using ::testing::HasSubstr;

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
  request_.user = view(long_text);
  refused("user.size: expected at most 65536, found 65537");
  std::vector<barker_string> tokens(BARKER_MAX_TOKENS + 1);
  request_.user_keywords = tokens.data();
  request_.user_keyword_count = tokens.size();
  refused("user_keywords count: expected at most 100000");
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
  EXPECT_THAT(refused([&] { ads_[1].flags = 2; }), HasSubstr("ads[1].flags"));
  EXPECT_THAT(refused([&] { ads_[2].reserved = 1; }), HasSubstr("ads[2].reserved"));
  EXPECT_THAT(refused([&] { ads_[0].struct_size = 1; }), HasSubstr("ads[0].struct_size"));
  EXPECT_THAT(refused([&] { response_.ad_capacity = 2; }), HasSubstr("ad_capacity"));
  EXPECT_THAT(refused([&] { response_.ad_stride = sizeof(barker_result_ad) - 4; }),
              HasSubstr("ads stride"));
  EXPECT_THAT(refused([&] { response_.ads = nullptr; }), HasSubstr("ads: expected a pointer"));
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
