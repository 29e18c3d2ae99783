#include "index/engine/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "index/catalogue/ad_store.h"
#include "index/engine/engine_session.h"
#include "index/retrieval/index_writer.h"
#include "tests/models/weights/random_model.h"

namespace barker {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

CatalogueAd make_ad(const char* id, const char* title, const char* bid_term,
                    std::vector<std::string> points) {
  CatalogueAd ad;
  ad.id = id;
  ad.title = title;
  ad.bid_terms = {bid_term};
  ad.selling_points = std::move(points);
  return ad;
}

std::string small_index() {
  const std::string directory = temporary_path("index");
  const Status status =
      write_index({make_ad("a1", "Trail shoes", "running shoes", {"word1", "word2"}),
                   make_ad("a2", "Road shoes", "running shoes", {"word3"}),
                   make_ad("a3", "补水面膜", "面膜", {"word4"})},
                  directory);
  EXPECT_TRUE(status.ok()) << status.message();
  return directory;
}

EngineOptions options() {
  EngineOptions o;
  o.index = small_index();
  o.watched.weights = temporary_path("engine.barker");
  EXPECT_TRUE(write_weight_file(random_model(1), o.watched.weights).ok());
  o.plugin = BARKER_PLUGIN_PATH;
  return o;
}

TEST(Engine, FindsRescoresAndRewrites) {
  const auto engine = Engine::open(options());
  ASSERT_TRUE(engine.ok()) << engine.status().message();
  Profile user;
  user.keywords = {"word5"};
  const auto result = EngineSession(**engine).search("Running SHOES", user);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->status, "rescored");
  ASSERT_EQ(result->ads.size(), 2u);
  for (const AdShown& ad : result->ads) {
    ASSERT_FALSE(ad.selling_points.empty());
    const SellingPointShown& p = ad.selling_points[0];
    EXPECT_EQ(ad.title.substr(p.begin, p.end - p.begin), p.text);
  }
}

TEST(Engine, FindsChineseAds) {
  const auto engine = Engine::open(options());
  ASSERT_TRUE(engine.ok());
  const auto result = EngineSession(**engine).search("面膜", {});
  ASSERT_TRUE(result.ok());
  ASSERT_EQ(result->ads.size(), 1u);
  EXPECT_EQ(result->ads[0].id, "a3");
}

