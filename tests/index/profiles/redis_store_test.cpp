// Redis as a store, against a real server: several engines, and a server that dies or is slow.
#include "index/profiles/redis_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <thread>

#include "tests/index/profiles/redis_server.h"
#include "tests/index/profiles/store_place.h"

namespace barker {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class RedisStore : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = RedisServer::skip(); !reason.empty()) GTEST_SKIP() << reason;
  }
};

TEST_F(RedisStore, SharesHistoriesBetweenEngines) {
  const RedisPlace place;
  const auto one = open_store(place.options()), two = open_store(place.options());
  const auto reader = two->reader();
  Profile anna;
  EXPECT_EQ(reader->read("anna", in_a_minute(), anna), ReadOutcome::kUnknown);
  one->record({"anna", ClickKind::kSf, {"tent"}, kMoment});
  // Nobody calls flush(): the click is there soon by itself.
  EXPECT_TRUE(comes_to(*reader, "anna", ReadOutcome::kFound));
  two->record({"anna", ClickKind::kAd, {"boots"}, kMoment + 1});
  ASSERT_TRUE(two->flush().ok());
  EXPECT_THAT(read_user(*one, "anna").keywords, ElementsAre("boots", "tent"));
}

TEST_F(RedisStore, LosesNoClicksWhereEnginesWriteTheSameUsersAtOnce) {
  const RedisPlace place;
  ProfileStoreOptions options = place.options();
  options.limits.keywords = 400;
  options.batch_interval = milliseconds(1);
  options.batch_clicks = 8;
  constexpr int kEngines = 3, kClicks = 300, kUsers = 3;
  std::vector<std::unique_ptr<ProfileStore>> engines;
  for (int e = 0; e < kEngines; ++e) engines.push_back(open_store(options));
  std::vector<std::thread> threads;
  for (int e = 0; e < kEngines; ++e) {
    threads.emplace_back([&, e] {
      for (int i = 0; i < kClicks; ++i) {
        const std::string user = "user" + std::to_string(i % kUsers);
        const std::string keyword = "engine" + std::to_string(e) + " " + std::to_string(i);
        EXPECT_TRUE(engines[e]->record({user, ClickKind::kAd, {keyword}, kMoment - i}));
        if (i % 10 == 0) {
          EXPECT_TRUE(engines[e]->flush().ok());
        }
      }
      EXPECT_TRUE(engines[e]->flush().ok());
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int u = 0; u < kUsers; ++u) {
    const std::string user = "user" + std::to_string(u);
    EXPECT_EQ(read_user(*engines[0], user).keywords.size(), kEngines * kClicks / kUsers) << user;
  }
}

TEST_F(RedisStore, LetsKeysExpireWithTheirUsers) {
  const RedisPlace place;
  ProfileStoreOptions options = place.options();
  options.limits.seconds_to_live = 1000;
  const auto store = open_store(options);
  store->record({"anna", ClickKind::kAd, {"tent"}});
  store->record({"ben", ClickKind::kAd, {"tent"}, profile_seconds_now() - 900});
  ASSERT_TRUE(store->flush().ok());
  const int anna = std::stoi(place.server.ask({"TTL", "barker:user:anna"}));
  EXPECT_GT(anna, 900);
  EXPECT_LE(anna, 1001);
  const int ben = std::stoi(place.server.ask({"TTL", "barker:user:ben"}));
  EXPECT_GT(ben, 0);
  EXPECT_LE(ben, 101);
}

TEST_F(RedisStore, KeepsToItsPrefixWhateverCharactersItHas) {
  const RedisPlace place;
  ProfileStoreOptions options = place.options();
  options.redis_prefix = "a*[b]?\\:";
  const auto one = open_store(options);
  options.redis_prefix = "ab:";
  const auto two = open_store(options);
  one->record({"anna", ClickKind::kAd, {"tent"}});
  two->record({"ben", ClickKind::kAd, {"boots"}});
  ASSERT_TRUE(one->flush().ok());
  ASSERT_TRUE(two->flush().ok());
  EXPECT_EQ(place.server.ask({"EXISTS", "a*[b]?\\:anna"}), "1");
  for (const auto& [store, user] : {std::pair(one.get(), "anna"), std::pair(two.get(), "ben")}) {
    EXPECT_EQ(store->status()->users, 1u);
    const auto take = [expected = std::string(user)](const StoredProfile& profile) {
      EXPECT_EQ(profile.user, expected);
      return Status();
    };
    EXPECT_TRUE(store->for_each(take).ok());
  }
}

TEST_F(RedisStore, TakesKeysThatItDidNotWriteForUnknownUsers) {
  const RedisPlace place;
  const auto store = open_store(place.options());
  place.server.ask({"SET", "barker:user:anna", "junk"});
  place.server.ask({"RPUSH", "barker:user:ben", "a", "list"});
  const auto reader = store->reader();
  Profile profile;
  EXPECT_EQ(reader->read("anna", in_a_minute(), profile), ReadOutcome::kUnknown);
  EXPECT_EQ(reader->read("ben", in_a_minute(), profile), ReadOutcome::kUnknown);
  EXPECT_EQ(store->counters().malformed, 2u);
  store->record({"ben", ClickKind::kAd, {"tent"}});
  ASSERT_TRUE(store->flush().ok());
  EXPECT_THAT(read_user(*store, "ben").keywords, ElementsAre("tent"));
}

TEST_F(RedisStore, LogsInAndNeverSaysThePassword) {
  const RedisServer server({"--requirepass", "s3cret"});
  ProfileStoreOptions options;
  options.store = server.address();
  options.redis_read = options.redis_write = std::chrono::seconds(10);
  options.redis_password = "s3cret";
  const auto store = open_store(options);
  store->record({"anna", ClickKind::kAd, {"tent"}});
  EXPECT_TRUE(store->flush().ok());
  EXPECT_THAT(read_user(*store, "anna").keywords, ElementsAre("tent"));
  options.redis_password = "wr0ng";
  const auto refused = open_store(options);
  Profile profile;
  EXPECT_EQ(refused->reader()->read("anna", in_a_minute(), profile), ReadOutcome::kUnavailable);
  const Status status = refused->status().status();
  EXPECT_EQ(status.code(), Code::kIoError);
  EXPECT_THAT(status.message(), HasSubstr(server.socket()));
  EXPECT_THAT(status.message(), HasSubstr("WRONGPASS"));
  EXPECT_THAT(status.message(), Not(HasSubstr("wr0ng")));
}

TEST_F(RedisStore, SelectsItsDatabase) {
  const RedisPlace place;
  ProfileStoreOptions options = place.options();
  options.store += "?db=3";
  const auto store = open_store(options);
  store->record({"anna", ClickKind::kAd, {"tent"}});
  ASSERT_TRUE(store->flush().ok());
  EXPECT_EQ(place.server.ask({"EXISTS", "barker:user:anna"}), "0");
  options.store = place.server.address() + "?db=99999";
  EXPECT_THAT(open_store(options)->status().status().message(), HasSubstr("out of range"));
}

TEST_F(RedisStore, OpensWithoutAServerAndFindsItLater) {
  RedisServer server;
  server.kill();
  ProfileStoreOptions options;
  options.store = server.address();
  options.redis_read = std::chrono::seconds(10);
  const auto store = open_store(options);
  const auto reader = store->reader();
  Profile profile;
  EXPECT_EQ(reader->read("anna", in_a_minute(), profile), ReadOutcome::kUnavailable);
  EXPECT_EQ(profile.user, "anna");
  EXPECT_THAT(profile.keywords, IsEmpty());
  EXPECT_TRUE(store->record({"anna", ClickKind::kAd, {"tent"}}));
  EXPECT_EQ(store->flush().code(), Code::kIoError);
  EXPECT_EQ(store->erase("ben").status().code(), Code::kIoError);
  EXPECT_EQ(store->find("ben").status().code(), Code::kIoError);
  EXPECT_EQ(store->status().status().code(), Code::kIoError);
  EXPECT_GT(store->counters().write_errors, 0u);
  EXPECT_GT(store->counters().unavailable, 0u);
  server.start();
  // The click that waited is written, and the reader has a connection, both by themselves.
  EXPECT_TRUE(comes_to(*reader, "anna", ReadOutcome::kFound));
  // It is counted as written after others can see it.
  for (int i = 0; i < 30'000 && store->counters().waiting > 0; ++i) {
    std::this_thread::sleep_for(milliseconds(1));
  }
  EXPECT_EQ(store->counters().waiting, 0u);
}

TEST_F(RedisStore, ErasesClicksThatWaitForADeadServer) {
  RedisServer server;
  ProfileStoreOptions options;
  options.store = server.address();
  const auto store = open_store(options);
  server.kill();
  store->record({"anna", ClickKind::kAd, {"tent"}});
  EXPECT_FALSE(store->flush().ok());
  EXPECT_FALSE(store->erase("anna").ok());  // it cannot be known what Redis has
  EXPECT_EQ(store->counters().waiting, 0u);
  EXPECT_TRUE(store->flush().ok());
}

// Threads that search, as an engine has them, and what their reads came to.
class Load {
 public:
  Load(ProfileStore& store, milliseconds slow) {
    for (int t = 0; t < 2; ++t) {
      threads_.emplace_back([this, &store, slow] {
        const auto reader = store.reader();
        Profile profile;
        while (!stop_) {
          const auto start = steady_clock::now();
          const ReadOutcome outcome = reader->read("anna", in_a_minute(), profile);
          const auto took = steady_clock::now() - start;
          (outcome == ReadOutcome::kFound ? found : others)++;
          if (took > slow) ++slow_reads;
          if (took > std::chrono::seconds(5)) ++hanging_reads;
          std::this_thread::sleep_for(std::chrono::microseconds(100));
        }
      });
    }
  }
  ~Load() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
  }
  // Waits until each of two hundred more reads came out so.
  bool sees(std::atomic<uint64_t>& outcome) {
    const uint64_t until = outcome + 200;
    for (int i = 0; i < 30'000 && outcome < until; ++i) {
      std::this_thread::sleep_for(milliseconds(1));
    }
    return outcome >= until;
  }

  std::atomic<uint64_t> found = 0, others = 0, slow_reads = 0, hanging_reads = 0;

 private:
  std::atomic<bool> stop_ = false;
  std::vector<std::thread> threads_;
};

// A read may take 50 ms. While the server is dead or silent, hundreds of reads end at once: each
// reader pays its budget about once for an outage. Writes would wait for ten seconds, which no read
// may do. A busy machine makes some reads slow that have nothing to do with it.
TEST_F(RedisStore, CostsReadsTheirBudgetOnceAndRecoversWithoutRestart) {
  RedisServer server;
  ProfileStoreOptions options;
  options.store = server.address();
  options.redis_read = milliseconds(50);
  options.redis_write = std::chrono::seconds(10);
  const auto store = open_store(options);
  const auto put_anna = [&] {
    store->record({"anna", ClickKind::kAd, {"tent"}});
    EXPECT_TRUE(store->flush().ok());
  };
  put_anna();
  Load load(*store, milliseconds(40));
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(load.sees(load.found)) << round;
    server.pause();
    ASSERT_TRUE(load.sees(load.others)) << round;
    server.resume();
    ASSERT_TRUE(load.sees(load.found)) << round;
    server.kill();
    ASSERT_TRUE(load.sees(load.others)) << round;
    server.start();
    put_anna();
  }
  ASSERT_TRUE(load.sees(load.found));
  EXPECT_EQ(load.hanging_reads, 0u);
  EXPECT_LT(load.slow_reads, 60u) << "of " << load.found << " and " << load.others;
}

