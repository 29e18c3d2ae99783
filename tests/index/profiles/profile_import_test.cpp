// Import and export of users, asked of each kind of store.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "models/base/random.h"
#include "tests/index/profiles/profile_store_fixture.h"

namespace barker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <typename Place>
class ImportedProfiles : public ProfileStoreTest<Place> {};
TYPED_TEST_SUITE(ImportedProfiles, Places);

TYPED_TEST(ImportedProfiles, MergesImportedUsersIntoWhatItHas) {
  const auto store = this->open();
  store->record({"anna", ClickKind::kSf, {"waterproof"}});
  ASSERT_TRUE(store->flush().ok());
  StoredProfile given;
  given.user = "anna";
  given.groups = {{"profile", {"gender=f"}}, {"tags", {"a"}}};
  given.learned = {3, std::string("\0\xff", 2)};
  ASSERT_TRUE(store->import(std::span(&given, 1)).ok());
  given = {};
  given.user = "anna";
  given.groups = {{"tags", {"b", "c"}}};
  ASSERT_TRUE(store->import(std::span(&given, 1)).ok());
  store->record({"anna", ClickKind::kAd, {"shoes"}});
  ASSERT_TRUE(store->flush().ok());
  const StoredProfile anna = stored(*store, "anna");
  EXPECT_THAT(texts_of(anna.keywords), ElementsAre("shoes", "waterproof"));
  EXPECT_THAT(texts_of(anna.sfs), ElementsAre("waterproof"));
  EXPECT_THAT(anna.groups,
              ElementsAre(ProfileGroup{"profile", {"gender=f"}}, ProfileGroup{"tags", {"b", "c"}}));
  EXPECT_EQ(anna.learned, (LearnedState{3, std::string("\0\xff", 2)}));
}

TYPED_TEST(ImportedProfiles, PutsImportedHistoriesInOrder) {
  this->options_.limits.keywords = 3;
  const auto store = this->open();
  std::vector<StoredProfile> users(2);
  users[0].user = users[1].user = "anna";
  users[0].keywords = {{"x", 0}};
  users[1].keywords = {{"b", 10}, {"c", 30}, {"a", 5}, {"b", 20}, {"far", kMoment * 2}};
  ASSERT_TRUE(store->import(users).ok());
  const StoredProfile anna = stored(*store, "anna");
  EXPECT_THAT(anna.keywords,
              ElementsAre(TimedText{"far", kMoment}, TimedText{"x", kMoment}, TimedText{"c", 30}));
}

TYPED_TEST(ImportedProfiles, AddsImportedKeywordsToAHistoryAndKeepsTheNewestOfBoth) {
  constexpr int64_t kPast = kMoment - 100;
  this->options_.limits.keywords = this->options_.limits.sfs = 4;
  const auto store = this->open();
  for (const auto& [word, time] : {std::pair("a", 10), {"b", 20}, {"c", 30}}) {
    store->record({"anna", ClickKind::kSf, {word}, kPast + time});
  }
  ASSERT_TRUE(store->flush().ok());
  StoredProfile given;
  given.user = "anna";
  given.keywords = given.sfs = {{"d", kPast + 25}, {"b", kPast + 15}, {"c", kPast + 40}};
  given.last_click = kPast + 40;
  ASSERT_TRUE(store->import(std::span(&given, 1)).ok());
  const auto merged = ElementsAre(TimedText{"c", kPast + 40}, TimedText{"d", kPast + 25},
                                  TimedText{"b", kPast + 20}, TimedText{"a", kPast + 10});
  EXPECT_THAT(stored(*store, "anna").keywords, merged);
  EXPECT_THAT(stored(*store, "anna").sfs, merged);
  given.keywords = {{"new", 0}};
  given.last_click = 0;
  ASSERT_TRUE(store->import(std::span(&given, 1)).ok());
  EXPECT_THAT(texts_of(stored(*store, "anna").keywords), ElementsAre("new", "c", "d", "b"));
}

TYPED_TEST(ImportedProfiles, ChangesNothingWhereItsOwnExportComesBack) {
  const auto store = this->open();
  for (const char* word : {"a", "b", "c", "d"}) {
    store->record({"anna", ClickKind::kSf, {word}, kMoment - 5});
  }
  ASSERT_TRUE(store->flush().ok());
  const StoredProfile anna = stored(*store, "anna");
  ASSERT_EQ(anna.keywords.size(), 4u);
  ASSERT_TRUE(store->import(std::span(&anna, 1)).ok());
  EXPECT_EQ(stored(*store, "anna"), anna);
}

TYPED_TEST(ImportedProfiles, NamesAnImportedUserThatDoesNotFitAndStoresTheOthers) {
  const auto store = this->open();
  std::vector<StoredProfile> users(2);
  users[0].user = "large";
  users[0].learned.bytes.assign(kMostRecordBytes, 'x');
  users[1].user = "small";
  users[1].keywords = {{"tent", 0}};
  const Status status = store->import(users);
  EXPECT_EQ(status.code(), Code::kBadData);
  EXPECT_THAT(status.message(), HasSubstr("\"large\""));
  EXPECT_FALSE(store->find("large")->has_value());
  EXPECT_THAT(read_user(*store, "small").keywords, ElementsAre("tent"));
}

