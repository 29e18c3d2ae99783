// Users' own states through the engine, the plugin and a store: what a click on a feature keyword
// (SF) changes, for whom, and for how long.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "index/engine/caller_rescorer.h"
#include "index/engine/engine_session.h"
#include "index/engine/influence.h"
#include "index/engine/search_json.h"
#include "index/engine/state_learner.h"
#include "index/profiles/profile_store.h"
#include "index/retrieval/index_writer.h"
#include "tests/index/profiles/redis_server.h"
#include "tests/index/profiles/store_place.h"
#include "tests/models/weights/random_model.h"

namespace barker {
namespace {

using ::testing::HasSubstr;

const RandomModelOptions kWithDot = {.dot_dim = 12};

class UserStates : public testing::Test {
 protected:
  UserStates() {
    CatalogueAd ad;
    ad.id = "a";
    ad.title = "Shoe";
    ad.bid_terms = {{"shoe"}};
    ad.selling_points = {"word1", "word2", "word3"};
    EXPECT_TRUE(write_index({ad}, index_).ok());
    write_weights(1, kWithDot);
    store_options_.store = "memory:";
    store_options_.clock = [] { return kMoment; };
    open();
  }
  ~UserStates() override {
    store_.reset();  // before what learns for it
    learner_.reset();
    engine_.reset();
    std::filesystem::remove_all(index_);
    std::filesystem::remove(weights_);
  }

  void write_weights(uint64_t seed, const RandomModelOptions& options) const {
    EXPECT_TRUE(write_weight_file(random_model(seed, options), weights_).ok());
  }
  static std::unique_ptr<Engine> open_engine(const EngineOptions& options) {
    Result<std::unique_ptr<Engine>> engine = Engine::open(options);
    EXPECT_TRUE(engine.ok()) << engine.status().message();
    return engine.ok() ? std::move(*engine) : nullptr;
  }
  EngineOptions engine_options(bool user_states) const {
    EngineOptions options;
    options.index = index_;
    options.plugin = BARKER_PLUGIN_PATH;
    options.watched.weights = weights_;
    options.config = "[user_state]\nprior_variance = 1.0\n";
    options.user_states = user_states;
    return options;
  }
  // The engine and the store as after a start of the process.
  void open() {
    store_.reset();
    learner_.reset();
    engine_ = open_engine(engine_options(true));
    learner_.emplace(*engine_);
    store_options_.learn = [this](const Lesson& lesson, LearnedState& state) {
      return learner_->learn(lesson, state);
    };
    store_ = open_store(store_options_);
  }

  static Profile profile_of(ProfileStore& store, const std::string& user) {
    return read_user(store, user);
  }
  // A page of the user, without the history that clicks leave, so that the state alone differs.
  SearchResult page_of(const std::string& user, bool explain = false) const {
    EngineSession session(*engine_);
    Profile profile = profile_of(*store_, user);
    profile.keywords.clear();
    profile.groups.clear();
    const auto page = session.search("shoe", profile,
                                     {.explain = explain, .bar = {.count = 3, .exploration = 0}});
    EXPECT_TRUE(page.ok()) << page.status().message();
    return page.ok() ? *page : SearchResult();
  }
  static double attraction(const SearchResult& page, const std::string& sf) {
    const auto found = std::ranges::find(page.features, sf, &FeatureShown::keyword);
    return found == page.features.end() ? NAN : found->attraction;
  }
  // What a page says, to the last bit, without its times.
  static std::string text_of(SearchResult page) {
    page.times = {};
    return search_json(page, {.sfs = true});
  }
  // Clicks on SF number `sf` of the three, so many times.
  static void click(ProfileStore& store, const std::string& user, size_t sf, int times = 5) {
    const std::vector<std::string> sfs = {"word1", "word2", "word3"};
    const auto page = std::make_shared<const ShownPage>(ShownPage{"shoe", {user, {}, {}}, sfs});
    for (int i = 0; i < times; ++i) {
      EXPECT_TRUE(store.record({user, ClickKind::kSf, {sfs[sf]}, kMoment, {page, sf}}));
    }
    EXPECT_TRUE(store.flush().ok());
  }
  void click(const std::string& user, size_t sf, int times = 5) const {
    click(*store_, user, sf, times);
  }
  StateDescription described(const std::string& user) const {
    const auto description = describe_state(*engine_, stored(*store_, user).learned);
    EXPECT_TRUE(description.has_value());
    return description.value_or(StateDescription());
  }

