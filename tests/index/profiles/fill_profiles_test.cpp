// A store that is filled with a file of users at every start of an engine.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <thread>
#include <type_traits>

#include "models/base/input_file.h"
#include "tests/index/profiles/profile_store_fixture.h"

namespace barker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

std::string write_users(const std::string& lines) {
  const std::string path = temporary_path("users.jsonl");
  std::ofstream(path) << lines;
  return path;
}

constexpr char kTwoUsers[] = R"({"user":"anna","keywords":["tent"]})"
                             "\nbroken\n"
                             R"({"user":"ben","keywords":["boots"]})"
                             "\n"
                             R"({"user":"ben","keywords":["second line"]})"
                             "\n";

void fill(ProfileStore& store, const std::string& path) {
  const Result<ProfileImport> filled = fill_profiles(store, path);
  ASSERT_TRUE(filled.ok()) << filled.status().message();
}

std::vector<std::string> users_of(ProfileStore& store) {
  std::vector<std::string> users;
  const auto take = [&](const StoredProfile& user) {
    users.push_back(user.user);
    return Status();
  };
  EXPECT_TRUE(store.for_each(take).ok());
  return users;
}

template <typename Place>
class FilledStore : public ProfileStoreTest<Place> {};
TYPED_TEST_SUITE(FilledStore, Places);

TYPED_TEST(FilledStore, HasTheUsersOfTheFileAndLeavesThoseThatItKnewAsTheyAre) {
  const auto store = this->open();
  store->record({"ben", ClickKind::kSf, {"retro"}, kMoment - 10});
  ASSERT_TRUE(store->flush().ok());
  const Result<ProfileImport> filled = fill_profiles(*store, write_users(kTwoUsers));
  ASSERT_TRUE(filled.ok()) << filled.status().message();
  EXPECT_EQ(filled->users, 3u);
  EXPECT_EQ(filled->bad.report("f"), "f:2: not JSON\n");
  EXPECT_THAT(texts_of(stored(*store, "anna").keywords), ElementsAre("tent"));
  EXPECT_THAT(texts_of(stored(*store, "ben").keywords), ElementsAre("retro"));
  EXPECT_EQ(stored(*store, "ben").last_click, kMoment - 10);
}

TYPED_TEST(FilledStore, TakesTheFirstOfTwoLinesOfAUser) {
  const auto store = this->open();
  fill(*store, write_users(kTwoUsers));
  EXPECT_THAT(texts_of(stored(*store, "ben").keywords), ElementsAre("boots"));
}

TYPED_TEST(FilledStore, SaysWhichFileIsMissing) {
  const auto store = this->open();
  const Result<ProfileImport> filled = fill_profiles(*store, "/nowhere/users.jsonl");
  EXPECT_EQ(filled.status().code(), Code::kNotFound);
  EXPECT_THAT(filled.status().message(), HasSubstr("/nowhere/users.jsonl"));
}

template <typename Place>
class FilledLastingStore : public ProfileStoreTest<Place> {};
using LastingPlaces = ::testing::Types<LmdbPlace, RedisPlace>;
TYPED_TEST_SUITE(FilledLastingStore, LastingPlaces);

TYPED_TEST(FilledLastingStore, KeepsClicksAndDeletionsWhereTheSameFileComesAgain) {
  const std::string file = write_users(kTwoUsers);
  {
    const auto store = this->open();
    fill(*store, file);
    store->record({"ben", ClickKind::kSf, {"retro"}});
    ASSERT_TRUE(store->flush().ok());
    ASSERT_TRUE(*store->erase("anna"));
  }
  const auto store = this->open();
  fill(*store, file);
  EXPECT_THAT(users_of(*store), ElementsAre("ben"));
  EXPECT_THAT(texts_of(stored(*store, "ben").keywords), ElementsAre("retro", "boots"));
}