// A server that takes connections and answers a GET a byte at a time, without an end.
class DrippingServer {
 public:
  DrippingServer() : path_(temporary_path("dripping")), listener_(socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un place{};
    place.sun_family = AF_UNIX;
    std::strncpy(place.sun_path, path_.c_str(), sizeof place.sun_path - 1);
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&place), sizeof place), 0);
    EXPECT_EQ(listen(listener_, 5), 0);
    thread_ = std::thread([this] { run(); });
  }
  ~DrippingServer() {
    stop_ = true;
    thread_.join();
    close(listener_);
    unlink(path_.c_str());
  }
  std::string address() const { return "unix:" + path_; }

 private:
  static bool is_ready(int descriptor) {
    pollfd waited{descriptor, POLLIN, 0};
    return poll(&waited, 1, 5) > 0;
  }
  void run() {
    while (!stop_) {
      if (!is_ready(listener_)) continue;
      const int client = accept(listener_, nullptr, nullptr);
      serve(client);
      close(client);
    }
  }
  void serve(int client) {
    std::string answer;
    while (!stop_) {
      if (is_ready(client)) {
        char buffer[1000];
        const ssize_t n = read(client, buffer, sizeof buffer);
        if (n <= 0) return;
        const std::string_view command(buffer, static_cast<size_t>(n));
        answer = command.find("GET") != std::string_view::npos ? "$100000\r\n" : "+OK\r\n";
        if (answer[0] == '+') {
          if (send(client, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) return;
        }
      } else if (!answer.empty() && answer[0] == '$') {
        const char byte = position_ < answer.size() ? answer[position_++] : 'x';
        if (send(client, &byte, 1, MSG_NOSIGNAL) < 0) return;
      }
    }
  }

  const std::string path_;
  const int listener_;
  size_t position_ = 0;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

TEST(RedisStoreOfAServerThatDrips, EndsAReadAtItsBudget) {
  const DrippingServer server;
  ProfileStoreOptions options;
  options.store = server.address();
  options.redis_read = milliseconds(200);
  const auto store = open_store(options);
  const auto reader = store->reader();
  Profile profile;
  const auto start = steady_clock::now();
  EXPECT_EQ(reader->read("anna", in_a_minute(), profile), ReadOutcome::kUnavailable);
  // A hundred thousand bytes would take minutes.
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(20));
}

TEST_F(RedisStore, KeepsToADeadlineThatIsShorterThanItsBudget) {
  RedisServer server;
  ProfileStoreOptions options;
  options.store = server.address();
  options.redis_read = std::chrono::minutes(2);
  const auto store = open_store(options);
  const auto reader = store->reader();
  server.pause();
  Profile profile;
  const auto start = steady_clock::now();
  EXPECT_EQ(reader->read("anna", start + milliseconds(20), profile), ReadOutcome::kUnavailable);
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(60));
  server.kill();  // so that nobody waits for a PING
}

}  // namespace
}  // namespace barker
