// LMDB as a store: what survives the end of a process, and which files are refused.
#include "index/profiles/lmdb_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <lmdb.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "models/base/random.h"
#include "tests/index/profiles/store_place.h"
#include "tests/repetitions.h"

namespace barker {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(LmdbStore, KeepsItsUsersFromOpeningToOpening) {
  const LmdbPlace place;
  {
    const auto store = open_store(place.options());
    store->record({"anna", ClickKind::kSf, {"tent"}});
    // Nobody calls flush(): a store that is closed writes what waits.
  }
  const auto store = open_store(place.options());
  EXPECT_THAT(read_user(*store, "anna").keywords, ElementsAre("tent"));
}

TEST(LmdbStore, BelongsToItsOwnerAlone) {
  const LmdbPlace place;
  const auto store = open_store(place.options());
  for (const std::string& file : {place.path, place.path + "-lock"}) {
    struct stat info {};
    ASSERT_EQ(stat(file.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 077, 0u) << file;
  }
}

TEST(LmdbStore, IsOpenOnceInAProcess) {
  const LmdbPlace place;
  auto store = open_store(place.options());
  const auto second = open_profile_store(place.options());
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(second.status().message(), HasSubstr("is open in this process already"));
  store.reset();
  EXPECT_NE(open_store(place.options()), nullptr);
}

// Runs `what` in a child of this process and returns how the child ended.
template <typename Function>
int in_child(const Function& what) {
  const pid_t child = fork();
  if (child == 0) {
    what();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

TEST(LmdbStore, SeesWhatAnotherProcessWrites) {
  const LmdbPlace place;
  ASSERT_EQ(in_child([&] { open_store(place.options()); }), 0);
  const auto store = open_store(place.options());
  const auto reader = store->reader();
  Profile anna;
  EXPECT_EQ(reader->read("anna", in_a_minute(), anna), ReadOutcome::kUnknown);
  // The store of the child is a program of its own, because LMDB's handles do not survive a fork.
  const std::string users = temporary_path("users.jsonl");
  std::ofstream(users) << R"({"user":"anna","keywords":["tent"]})"
                       << "\n";
  const std::string program = std::string(BARKER_COMMAND) + " profiles import lmdb:" + place.path +
                              " " + users + " > /dev/null 2>&1";
  ASSERT_EQ(std::system(program.c_str()), 0);
  EXPECT_EQ(reader->read("anna", in_a_minute(), anna), ReadOutcome::kFound);
  EXPECT_THAT(anna.keywords, ElementsAre("tent"));
}

TEST(LmdbStore, SaysThatItIsFullAndTakesClicksAgainLater) {
  const LmdbPlace place;
  ProfileStoreOptions options = place.options();
  options.lmdb_map_bytes = 256 << 10;
  const auto store = open_store(options);
  std::vector<StoredProfile> users(500);
  for (size_t i = 0; i < users.size(); ++i) {
    users[i].user = "user" + std::to_string(i);
    users[i].learned.bytes.assign(1000, 'x');
  }
  const Status full = store->import(users);
  EXPECT_EQ(full.code(), Code::kIoError);
  EXPECT_THAT(full.message(), HasSubstr(place.path));
  EXPECT_THAT(full.message(), HasSubstr("lmdb_map_bytes"));
  EXPECT_EQ(store->status()->users, 0u);
  store->record({"anna", ClickKind::kAd, {"tent"}});
  EXPECT_TRUE(store->flush().ok());
}

std::string bytes_of(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}

TEST(LmdbStore, RefusesFilesThatAreNoneOfItsOwnByName) {
  const LmdbPlace place;
  const auto refusal = [&] { return open_profile_store(place.options()).status(); };
  std::ofstream(place.path) << std::string(10'000, 'x');
  EXPECT_EQ(refusal().code(), Code::kBadData);
  EXPECT_THAT(refusal().message(), HasSubstr(place.path));
  EXPECT_EQ(bytes_of(place.path), std::string(10'000, 'x'));
  std::ofstream(place.path) << "short";
  EXPECT_EQ(refusal().code(), Code::kBadData);
  fs::remove(place.path);
  fs::create_directory(place.path);
  EXPECT_THAT(refusal().message(), HasSubstr("is not a regular file"));
  ProfileStoreOptions nowhere;
  nowhere.store = "lmdb:" + place.path + "/missing/users.mdb";
  EXPECT_EQ(open_profile_store(nowhere).status().code(), Code::kNotFound);
}

TEST(LmdbStore, RefusesTheFileOfAnotherProgram) {
  const LmdbPlace place;
  MDB_env* environment = nullptr;
  ASSERT_EQ(mdb_env_create(&environment), 0);
  ASSERT_EQ(mdb_env_open(environment, place.path.c_str(), MDB_NOSUBDIR, 0600), 0);
  MDB_txn* txn = nullptr;
  ASSERT_EQ(mdb_txn_begin(environment, nullptr, 0, &txn), 0);
  MDB_dbi table = 0;
  ASSERT_EQ(mdb_dbi_open(txn, nullptr, 0, &table), 0);
  std::string text = "theirs";
  MDB_val value{text.size(), text.data()};
  ASSERT_EQ(mdb_put(txn, table, &value, &value, 0), 0);
  ASSERT_EQ(mdb_txn_commit(txn), 0);
  mdb_env_close(environment);
  const Status status = open_profile_store(place.options()).status();
  EXPECT_EQ(status.code(), Code::kBadData);
  EXPECT_THAT(status.message(), HasSubstr("another program"));
}

// A file with a few levels of pages and with values that have pages of their own.
void fill(const LmdbPlace& place) {
  const auto store = open_store(place.options());
  std::vector<StoredProfile> users(300);
  for (size_t i = 0; i < users.size(); ++i) {
    users[i].user = "user" + std::to_string(i);
    users[i].learned.bytes.assign(i % 10 == 0 ? 9000 : 300, 'x');
  }
  ASSERT_TRUE(store->import(users).ok());
  // Some pages are free afterwards.
  for (int i = 0; i < 300; i += 3) ASSERT_TRUE(*store->erase("user" + std::to_string(i)));
}

// Every user is read in a child, which a damaged page would end by a signal.
void opens_or_refuses(const LmdbPlace& place, const std::string& what) {
  const int status = in_child([&] {
    const Result<std::unique_ptr<ProfileStore>> store = open_profile_store(place.options());
    if (!store.ok()) _exit(store.status().message().find(place.path) == std::string::npos ? 2 : 3);
    uint64_t users = 0;
    const auto count = [&](const StoredProfile&) {
      ++users;
      return Status();
    };
    if (!(*store)->for_each(count).ok()) _exit(4);
    // Writing uses the lists of free pages, too.
    for (int i = 0; i < 4; ++i) {
      (*store)->record({"user" + std::to_string(i * 10), ClickKind::kAd, {"tent"}});
      if (!(*store)->flush().ok()) _exit(5);
    }
    _exit(0);
  });
  ASSERT_TRUE(WIFEXITED(status)) << what << ": signal " << WTERMSIG(status);
  EXPECT_NE(WEXITSTATUS(status), 2) << what << ": the refusal does not name the file";
}

// Pages at the end may be free ones, which a file may lack.
TEST(LmdbStore, RefusesATruncatedFile) {
  const LmdbPlace place;
  fill(place);
  const std::string good = bytes_of(place.path);
  for (size_t left = good.size(); left > good.size() - 20 * 4096; left -= 4096) {
    std::ofstream(place.path, std::ios::binary).write(good.data(), static_cast<ssize_t>(left));
    opens_or_refuses(place, std::to_string(left) + " bytes");
  }
  std::ofstream(place.path, std::ios::binary).write(good.data(), std::ssize(good));
  for (auto left = good.size() / 2; left > 2 * 4096; left -= 4096 * 7) {
    fs::resize_file(place.path, left);
    const auto store = open_profile_store(place.options());
    ASSERT_FALSE(store.ok()) << left;
    EXPECT_EQ(store.status().code(), Code::kBadData);
    EXPECT_THAT(store.status().message(), HasSubstr(place.path + ": is damaged: page"));
  }
}

TEST(LmdbStore, IsNotEndedByDamagedPages) {
  const LmdbPlace place;
  fill(place);
  const std::string good = bytes_of(place.path);
  Random random(11, 1);
  for (int i = 0; i < (kIsSanitized ? 20 : 60); ++i) {
    std::string bytes = good;
    // The metas are checked by LMDB. What is behind them are pages; their heads are the likely
    // hits.
    const size_t pages = bytes.size() / 4096;
    for (int c = 0; c < 3; ++c) {
      const size_t page = 2 + random.below(pages - 2);
      const size_t place_in_page = random.below(random.chance(0.5) ? 64 : 4096);
      bytes[page * 4096 + place_in_page] = static_cast<char>(random.below(256));
    }
    std::ofstream(place.path, std::ios::binary).write(bytes.data(), std::ssize(bytes));
    opens_or_refuses(place, "round " + std::to_string(i));
  }
}

TEST(LmdbStore, CountsMalformedRecordsAsUnknownUsers) {
  const LmdbPlace place;
  { const auto store = open_store(place.options()); }
  MDB_env* environment = nullptr;
  ASSERT_EQ(mdb_env_create(&environment), 0);
  ASSERT_EQ(mdb_env_set_maxdbs(environment, 2), 0);
  ASSERT_EQ(mdb_env_open(environment, place.path.c_str(), MDB_NOSUBDIR, 0600), 0);
  MDB_txn* txn = nullptr;
  ASSERT_EQ(mdb_txn_begin(environment, nullptr, 0, &txn), 0);
  MDB_dbi table = 0;
  ASSERT_EQ(mdb_dbi_open(txn, "users", 0, &table), 0);
  std::string user = "anna", later = "ben", junk = "junk", newer = "P\2 of another day";
  MDB_val key{user.size(), user.data()}, value{junk.size(), junk.data()};
  ASSERT_EQ(mdb_put(txn, table, &key, &value, 0), 0);
  key = {later.size(), later.data()};
  value = {newer.size(), newer.data()};
  ASSERT_EQ(mdb_put(txn, table, &key, &value, 0), 0);
  ASSERT_EQ(mdb_txn_commit(txn), 0);
  mdb_env_close(environment);

  const auto store = open_store(place.options());
  Profile profile;
  EXPECT_EQ(store->reader()->read("anna", in_a_minute(), profile), ReadOutcome::kUnknown);
  EXPECT_EQ(store->counters().malformed, 1u);
  // A click replaces what nobody can read, but never what a later version wrote.
  store->record({"anna", ClickKind::kAd, {"tent"}});
  store->record({"ben", ClickKind::kAd, {"tent"}});
  ASSERT_TRUE(store->flush().ok());
  EXPECT_THAT(read_user(*store, "anna").keywords, ElementsAre("tent"));
  EXPECT_EQ(store->counters().refused, 1u);
  EXPECT_FALSE(store->find("ben")->has_value());
}

// What a child that is about to be killed tells its parent.
struct Progress {
  std::atomic<uint64_t> acknowledged, recorded;
};

constexpr uint64_t kUsers = 20;

[[noreturn]] void write_until_killed(const ProfileStoreOptions& options, uint64_t from,
                                     Progress& progress) {
  const auto store = open_store(options);
  for (uint64_t i = from;; ++i) {
    store->record({"user" + std::to_string(i % kUsers),
                   ClickKind::kAd,
                   {std::to_string(i)},
                   static_cast<int64_t>(i)});
    progress.recorded = i;
    if (i % 17 == 0 && store->flush().ok()) progress.acknowledged = i;
  }
}

// Clicks are numbered. What is stored must be all clicks up to some number, for each user the
// newest.
void check_prefix(ProfileStore& store, size_t limit, uint64_t& last) {
  std::vector<std::vector<TimedText>> histories;
  for (uint64_t u = 0; u < kUsers; ++u) {
    histories.push_back(stored(store, "user" + std::to_string(u)).keywords);
    if (!histories.back().empty()) {
      last = std::max(last, static_cast<uint64_t>(histories.back().front().time));
    }
  }
  for (uint64_t u = 0; u < kUsers; ++u) {
    uint64_t expected = last - (last + kUsers - u) % kUsers;
    size_t found = 0;
    for (const TimedText& text : histories[u]) {
      ASSERT_EQ(text.text, std::to_string(expected)) << "user" << u;
      expected -= kUsers;
      ++found;
    }
    ASSERT_TRUE(found == limit || expected == 0 || expected > last) << "user" << u;
  }
}

TEST(LmdbStore, KeepsWhatItAcknowledgedWhenItsProcessIsKilled) {
  const char* given = std::getenv("BARKER_KILLS");
  const int kills = given != nullptr ? std::atoi(given) : 5;
  const LmdbPlace place;
  ProfileStoreOptions options = place.options();
  options.limits.keywords = 100;
  options.queue_clicks = 500;
  options.batch_clicks = 10;
  options.batch_interval = std::chrono::milliseconds(1);
  options.clock = [] { return kMoment; };
  options.limits.seconds_to_live = kMoment;
  void* shared =
      mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(shared, MAP_FAILED);
  auto& progress = *new (shared) Progress{};
  Random random(13, 1);
  uint64_t last = 0;
  for (int i = 0; i < kills; ++i) {
    const uint64_t until = last + 100 + random.below(900);
    const pid_t child = fork();
    if (child == 0) write_until_killed(options, last + 1, progress);
    while (progress.acknowledged < until && waitpid(child, nullptr, WNOHANG) == 0) {
      std::this_thread::sleep_for(std::chrono::microseconds(random.below(300)));
    }
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    const uint64_t acknowledged = progress.acknowledged, recorded = progress.recorded;
    ASSERT_GE(acknowledged, until) << "the child ended by itself";
    const auto store = open_store(options);
    ASSERT_NE(store, nullptr);
    uint64_t stored_last = 0;
    ASSERT_NO_FATAL_FAILURE(check_prefix(*store, options.limits.keywords, stored_last));
    EXPECT_GE(stored_last, acknowledged);
    EXPECT_LE(stored_last, recorded + 1);
    EXPECT_LE(recorded - std::min(recorded, stored_last), options.queue_clicks);
    last = stored_last;
  }
  munmap(shared, sizeof(Progress));
}

}  // namespace
}  // namespace barker