TYPED_TEST(FilledLastingStore, KnowsAFileByItsContentAndTakesNewUsersOfAnotherOne) {
  const auto store = this->open();
  fill(*store, write_users(kTwoUsers));
  ASSERT_TRUE(*store->erase("anna"));
  fill(*store, write_users(kTwoUsers));  // a copy elsewhere
  EXPECT_THAT(users_of(*store), ElementsAre("ben"));
  fill(*store, write_users(R"({"user":"chen","keywords":["lamp"]})"));
  EXPECT_THAT(texts_of(stored(*store, "chen").keywords), ElementsAre("lamp"));
}

TYPED_TEST(FilledLastingStore, ForgetsUsersInTimeAndNotTheFileThatTheyCameFrom) {
  this->options_.sweep_interval = std::chrono::milliseconds(5);
  this->options_.limits.seconds_to_live = 100;
  const std::string file = write_users(kTwoUsers);
  const auto store = this->open();
  fill(*store, file);
  this->now_ += 1000;
  if constexpr (std::is_same_v<TypeParam, LmdbPlace>) {
    constexpr int kMinute = 12000;  // sweeps
    for (int i = 0; i < kMinute && store->counters().expired < 2; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    ASSERT_EQ(store->counters().expired, 2u);
  } else {  // Redis counts by its own clock
    for (const char* user : {"anna", "ben"}) ASSERT_TRUE(store->erase(user).ok());
  }
  fill(*store, file);
  EXPECT_THAT(users_of(*store), ElementsAre());
  EXPECT_EQ(store->status()->users, 0u);
}

TYPED_TEST(FilledLastingStore, RemembersNoFileThatWasReplacedWhileItWasRead) {
  const std::string file = write_users(kTwoUsers);
  std::atomic<bool> replaces = false;
  this->options_.sweep_interval = std::chrono::hours(1);
  this->options_.clock = [&] {  // which is asked when the users are stored
    if (replaces.exchange(false)) std::ofstream(file) << R"({"user":"chen","keywords":["lamp"]})";
    return kMoment;
  };
  const auto store = this->open();
  replaces = true;
  fill(*store, file);
  ASSERT_TRUE(*store->erase("anna"));
  fill(*store, write_users(kTwoUsers));  // what the file held at first
  EXPECT_THAT(users_of(*store), UnorderedElementsAre("anna", "ben"));
  fill(*store, file);
  EXPECT_THAT(users_of(*store), UnorderedElementsAre("anna", "ben", "chen"));
}

// What an engine does that still reads the file when another one is done with it.
TYPED_TEST(FilledLastingStore, TakesNoMoreUsersOfAFileThatAnotherEngineHasReadIn) {
  const auto store = this->open();
  StoredProfile anna;
  anna.user = "anna";
  anna.keywords = {{"tent", kMoment}};
  ASSERT_TRUE(store->remember_file("digest").ok());
  ASSERT_TRUE(store->add(std::span(&anna, 1), "digest").ok());
  EXPECT_THAT(users_of(*store), ElementsAre());
  ASSERT_TRUE(store->add(std::span(&anna, 1), "another digest").ok());
  EXPECT_THAT(users_of(*store), ElementsAre("anna"));
}

TYPED_TEST(FilledLastingStore, RefusesAPipeBecauseItIsReadTwice) {
  const auto store = this->open();
  for (const char* path : {"/dev/null", "-"}) {
    const Result<ProfileImport> filled = fill_profiles(*store, path);
    EXPECT_EQ(filled.status().code(), Code::kInvalidArgument);
    EXPECT_EQ(filled.status().message(),
              input_name(path) + ": expected a regular file, because it is read twice");
  }
}

class FilledRedis : public ProfileStoreTest<RedisPlace> {};

TEST_F(FilledRedis, RemembersItsFilesUnderAKeyThatDoesNotExpireAndIsNoUsers) {
  const auto store = open();
  fill(*store, write_users(kTwoUsers));
  const std::string key = options_.redis_prefix +
                          "\xff"
                          "files";
  EXPECT_EQ(place_->server.ask({"TTL", key}), "-1");
  EXPECT_FALSE(is_user_id(std::string_view(key).substr(options_.redis_prefix.size())));
  EXPECT_EQ(store->status()->users, 2u);
  EXPECT_EQ(store->counters().malformed, 0u);
}

}  // namespace
}  // namespace barker
