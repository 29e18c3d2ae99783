#include "index/engine/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "index/catalogue/ad_store.h"
#include "index/engine/engine_session.h"
#include "index/retrieval/index_writer.h"
#include "tests/models/weights/random_model.h"

namespace barker {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

CatalogueAd make_ad(const char* id, const char* title, const char* bid_term,
                    std::vector<std::string> points) {
  CatalogueAd ad;
  ad.id = id;
  ad.title = title;
  ad.bid_terms = {{bid_term}};
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

// A model that knows two phrases as keywords, and a third that has no row.
std::string weights_with_phrases() {
  ModelSpec model = random_model(1);
  model.golden.clear();  // they name the keywords that are renamed
  model.names[7] = "whisper quiet";
  model.names[8] = "rapid boil";
  model.phrases = {"whisper quiet", "rapid boil", "word2 word3"};
  const std::string path = temporary_path("phrases.barker");
  EXPECT_TRUE(write_weight_file(model, path).ok());
  return path;
}

// The page of "kettle" with an explanation, over a catalogue.
SearchResult kettles(const std::vector<CatalogueAd>& ads) {
  EngineOptions o = options();
  o.index = temporary_path("kettles");
  EXPECT_TRUE(write_index(ads, o.index).ok());
  o.watched.weights = weights_with_phrases();
  const auto engine = Engine::open(o);
  EXPECT_TRUE(engine.ok()) << engine.status().message();
  auto page = EngineSession(**engine).search("kettle", {}, {.explain = true});
  EXPECT_TRUE(page.ok());
  return std::move(page).value();
}

double pctr_of(const SearchResult& page, std::string_view id) {
  const auto ad = std::ranges::find(page.ads, id, &AdShown::id);
  EXPECT_NE(ad, page.ads.end());
  return ad == page.ads.end() ? -1 : ad->pctr;
}

TEST(Engine, PredictsTheSamePctrWhateverStandsBesideAnAdInTheCatalogue) {
  const std::vector<CatalogueAd> own = {
      make_ad("a", "Whisper quiet kettle word4 word5 with rapid boil", "kettle", {}),
      make_ad("b", "Kettle word1. Word2 word3 word6", "kettle", {})};
  const std::vector<std::vector<CatalogueAd>> beside = {
      {make_ad("x", "Plain thing", "thing", {"whisper quiet", "rapid boil"})},
      {make_ad("x", "Kettle word1", "kettle", {"word4 word5", "kettle word1"}),
       make_ad("y", "Word6", "thing", {"quiet kettle", "boil"})},
      {make_ad("x", "补水面膜", "面膜", {"word3 word6", "whisper quiet kettle"})}};
  const SearchResult alone = kettles(own);
  for (const std::vector<CatalogueAd>& others : beside) {
    std::vector<CatalogueAd> ads = own;
    ads.insert(ads.end(), others.begin(), others.end());
    const SearchResult page = kettles(ads);
    for (const char* id : {"a", "b"}) {
      EXPECT_EQ(pctr_of(page, id), pctr_of(alone, id)) << id;
    }
  }
}

// The keywords of an ad's title that the model knows, as the explanation of the page has them.
std::vector<std::string> known_keywords(const SearchResult& page, std::string_view id) {
  std::vector<std::string> keywords;
  const auto explanation = nlohmann::json::parse(page.explanation);
  for (const auto& ad : explanation["ads"]) {
    if (ad["id"] != id || !ad.contains("attention")) continue;
    for (const auto& title : ad["attention"]) keywords.push_back(title["keyword"]);
  }
  return keywords;
}

TEST(Engine, LosesNoPhraseOfTheModelInACatalogueWithoutSellingPoints) {
  const SearchResult page =
      kettles({make_ad("a", "Whisper quiet kettle (rapid boil)", "kettle", {}),
               make_ad("b", "Kettle quiet. Rapid. Boil", "kettle", {})});
  EXPECT_THAT(known_keywords(page, "a"), ElementsAre("whisper quiet", "rapid boil"));
  EXPECT_THAT(known_keywords(page, "b"), ElementsAre());
}

TEST(Engine, ComposesWhatIsAPhraseOfTheListEvenIfItHasNoRow) {
  const SearchResult page = kettles({make_ad("a", "Kettle word2 word3 word4", "kettle", {}),
                                     make_ad("b", "Kettle word2, word3 word4", "kettle", {})});
  EXPECT_THAT(known_keywords(page, "a"), ElementsAre("word4"));
  EXPECT_THAT(known_keywords(page, "b"), ElementsAre("word2", "word3", "word4"));
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
  const auto result = EngineSession(**engine).search("shoes", user, {.explain = true});
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

TEST(Engine, RefusesAnIndexOfWhichAFileIsDamagedOrMissingAndNamesTheFile) {
  EngineOptions o = options();
  ASSERT_TRUE(Engine::open(o).ok());
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(o.index)) {
    if (entry.is_regular_file() && entry.file_size() > 0) files.push_back(entry.path());
  }
  EXPECT_GE(files.size(), 8u);
  for (const std::filesystem::path& file : files) {
    std::ifstream in(file, std::ios::binary);
    const std::string whole{std::istreambuf_iterator<char>(in), {}};
    std::string damaged = whole;
    damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 1);
    std::ofstream(file, std::ios::binary) << damaged;
    const Status refused = Engine::open(o).status();
    EXPECT_EQ(refused.code(), Code::kBadData) << file;
    EXPECT_THAT(refused.message(), HasSubstr(o.index + "/"));
    std::filesystem::remove(file);
    EXPECT_FALSE(Engine::open(o).ok()) << file;
    std::ofstream(file, std::ios::binary) << whole;
  }
  EXPECT_TRUE(Engine::open(o).ok());
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