TEST(Engine, AnswersEveryOddQuery) {
  const auto engine = Engine::open(options());
  ASSERT_TRUE(engine.ok());
  for (const std::string& query :
       {std::string(), std::string(10'000, 'a'), std::string("\xFF\x01"),
        std::string("a OR (b AND \"c"), std::string(5000, ' ') + "shoes"}) {
    EXPECT_TRUE(EngineSession(**engine).search(query, {}).ok());
  }
}

TEST(Engine, ShowsTheFirstPassWhereThePluginRefusesTheQuery) {
  EngineOptions o = options();
  ASSERT_TRUE(write_index({make_ad("a1", "Trail <b> & shoes\x1b[2J", "shoes", {"word1"}),
                           make_ad("a2", "Road shoes", "shoes", {"word2"})},
                          o.index)
                  .ok());
  const auto engine = Engine::open(o);
  ASSERT_TRUE(engine.ok());
  Profile user;
  user.groups.resize(10'000, {"profile", {}});  // more than the plugin takes
  testing::internal::CaptureStderr();
  const auto result = EngineSession(**engine).search("shoes", user, /*explain=*/true);
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              AllOf(HasSubstr("refused the query"), HasSubstr("groups")));
  ASSERT_TRUE(result.ok()) << result.status().message();
  EXPECT_EQ(result->status, "bypassed");
  EXPECT_EQ(result->reason, "refused");
  ASSERT_EQ(result->ads.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    const AdShown& ad = result->ads[i];
    EXPECT_EQ(ad.rank, i + 1);
    EXPECT_EQ(ad.first_pass_rank, i + 1);
    EXPECT_TRUE(ad.selling_points.empty());
    EXPECT_EQ(ad.title, ad.id == "a1" ? "Trail &lt;b&gt; &amp; shoes [2J" : "Road shoes");
  }
  const auto next = EngineSession(**engine).search("shoes", {});
  ASSERT_TRUE(next.ok());
  EXPECT_EQ(next->status, "rescored");
}

TEST(Engine, NamesWhatItCannotOpen) {
  EngineOptions o = options();
  o.plugin = "/nowhere/libbarker.so";
  EXPECT_THAT(Engine::open(o).status().message(), HasSubstr("/nowhere/libbarker.so: no such file"));
  o = options();
  o.watched.weights = "/nowhere/w.barker";
  EXPECT_EQ(Engine::open(o).status().code(), Code::kNotFound);
  o = options();
  o.index = "/nowhere/index";
  EXPECT_EQ(Engine::open(o).status().code(), Code::kNotFound);
  o = options();
  std::filesystem::resize_file(o.watched.weights, 1000);
  EXPECT_THAT(Engine::open(o).status().message(), HasSubstr("truncated"));
}

TEST(Engine, WatchesASharedDirectoryOnlyWhereTheConfigurationAllowsIt) {
  EngineOptions o = options();
  const std::string directory = temporary_path("watched");
  std::filesystem::create_directory(directory);
  std::filesystem::rename(o.watched.weights, directory + "/000001.barker");
  std::ofstream(directory + "/CURRENT") << "000001.barker\n";
  ASSERT_EQ(chmod((directory + "/CURRENT").c_str(), 0666), 0);
  o.watched.weights = directory;
  o.watched.tell = [](const std::string&) {};
  for (const bool watch : {false, true}) {
    o.watch = watch;
    o.config = "";
    const auto refused = Engine::open(o);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.status().code(), Code::kBadData);
    EXPECT_THAT(refused.status().message(), HasSubstr("only its owner can write to"));
    o.config = "shared_directory = true";
    const auto allowed = Engine::open(o);
    EXPECT_TRUE(allowed.ok()) << allowed.status().message();
  }
}

TEST(AdStore, RefusesDamage) {
  const std::string directory = small_index();
  std::filesystem::resize_file(directory + "/ads.store", 40);
  EXPECT_EQ(AdStore::open(directory + "/ads.store").status().code(), Code::kBadData);
}

TEST(AdStore, IsCopiedWhereOthersMayWriteToIt) {
  const std::string path = small_index() + "/ads.store";
  std::filesystem::permissions(path, std::filesystem::perms::group_write,
                               std::filesystem::perm_options::add);
  const auto store = AdStore::open(path);
  ASSERT_TRUE(store.ok()) << store.status().message();
  std::filesystem::resize_file(path, 0);
  EXPECT_EQ(store->size(), 3u);  // if it were mapped, this would end the process
}

TEST(AdStore, RefusesWhatIsNoFileOrTooLargeAndNamesIt) {
  const std::string path = temporary_path("ads.store");
  EXPECT_EQ(AdStore::open(path).status().code(), Code::kNotFound);
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(AdStore::open(path).status().message(), path + ": is not a regular file");
  std::filesystem::remove(path);
  std::ofstream(path) << "";
  EXPECT_THAT(AdStore::open(path).status().message(), HasSubstr(path + ": expected a well-formed"));
  std::filesystem::resize_file(path, kMaxAdStore + 1);  // a sparse file
  EXPECT_THAT(AdStore::open(path).status().message(), HasSubstr(path + ": expected at most"));
  std::filesystem::remove(path);
}

TEST(WriteIndex, ReplacesAnIndexButNothingElse) {
  const std::string directory = small_index();
  EXPECT_TRUE(write_index({make_ad("b", "Other", "other", {})}, directory).ok());
  EXPECT_EQ(AdStore::open(directory + "/ads.store")->size(), 1u);
  const std::string precious = temporary_path("precious");
  std::filesystem::create_directories(precious + "/photos");
  EXPECT_THAT(write_index({make_ad("b", "Other", "other", {})}, precious).message(),
              HasSubstr("is no index"));
  EXPECT_TRUE(std::filesystem::exists(precious + "/photos"));
}

}  // namespace
}  // namespace barker