  const std::string index_ = temporary_path("states"), weights_ = temporary_path("states.barker");
  ProfileStoreOptions store_options_;
  std::unique_ptr<Engine> engine_;
  std::optional<StateLearner> learner_;
  std::unique_ptr<ProfileStore> store_;
};

TEST_F(UserStates, AttractAUserMoreByTheFeatureThatWasClickedAndNobodyElse) {
  const SearchResult before = page_of("ann"), of_ben = page_of("ben");
  click("ann", 1);
  const SearchResult after = page_of("ann");
  EXPECT_GT(attraction(after, "word2"), attraction(before, "word2"));
  EXPECT_EQ(after.features[0].keyword, "word2") << "it stands first now";
  EXPECT_EQ(text_of(page_of("ben")), text_of(of_ben));
  const StateDescription state = described("ann");
  EXPECT_EQ(state.use, "used");
  EXPECT_EQ(state.impressions, 15u) << "three features on each of five pages";
  EXPECT_NE(state.tower, 0u);
  EXPECT_FALSE(describe_state(*engine_, stored(*store_, "ben").learned).has_value());
}

TEST_F(UserStates, AttractAUserLessByWhatWasPassedOver) {
  click("ann", 0, 1);
  const SearchResult before = page_of("ann");
  const auto page =
      std::make_shared<const ShownPage>(ShownPage{"shoe", {"ann", {}, {}}, {"word3"}});
  for (int i = 0; i < 5; ++i) store_->record({"ann", ClickKind::kNone, {}, 0, {page}});
  ASSERT_TRUE(store_->flush().ok());
  EXPECT_LT(attraction(page_of("ann"), "word3"), attraction(before, "word3"));
}

TEST_F(UserStates, AFurtherClickTeachesOfItsFeatureAlone) {
  const auto page =
      std::make_shared<const ShownPage>(ShownPage{"shoe", {"ann", {}, {}}, {"word1", "word2"}});
  store_->record({"ann", ClickKind::kSf, {"word1"}, kMoment, {page, 0}});
  store_->record({"ann", ClickKind::kSf, {"word2"}, kMoment, {page, 1, true}});
  ASSERT_TRUE(store_->flush().ok());
  EXPECT_EQ(described("ann").impressions, 3u);
}

TEST_F(UserStates, AreUsedByRescoringAndByTheInfluenceOfTokens) {
  const auto score = [&] {
    Profile ann = profile_of(*store_, "ann");
    ann.keywords.clear();
    ann.groups.clear();
    const auto influence = influence_of(*engine_, "shoe", ann, {"word2"});
    EXPECT_TRUE(influence.ok()) << influence.status().message();
    CallerRescorer rescorer(*engine_);
    const std::vector<CallerAd> ads = {
        {.id = "a", .title = "Shoe", .merchant = "", .category = "", .selling_points = {"word2"}}};
    const auto page = rescorer.rescore("shoe", ann, ads);
    EXPECT_TRUE(page.ok()) << page.status().message();
    return std::pair((*influence)[0].score, page->ads[0].selling_points[0].score);
  };
  const auto before = score();
  click("ann", 1);
  const auto after = score();
  EXPECT_GT(after.first, before.first);
  EXPECT_GT(after.second, before.second);
  EXPECT_EQ(after.first, attraction(page_of("ann"), "word2")) << "the bar says the same";
}

TEST_F(UserStates, ChangeNoByteWhereTheyAreOff) {
  click("ann", 1);
  const Profile ann = profile_of(*store_, "ann");
  ASSERT_FALSE(ann.learned.bytes.empty());
  Profile without = ann;
  without.learned = {};
  const auto page = [](const Engine& engine, const Profile& user) {
    EngineSession session(engine);
    return text_of(session.search("shoe", user, {.explain = false, .bar = {.count = 3}}).value());
  };
  const auto off = open_engine(engine_options(false));
  EXPECT_EQ(page(*off, ann), page(*off, without));
  EXPECT_EQ(off->plugin_stats().user_states, 0u);
  EXPECT_EQ(page(*engine_, without), page(*off, without));
  EXPECT_NE(page(*engine_, ann), page(*off, ann));
}

TEST_F(UserStates, SayInTheExplanationWhetherTheyWereUsed) {
  EXPECT_THAT(page_of("ann", true).explanation, Not(HasSubstr("user_state")));
  click("ann", 1);
  EXPECT_THAT(page_of("ann", true).explanation, HasSubstr(R"("user_state":"used")"));
}

TEST_F(UserStates, SurviveARestartWithLmdb) {
  const LmdbPlace place;
  store_options_.store = place.options().store;
  open();
  click("ann", 1);
  const std::string before = text_of(page_of("ann"));
  open();
  EXPECT_EQ(text_of(page_of("ann")), before);
  EXPECT_EQ(described("ann").impressions, 15u);
  click("ann", 1);
  EXPECT_EQ(described("ann").impressions, 30u);
}

TEST_F(UserStates, AreSharedByTwoEnginesOnOneRedis) {
  if (const std::string reason = RedisServer::skip(); !reason.empty()) GTEST_SKIP() << reason;
  const RedisPlace place;
  store_options_ = place.options();
  store_options_.clock = [] { return kMoment; };
  open();
  const double before = attraction(page_of("ann"), "word2");
  const auto engine = open_engine(engine_options(true));
  StateLearner learner(*engine);
  ProfileStoreOptions options = store_options_;
  options.learn = [&](const Lesson& lesson, LearnedState& state) {
    return learner.learn(lesson, state);
  };
  const auto other = open_store(options);
  std::thread there([&] { click(*other, "ann", 1, 20); });
  click("ann", 1, 20);
  there.join();
  EXPECT_EQ(described("ann").impressions, 120u) << "no lesson of either is lost";
  EXPECT_GT(attraction(page_of("ann"), "word2"), before);
}

TEST_F(UserStates, OfAnotherTowerAreIgnoredAndThenLearnedAnew) {
  click("ann", 1);
  const uint64_t tower = described("ann").tower;
  write_weights(2, kWithDot);
  open();  // the store is in memory: the state is gone, and comes back by an import
  const std::string stranger = text_of(page_of("ann"));
  write_weights(1, kWithDot);
  open();
  click("ann", 1);
  const StoredProfile old = stored(*store_, "ann");
  write_weights(2, kWithDot);
  open();
  ASSERT_TRUE(store_->import(std::span(&old, 1)).ok());
  EXPECT_EQ(described("ann").use, "other tower");
  EXPECT_EQ(described("ann").tower, tower);
  EXPECT_EQ(text_of(page_of("ann")), stranger);
  EXPECT_EQ(engine_->plugin_stats().user_states_other_tower, 1u);
  click("ann", 1);
  EXPECT_EQ(described("ann").use, "used");
  EXPECT_EQ(described("ann").impressions, 15u);
  EXPECT_NE(text_of(page_of("ann")), stranger);
}

TEST_F(UserStates, ThatAreDamagedAreIgnoredCountedAndReplaced) {
  const std::string stranger = text_of(page_of("ann"));
  click("ann", 1);
  StoredProfile ann = stored(*store_, "ann");
  ann.learned.bytes[30] = static_cast<char>(ann.learned.bytes[30] ^ 1);
  ASSERT_TRUE(store_->import(std::span(&ann, 1)).ok());
  EXPECT_EQ(text_of(page_of("ann")), stranger);
  EXPECT_EQ(engine_->plugin_stats().user_states_damaged, 1u);
  EXPECT_EQ(described("ann").use, "damaged");
  click("ann", 1);
  EXPECT_EQ(described("ann").impressions, 15u);
}

TEST_F(UserStates, OfAnotherAlgorithmAreNeitherUsedNorReplaced) {
  const std::string stranger = text_of(page_of("ann"));
  StoredProfile ann;
  ann.user = "ann";
  ann.learned = {kPluginState + 1, "of another"};
  ASSERT_TRUE(store_->import(std::span(&ann, 1)).ok());
  EXPECT_EQ(text_of(page_of("ann")), stranger);
  click("ann", 1, 2);
  EXPECT_EQ(stored(*store_, "ann").learned, ann.learned);
  EXPECT_EQ(store_->counters().untaught, 2u);
}

TEST_F(UserStates, ThatCannotBeLearnedAreCountedAndTheClickIsKept) {
  write_weights(1, {});
  open();
  click("ann", 1, 2);
  EXPECT_EQ(store_->counters().untaught, 2u) << "the model has no dot product";
  EXPECT_THAT(texts_of(stored(*store_, "ann").keywords), testing::ElementsAre("word2"));
  EXPECT_TRUE(stored(*store_, "ann").learned.bytes.empty());
}

TEST_F(UserStates, AreLearnedWhileManyThreadsSearch) {
  std::atomic<bool> stop = false;
  std::atomic<int> failed = 0, searched = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      EngineSession session(*engine_);
      const auto reader = store_->reader();
      Profile user;
      do {
        reader->read("user" + std::to_string(searched++ % 4), in_a_minute(), user);
        const auto page = session.search("shoe", user, {.bar = {.count = 3}});
        failed += page.ok() && page->status == "rescored" ? 0 : 1;
      } while (!stop);
    });
  }
  for (int i = 0; i < 40; ++i) {
    click("user" + std::to_string(i % 4), static_cast<size_t>(i % 3), 5);
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failed, 0);
  for (int u = 0; u < 4; ++u) {
    EXPECT_EQ(described("user" + std::to_string(u)).impressions, 150u);
  }
  EXPECT_EQ(engine_->plugin_stats().user_states_damaged, 0u);
}

}  // namespace
}  // namespace barker
