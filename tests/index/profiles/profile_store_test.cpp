// What all stores promise, asked of each of them.
#include "index/profiles/profile_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <map>
#include <thread>
#include <tuple>

#include "models/base/random.h"
#include "tests/index/profiles/profile_store_fixture.h"

namespace barker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TYPED_TEST_SUITE(ProfileStoreTest, Places);

TYPED_TEST(ProfileStoreTest, FindsWhatWasRecorded) {
  const auto store = this->open();
  EXPECT_TRUE(store->record({"anna", ClickKind::kAd, {"shoes", "trail"}, kMoment - 20}));
  EXPECT_TRUE(store->record({"anna", ClickKind::kSf, {"waterproof"}, kMoment - 10}));
  ASSERT_TRUE(store->flush().ok());
  const auto reader = store->reader();
  Profile anna;
  ASSERT_EQ(reader->read("anna", in_a_minute(), anna), ReadOutcome::kFound);
  EXPECT_EQ(anna.user, "anna");
  EXPECT_THAT(anna.keywords, ElementsAre("waterproof", "shoes", "trail"));
  ASSERT_EQ(anna.groups.size(), 1u);
  EXPECT_EQ(anna.groups[0].first, "sfhist");
  EXPECT_THAT(anna.groups[0].second, ElementsAre("waterproof"));
  EXPECT_EQ(stored(*store, "anna").last_click, kMoment - 10);
}

