// Lessons in each kind of store: what they change is kept with the record, and no update is lost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "index/profiles/profile_store.h"
#include "tests/index/profiles/profile_store_fixture.h"

namespace barker {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A state that is the list of what was clicked, "-" for a page that was passed over.
bool note(const Lesson& lesson, LearnedState& state) {
  state.version = kPluginState;
  state.bytes += lesson.clicked ? lesson.page->sfs[*lesson.clicked] : "-";
  return true;
}

ProfileClick lesson(const std::string& user, const std::string& sf) {
  const auto page = std::make_shared<const ShownPage>(
      ShownPage{"shoes", {user, {}, {}}, std::vector<std::string>{sf}});
  return {user, ClickKind::kSf, {sf}, kMoment, {page, 0}};
}

ProfileClick passed_over(const std::string& user) {
  ProfileClick click = lesson(user, "never");
  click.kind = ClickKind::kNone;
  click.keywords.clear();
  click.lesson.clicked.reset();
  return click;
}

template <typename Place>
class Lessons : public ProfileStoreTest<Place> {
 protected:
  void SetUp() override {
    ProfileStoreTest<Place>::SetUp();
    this->options_.learn = note;
  }
};
TYPED_TEST_SUITE(Lessons, Places);

TYPED_TEST(Lessons, ChangeTheStateThatIsReadWithTheProfile) {
  const auto store = this->open();
  store->record(lesson("anna", "a"));
  store->record(lesson("ben", "x"));
  store->record(lesson("anna", "b"));
  store->record(passed_over("anna"));
  ASSERT_TRUE(store->flush().ok());
  const auto reader = store->reader();
  Profile profile;
  ASSERT_EQ(reader->read("anna", in_a_minute(), profile), ReadOutcome::kFound);
  EXPECT_EQ(profile.learned, (LearnedState{kPluginState, "ab-"}));
  EXPECT_THAT(profile.keywords, ElementsAre("b", "a")) << "what was passed over is no click";
  EXPECT_EQ(stored(*store, "anna").last_click, kMoment);
  ASSERT_EQ(reader->read("ben", in_a_minute(), profile), ReadOutcome::kFound);
  EXPECT_EQ(profile.learned.bytes, "x");
  EXPECT_EQ(reader->read("cleo", in_a_minute(), profile), ReadOutcome::kUnknown);
  EXPECT_THAT(profile.learned.bytes, IsEmpty());
}

TYPED_TEST(Lessons, OfPagesThatWerePassedOverMakeNoUserAndKeepNoneFromExpiring) {
  this->options_.limits.seconds_to_live = 100;
  const auto store = this->open();
  store->record(passed_over("anna"));
  store->record(lesson("ben", "b"));
  ASSERT_TRUE(store->flush().ok());
  EXPECT_FALSE(store->find("anna")->has_value());
  this->now_ = kMoment + 60;
  store->record(passed_over("ben"));
  ASSERT_TRUE(store->flush().ok());
  EXPECT_EQ(read_user(*store, "ben").learned.bytes, "b-");
  this->now_ = kMoment + 101;
  store->record(passed_over("ben"));
  ASSERT_TRUE(store->flush().ok());
  EXPECT_THAT(read_user(*store, "ben").learned.bytes, IsEmpty());
  // What has expired does not come back with a new click.
  ProfileClick next = lesson("ben", "new");
  next.time = kMoment + 101;
  store->record(std::move(next));
  ASSERT_TRUE(store->flush().ok());
  EXPECT_EQ(read_user(*store, "ben").learned.bytes, "new");
}

TYPED_TEST(Lessons, ThatTeachNothingAreCountedAndLeaveTheClick) {
  this->options_.learn = [](const Lesson&, LearnedState&) { return false; };
  const auto store = this->open();
  store->record(lesson("anna", "a"));
  store->record(passed_over("anna"));
  ASSERT_TRUE(store->flush().ok());
  EXPECT_EQ(store->counters().untaught, 2u);
  EXPECT_THAT(read_user(*store, "anna").keywords, ElementsAre("a"));
  EXPECT_THAT(read_user(*store, "anna").learned.bytes, IsEmpty());
}

TYPED_TEST(Lessons, AreLeftOutByAStoreThatDoesNotLearn) {
  this->options_.learn = nullptr;
  const auto store = this->open();
  store->record(lesson("anna", "a"));
  ASSERT_TRUE(store->flush().ok());
  EXPECT_THAT(read_user(*store, "anna").learned.bytes, IsEmpty());
  EXPECT_EQ(store->counters().untaught, 0u);
}

TYPED_TEST(Lessons, OfManyThreadsAreAllLearned) {
  this->options_.batch_interval = std::chrono::milliseconds(1);
  this->options_.batch_clicks = 7;
  const auto store = this->open();
  constexpr size_t kThreads = 4, kEach = 150;
  std::vector<std::thread> threads;
  for (size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (size_t i = 0; i < kEach; ++i) EXPECT_TRUE(store->record(lesson("anna", "x")));
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(store->flush().ok());
  EXPECT_EQ(read_user(*store, "anna").learned.bytes, std::string(kThreads * kEach, 'x'));
}

TYPED_TEST(Lessons, ThatWaitAreErasedWithTheirUser) {
  this->options_.batch_interval = std::chrono::hours(1);
  const auto store = this->open();
  store->record(lesson("anna", "a"));
  ASSERT_TRUE(store->flush().ok());
  store->record(passed_over("anna"));
  EXPECT_TRUE(*store->erase("anna"));
  ASSERT_TRUE(store->flush().ok());
  EXPECT_FALSE(store->find("anna")->has_value());
}

TYPED_TEST(Lessons, AreInWhatIsExportedAndImported) {
  const std::string file = temporary_path("learned.jsonl");
  {
    const auto store = this->open();
    store->record(lesson("anna", std::string("\0\xff state", 8)));
    ASSERT_TRUE(store->flush().ok());
    std::ofstream out(file);
    ASSERT_TRUE(store
                    ->for_each([&](const StoredProfile& user) {
                      out << profile_line(user) << "\n";
                      return Status();
                    })
                    .ok());
  }
  ProfileStoreOptions options = this->options_;
  options.store = "memory:" + file;
  EXPECT_EQ(read_user(*open_store(options), "anna").learned,
            (LearnedState{kPluginState, std::string("\0\xff state", 8)}));
}

TEST(RedisLessons, OfTwoEnginesAreAllLearned) {
  if (const std::string reason = RedisServer::skip(); !reason.empty()) GTEST_SKIP() << reason;
  const RedisPlace place;
  ProfileStoreOptions options = place.options();
  options.clock = [] { return kMoment; };
  options.batch_interval = std::chrono::milliseconds(1);
  options.batch_clicks = 5;
  options.learn = note;
  const auto one = open_store(options), two = open_store(options);
  constexpr size_t kEach = 150;
  std::vector<std::thread> threads;
  for (ProfileStore* engine : {one.get(), two.get()}) {
    threads.emplace_back([engine] {
      for (size_t i = 0; i < kEach; ++i) {
        EXPECT_TRUE(engine->record(lesson("anna", "x")));
        if (i % 10 == 0) {
          EXPECT_TRUE(engine->flush().ok());
        }
      }
      EXPECT_TRUE(engine->flush().ok());
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(read_user(*one, "anna").learned.bytes, std::string(2 * kEach, 'x'));
  EXPECT_EQ(read_user(*two, "anna").learned, read_user(*one, "anna").learned);
}

}  // namespace
}  // namespace barker