TYPED_TEST(ImportedProfiles, GivesEachUserOfTheStore) {
  const auto store = this->open();
  std::vector<StoredProfile> users(1000);
  std::set<std::string> expected;
  for (size_t i = 0; i < users.size(); ++i) {
    users[i].user = "user" + std::to_string(i);
    users[i].keywords = {{"word" + std::to_string(i), kMoment - 1}};
    expected.insert(users[i].user);
  }
  ASSERT_TRUE(store->import(users).ok());
  std::set<std::string> found;
  const auto take = [&](const StoredProfile& user) {
    EXPECT_EQ(user.keywords.size(), 1u);
    found.insert(user.user);
    return Status();
  };
  ASSERT_TRUE(store->for_each(take).ok());
  EXPECT_EQ(found, expected);
  const Result<ProfileStoreStatus> status = store->status();
  ASSERT_TRUE(status.ok());
  EXPECT_EQ(status->users, 1000u);
  EXPECT_GT(status->bytes, 1000u);
  const auto refuse = [](const StoredProfile&) { return io_error("the disk is full"); };
  EXPECT_EQ(store->for_each(refuse).message(), "the disk is full");
}

TYPED_TEST(ImportedProfiles, ImportsTheUsersFileAndReportsItsBadLines) {
  const std::string path = temporary_path("users.jsonl");
  std::ofstream(path) << R"({"user":"anna","keywords":["tent","boots"],"groups":{"profile":["a"]}})"
                      << "\nbroken\n{\"user\":\"" << std::string(600, 'x') << "\"}\n"
                      << R"({"user":"ben","groups":{"sfhist":["retro"]}})"
                      << "\n";
  const auto store = this->open();
  const Result<ProfileImport> imported = import_profiles(*store, path);
  ASSERT_TRUE(imported.ok()) << imported.status().message();
  EXPECT_EQ(imported->users, 2u);
  EXPECT_EQ(imported->bad.report("f"),
            "f:2: not JSON\nf:3: user: expected 1 to 500 bytes, found 600\n");
  EXPECT_THAT(read_user(*store, "anna").keywords, ElementsAre("tent", "boots"));
  EXPECT_THAT(texts_of(stored(*store, "ben").sfs), ElementsAre("retro"));
}

TYPED_TEST(ImportedProfiles, DropsAGroupOfANameThatTheTrainerRefusesAndNamesItsLine) {
  const std::string path = temporary_path("users.jsonl");
  std::ofstream(path) << R"({"user":"anna","groups":{"a=b":["c"],"":["d"],"profile":["e"]}})"
                      << "\n";
  const auto store = this->open();
  const Result<ProfileImport> imported = import_profiles(*store, path);
  ASSERT_TRUE(imported.ok()) << imported.status().message();
  const std::string rule = "f:1: groups: expected a name that is not empty and has no \"=\", ";
  EXPECT_EQ(imported->bad.report("f"), rule + "found \"\"; the group was dropped\n" + rule +
                                           "found \"a=b\"; the group was dropped\n");
  const StoredProfile anna = stored(*store, "anna");
  ASSERT_EQ(anna.groups.size(), 1u);
  EXPECT_EQ(anna.groups[0].first, "profile");
}

TYPED_TEST(ImportedProfiles, ImportsWhatItExports) {
  const auto store = this->open();
  StoredProfile cleo;
  cleo.user = "cleo \"\n";
  cleo.groups = {{"profile", {"a", "b"}}, {"empty", {}}};
  cleo.learned = {7, std::string("\x00\x7f\xff", 3)};
  ASSERT_TRUE(store->import(std::span(&cleo, 1)).ok());
  store->record({cleo.user, ClickKind::kSf, {"补水保湿"}, kMoment - 5});
  store->record({"ben", ClickKind::kAd, {"tent", "boots"}, kMoment - 3});
  ASSERT_TRUE(store->flush().ok());
  const std::string path = temporary_path("exported.jsonl");
  {
    std::ofstream out(path);
    const auto write = [&](const StoredProfile& user) {
      out << profile_line(user) << "\n";
      return Status();
    };
    ASSERT_TRUE(store->for_each(write).ok());
  }
  ProfileStoreOptions other;
  other.store = "memory:" + path;
  other.clock = this->options_.clock;
  const auto copy = open_store(other);
  ASSERT_NE(copy, nullptr);
  for (const std::string& user : {cleo.user, std::string("ben")}) {
    StoredProfile expected = stored(*store, user), found = stored(*copy, user);
    std::ranges::sort(expected.groups);
    std::ranges::sort(found.groups);
    EXPECT_EQ(found, expected);
  }
}
}  // namespace
}  // namespace barker