TYPED_TEST(ProfileStoreTest, EmptiesTheProfileOfAnUnknownUser) {
  const auto store = this->open();
  store->record({"anna", ClickKind::kSf, {"waterproof"}});
  ASSERT_TRUE(store->flush().ok());
  const auto reader = store->reader();
  Profile profile;
  ASSERT_EQ(reader->read("anna", in_a_minute(), profile), ReadOutcome::kFound);
  for (const std::string& nobody :
       {std::string("ben"), std::string(), std::string(100'000, 'x'), std::string("\xff\xfe")}) {
    EXPECT_EQ(reader->read(nobody, in_a_minute(), profile), ReadOutcome::kUnknown);
    EXPECT_EQ(profile.user, nobody);
    EXPECT_THAT(profile.keywords, IsEmpty());
    EXPECT_THAT(profile.groups, IsEmpty());
  }
  EXPECT_FALSE(store->find("ben")->has_value());
}

TYPED_TEST(ProfileStoreTest, RefusesUsersThatNoStoreTakes) {
  const auto store = this->open();
  EXPECT_FALSE(store->record({"", ClickKind::kAd, {"shoes"}}));
  EXPECT_FALSE(store->record({std::string(501, 'x'), ClickKind::kAd, {"shoes"}}));
  EXPECT_FALSE(store->record({"\xff", ClickKind::kAd, {"shoes"}}));
  EXPECT_TRUE(store->record({std::string(500, 'x'), ClickKind::kAd, {"shoes"}}));
  ASSERT_TRUE(store->flush().ok());
  EXPECT_EQ(store->counters().refused, 3u);
  EXPECT_THAT(read_user(*store, std::string(500, 'x')).keywords, ElementsAre("shoes"));
  StoredProfile nameless;
  EXPECT_EQ(store->import(std::span(&nameless, 1)).code(), Code::kInvalidArgument);
}

// The model keeps all clicks and cuts at the end: what a store forgot on the way must not matter.
class PlainHistory {
 public:
  void add(const std::vector<std::string>& keywords, int64_t time) {
    ++clicks_;
    for (size_t i = 0; i < keywords.size(); ++i) {
      const Place place{time, clicks_, -static_cast<int64_t>(i)};
      Place& known = places_[keywords[i]];
      known = std::max(known, place);
    }
  }
  std::vector<std::string> newest(size_t limit) const {
    std::vector<std::pair<Place, std::string>> all;
    for (const auto& [keyword, place] : places_) all.emplace_back(place, keyword);
    std::sort(all.rbegin(), all.rend());
    std::vector<std::string> texts;
    for (size_t i = 0; i < std::min(limit, all.size()); ++i) texts.push_back(all[i].second);
    return texts;
  }

 private:
  using Place = std::tuple<int64_t, int64_t, int64_t>;  // time, number of the click, place in it
  std::map<std::string, Place> places_;
  int64_t clicks_ = 0;
};

TYPED_TEST(ProfileStoreTest, KeepsTheNewestKeywordsInOrderAndOnce) {
  this->options_.limits.keywords = 12;
  this->options_.limits.sfs = 5;
  const auto store = this->open();
  std::map<std::string, PlainHistory> keywords, sfs;
  Random random(7, 1);
  for (int i = 0; i < 3000; ++i) {
    ProfileClick click;
    click.user = "user" + std::to_string(random.below(5));
    click.kind = random.chance(0.4) ? ClickKind::kSf : ClickKind::kAd;
    click.time = kMoment - 1000 + static_cast<int64_t>(random.below(1000));
    const uint64_t count = random.below(5);
    for (uint64_t k = 0; k < count; ++k) {
      click.keywords.push_back("word" + std::to_string(random.below(30)));
    }
    keywords[click.user].add(click.keywords, click.time);
    if (click.kind == ClickKind::kSf) sfs[click.user].add(click.keywords, click.time);
    ASSERT_TRUE(store->record(std::move(click)));
    if (random.chance(0.01)) {
      ASSERT_TRUE(store->flush().ok());
    }
  }
  ASSERT_TRUE(store->flush().ok());
  for (const auto& [user, history] : keywords) {
    const StoredProfile found = stored(*store, user);
    EXPECT_EQ(texts_of(found.keywords), history.newest(12)) << user;
    EXPECT_EQ(texts_of(found.sfs), sfs[user].newest(5)) << user;
  }
}

TYPED_TEST(ProfileStoreTest, TakesATimeOfTheFutureForNow) {
  const auto store = this->open();
  store->record({"anna", ClickKind::kAd, {"far"}, kMoment + 1'000'000});
  store->record({"anna", ClickKind::kAd, {"near"}, kMoment});
  store->record({"anna", ClickKind::kAd, {"unset"}});
  ASSERT_TRUE(store->flush().ok());
  const StoredProfile anna = stored(*store, "anna");
  EXPECT_THAT(texts_of(anna.keywords), ElementsAre("unset", "near", "far"));
  EXPECT_EQ(anna.last_click, kMoment);
}

TYPED_TEST(ProfileStoreTest, LeavesOutKeywordsThatAreEmptyOrTooLongAndRepairsTheirUtf8) {
  const auto store = this->open();
  store->record({"anna", ClickKind::kAd, {"", std::string(2000, 'x'), "a\xff", "good"}});
  ASSERT_TRUE(store->flush().ok());
  EXPECT_THAT(read_user(*store, "anna").keywords, ElementsAre("a\xEF\xBF\xBD", "good"));
}

TYPED_TEST(ProfileStoreTest, ForgetsUsersAfterTheirTimeToLive) {
  this->options_.limits.seconds_to_live = 100;
  const auto store = this->open();
  store->record({"anna", ClickKind::kSf, {"old"}});
  ASSERT_TRUE(store->flush().ok());
  this->now_ = kMoment + 100;
  EXPECT_THAT(read_user(*store, "anna").keywords, ElementsAre("old"));
  this->now_ = kMoment + 101;
  EXPECT_THAT(read_user(*store, "anna").keywords, IsEmpty());
  // What has expired does not come back with a new click.
  store->record({"anna", ClickKind::kAd, {"new"}});
  ASSERT_TRUE(store->flush().ok());
  const Profile anna = read_user(*store, "anna");
  EXPECT_THAT(anna.keywords, ElementsAre("new"));
  EXPECT_THAT(anna.groups, IsEmpty());
}

TYPED_TEST(ProfileStoreTest, ErasesAUserWithTheClicksThatWait) {
  this->options_.batch_interval = std::chrono::hours(1);
  const auto store = this->open();
  store->record({"anna", ClickKind::kSf, {"stored"}});
  store->record({"ben", ClickKind::kSf, {"stored"}});
  ASSERT_TRUE(store->flush().ok());
  store->record({"anna", ClickKind::kSf, {"waiting"}});
  store->record({"ben", ClickKind::kSf, {"waiting"}});
  EXPECT_TRUE(*store->erase("anna"));
  EXPECT_FALSE(*store->erase("anna"));
  EXPECT_FALSE(*store->erase("nobody"));
  EXPECT_FALSE(*store->erase(""));
  ASSERT_TRUE(store->flush().ok());
  EXPECT_FALSE(store->find("anna")->has_value());
  EXPECT_THAT(read_user(*store, "ben").keywords, ElementsAre("waiting", "stored"));
  store->record({"cleo", ClickKind::kSf, {"waiting"}});
  EXPECT_TRUE(*store->erase("cleo"));
  EXPECT_EQ(store->counters().waiting, 0u);
}

TYPED_TEST(ProfileStoreTest, DropsAndCountsClicksThatFindTheQueueFull) {
  this->options_.queue_clicks = 10;
  this->options_.batch_interval = std::chrono::hours(1);
  const auto store = this->open();
  int taken = 0;
  for (int i = 0; i < 15; ++i) {
    taken += store->record({"anna", ClickKind::kAd, {"word" + std::to_string(i)}}) ? 1 : 0;
  }
  EXPECT_EQ(taken, 10);
  EXPECT_EQ(store->counters().dropped, 5u);
  EXPECT_EQ(store->counters().waiting, 10u);
  ASSERT_TRUE(store->flush().ok());
  EXPECT_EQ(store->counters().written, 10u);
  EXPECT_EQ(store->counters().waiting, 0u);
  EXPECT_EQ(read_user(*store, "anna").keywords.size(), 10u);
}

TYPED_TEST(ProfileStoreTest, ReadsAndWritesOnSeveralThreads) {
  const auto store = this->open();
  std::atomic<bool> stop = false;
  std::atomic<uint64_t> wrong = 0, found = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      const auto reader = store->reader();
      Profile profile;
      do {
        for (int u = 0; u < 4; ++u) {
          const std::string user = "user" + std::to_string(u);
          if (reader->read(user, in_a_minute(), profile) != ReadOutcome::kFound) continue;
          ++found;
          // All keywords of a user name the user.
          for (const std::string& keyword : profile.keywords) {
            if (!keyword.starts_with(user + " ")) ++wrong;
          }
        }
      } while (!stop);
    });
  }
  std::vector<std::thread> writers;
  for (int t = 0; t < 2; ++t) {
    writers.emplace_back([&, t] {
      for (int i = 0; i < 2000; ++i) {
        const std::string user = "user" + std::to_string(i % 4);
        store->record({user, ClickKind::kAd, {user + " " + std::to_string(i % 50 + t)}});
        if (i % 100 == 0) {
          EXPECT_TRUE(store->flush().ok());
        }
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_TRUE(store->flush().ok());
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0u);
  EXPECT_GT(found, 0u);
  EXPECT_EQ(store->counters().written, 4000u);
}

template <typename Place>
class SweptStoreTest : public ProfileStoreTest<Place> {};
using SweptPlaces = ::testing::Types<MemoryPlace, LmdbPlace>;
TYPED_TEST_SUITE(SweptStoreTest, SweptPlaces);

TYPED_TEST(SweptStoreTest, RemovesExpiredUsersInSmallSteps) {
  this->options_.limits.seconds_to_live = 100;
  this->options_.sweep_users = 7;
  this->options_.sweep_interval = std::chrono::milliseconds(1);
  const auto store = this->open();
  std::vector<StoredProfile> users(100);
  for (size_t i = 0; i < users.size(); ++i) {
    users[i].user = "user" + std::to_string(i);
    users[i].keywords = {{"tent", 0}};
    users[i].last_click = i % 2 == 0 ? kMoment - 50 : kMoment;
  }
  ASSERT_TRUE(store->import(users).ok());
  this->now_ = kMoment + 60;
  for (int i = 0; i < 20'000 && store->counters().expired < 50; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(store->counters().expired, 50u);
  EXPECT_EQ(store->status()->users, 50u);
  EXPECT_FALSE(store->find("user0")->has_value());
  EXPECT_TRUE(store->find("user1")->has_value());
}

TEST(OpenProfileStore, RefusesAddressesAndOptionsThatItDoesNotKnow) {
  for (const char* address : {"", "lmdb:", "lmdb", "mysql://x", "users.jsonl"}) {
    ProfileStoreOptions options;
    options.store = address;
    const auto store = open_profile_store(options);
    ASSERT_FALSE(store.ok()) << address;
    EXPECT_EQ(store.status().code(), Code::kBadConfiguration);
    EXPECT_THAT(store.status().message(), HasSubstr("expected lmdb:PATH"));
  }
  ProfileStoreOptions options;
  options.store = "memory:";
  options.limits.keywords = 0;
  EXPECT_EQ(open_profile_store(options).status().code(), Code::kBadConfiguration);
  options.limits.keywords = 100'000;
  EXPECT_EQ(open_profile_store(options).status().code(), Code::kBadConfiguration);
}

TEST(MemoryStore, NamesTheLineOfItsFileThatIsWrong) {
  ProfileStoreOptions options;
  options.store = "memory:" + temporary_path("users.jsonl");
  EXPECT_EQ(open_profile_store(options).status().code(), Code::kNotFound);
  std::ofstream(options.store.substr(7)) << "{\"user\":\"anna\"}\nbroken\n";
  const auto store = open_profile_store(options);
  EXPECT_EQ(store.status().code(), Code::kBadData);
  EXPECT_THAT(store.status().message(), HasSubstr(".jsonl:2: not JSON"));
}

}  // namespace
}  // namespace barker
