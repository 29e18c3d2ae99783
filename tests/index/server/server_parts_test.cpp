// The parts of the server that need neither sockets nor an engine.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>
#include <vector>

#include "index/server/access_log.h"
#include "index/server/admin_token.h"
#include "index/server/rate_limit.h"
#include "index/server/recent_ids.h"
#include "index/server/user_salt.h"
#include "tests/models/base/sentences.h"
#include "tests/models/base/temporary_path.h"

namespace barker {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(AdminToken, IsTheBearersAlone) {
  const auto token = AdminToken::create("0123456789abcdef\n");
  ASSERT_TRUE(token.ok());
  EXPECT_TRUE(token->matches("Bearer 0123456789abcdef"));
  EXPECT_TRUE(token->matches("bearer 0123456789abcdef"));
  for (const char* wrong :
       {"", "Bearer", "Bearer ", "Bearer 0123456789abcdeg", "Bearer 0123456789abcdef0",
        "Bearer 0123456789abcde", "Basic 0123456789abcdef", "0123456789abcdef"}) {
    EXPECT_FALSE(token->matches(wrong)) << wrong;
  }
  EXPECT_FALSE(AdminToken::create("short").ok());
}

TEST(UserSalt, StaysWithItsFileAndBelongsToItsOwner) {
  const std::string file = temporary_path("salt");
  const auto first = UserSalt::open(file), again = UserSalt::open(file);
  const auto other = UserSalt::create();
  ASSERT_TRUE(first.ok() && again.ok() && other.ok());
  EXPECT_EQ(first->hash("ann"), again->hash("ann"));
  EXPECT_NE(first->hash("ann"), first->hash("bob"));
  EXPECT_NE(first->hash("ann"), other->hash("ann"));
  EXPECT_EQ(first->hash("ann").size(), 32u);
  EXPECT_EQ(first->hash(""), "");
  struct stat info;
  ASSERT_EQ(stat(file.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  ASSERT_EQ(chmod(file.c_str(), 0644), 0);
  EXPECT_FALSE(UserSalt::open(file).ok());
  ASSERT_EQ(chmod(file.c_str(), 0600), 0);
  std::ofstream(file) << "no salt";
  EXPECT_FALSE(UserSalt::open(file).ok());
}

TEST(AccessLog, WritesOneLineARequestWithoutSayingWhoTheUserIs) {
  const std::string file = temporary_path("access.log");
  const auto salt = UserSalt::create();
  ASSERT_TRUE(salt.ok());
  HttpResponse response;
  response.route = "/v1/users/{id}";
  response.user = "ann";
  {
    const auto log = AccessLog::open(file, *salt);
    ASSERT_TRUE(log.ok());
    (*log)->add({"GET", "127.0.0.1", response, response.route, 12, 0.25});
    (*log)->add({"\"\n", "::1", response, response.route, 12, 0.25});
  }
  std::ifstream in(file);
  std::string line;
  ASSERT_TRUE(std::getline(in, line));
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json["route"], "/v1/users/{id}");
  EXPECT_EQ(json["status"], 200);
  EXPECT_EQ(json["seconds"], 0.25);
  EXPECT_EQ(json["user"], salt->hash("ann"));
  EXPECT_EQ(line.find("ann"), std::string::npos);
  ASSERT_TRUE(std::getline(in, line));
  EXPECT_EQ(nlohmann::json::parse(line)["method"], "\"\n");
  EXPECT_FALSE(std::getline(in, line));
}

FinishedRequest finished(const HttpResponse& response) {
  return {"GET", "127.0.0.1", response, response.route, 12, 0.25};
}

bool wait_for_lines(const std::function<bool()>& is_so) {
  for (int i = 0; i < 100 && !is_so(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return is_so();
}

// A limit on the size of files stands for a disk that is full: what is written ends in the middle
// of a line. It holds for a whole process, so that this is done in one of its own.
int fill_up_the_disk_of_an_access_log(const std::string& file) {
  signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  getrlimit(RLIMIT_FSIZE, &limit);
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = 250;
  if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return 1;
  const auto salt = UserSalt::create();
  Sentences reports;
  HttpResponse response;
  response.route = "/v1/search";
  {
    const auto log = AccessLog::open(file, *salt, reports.report());
    if (!log.ok()) return 2;
    for (int i = 0; i < 5; ++i) (*log)->add(finished(response));
    if (!wait_for_lines([&] { return (*log)->counts().dropped > 0; })) return 3;
    const uint64_t first = (*log)->counts().dropped;
    (*log)->add(finished(response));
    if (!wait_for_lines([&] { return (*log)->counts().dropped == first + 1; })) return 4;
    limit.rlim_cur = before;
    setrlimit(RLIMIT_FSIZE, &limit);
    (*log)->add(finished(response));
    if (!wait_for_lines([&] { return (*log)->counts().waiting == 0; })) return 5;
    if ((*log)->counts().dropped != first + 1) return 6;
  }
  const std::vector<std::string> said = reports.all();
  if (said.size() != 2) return 7;
  const std::string begins = "the access log's lines are lost: " + file + ": cannot be written";
  return said[0].starts_with(begins) && said[1] == "the access log is written again" ? 0 : 8;
}

TEST(AccessLog, NeverRunsTwoRecordsTogetherWhereTheDiskWasFull) {
  const std::string file = temporary_path("access_full.log");
  const pid_t child = fork();
  if (child == 0) _exit(fill_up_the_disk_of_an_access_log(file));
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  ASSERT_EQ(WEXITSTATUS(status), 0);
  std::ifstream in(file);
  std::vector<bool> are_whole;
  for (std::string line; std::getline(in, line);) {
    are_whole.push_back(nlohmann::json::accept(line));
    EXPECT_EQ(line.find("time"), line.rfind("time")) << line;
  }
  EXPECT_EQ(std::count(are_whole.begin(), are_whole.end(), false), 1);
  EXPECT_TRUE(are_whole.back());
}

TEST(AccessLog, IsOpenedAnewAsSoonAsThatIsPossible) {
  const std::string file = temporary_path("access_reopened.log"), old = file + ".1";
  const auto salt = UserSalt::create();
  ASSERT_TRUE(salt.ok());
  Sentences reports;
  HttpResponse response;
  {
    const auto log = AccessLog::open(file, *salt, reports.report());
    ASSERT_TRUE(log.ok());
    std::filesystem::rename(file, old);
    std::filesystem::create_directory(file);  // so that no file can be made
    (*log)->reopen();
    ASSERT_TRUE(reports.come_to(1));
    (*log)->add(finished(response));
    ASSERT_TRUE(wait_for_lines([&] { return std::filesystem::file_size(old) > 0; }));
    std::filesystem::remove(file);
    ASSERT_TRUE(wait_for_lines([&] { return std::filesystem::is_regular_file(file); }));
    ASSERT_TRUE(reports.come_to(2));
    (*log)->add(finished(response));
    EXPECT_EQ((*log)->counts().dropped, 0u);
  }
  for (const std::string& path : {old, file}) {
    std::ifstream in(path);
    const std::string lines{std::istreambuf_iterator<char>(in), {}};
    EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 1) << path;
  }
  EXPECT_THAT(reports.all(),
              ElementsAre(AllOf(HasSubstr("the access log cannot be opened anew"), HasSubstr(file)),
                          "the access log is opened anew"));
  std::filesystem::remove(file);
  std::filesystem::remove(old);
}

TEST(AccessLog, EndsTheLineThatAKilledProcessLeft) {
  const std::string file = temporary_path("access_torn.log");
  std::ofstream(file) << "{\"time\":";
  const auto salt = UserSalt::create();
  ASSERT_TRUE(salt.ok());
  HttpResponse response;
  {
    const auto log = AccessLog::open(file, *salt);
    ASSERT_TRUE(log.ok());
    (*log)->add(finished(response));
  }
  std::ifstream in(file);
  std::string line;
  ASSERT_TRUE(std::getline(in, line));
  EXPECT_EQ(line, "{\"time\":");
  ASSERT_TRUE(std::getline(in, line));
  EXPECT_TRUE(nlohmann::json::accept(line)) << line;
}

TEST(RateLimit, GivesEachClientItsBurstAndThenItsRate) {
  RateLimit limit(10, 2);
  const auto start = RateLimit::Clock::now();
  EXPECT_TRUE(limit.admits("192.0.2.1", start));
  EXPECT_TRUE(limit.admits("192.0.2.1", start));
  EXPECT_FALSE(limit.admits("192.0.2.1", start));
  EXPECT_TRUE(limit.admits("192.0.2.2", start));
  EXPECT_TRUE(limit.admits("192.0.2.1", start + std::chrono::milliseconds(110)));
  EXPECT_FALSE(limit.admits("192.0.2.1", start + std::chrono::milliseconds(110)));
}

TEST(RateLimit, CountsANetworkOfIpv6AddressesAsOneClient) {
  EXPECT_EQ(client_of("2001:db8::1"), client_of("2001:db8::ffff:1"));
  EXPECT_NE(client_of("2001:db8::1"), client_of("2001:db8:0:1::1"));
  EXPECT_EQ(client_of("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(client_of("unix"), "unix");
}

TEST(RateLimit, ForgetsTheClientThatWasSeenLeastRecently) {
  RateLimit limit(0.001, 1, 2);
  const auto now = RateLimit::Clock::now();
  EXPECT_TRUE(limit.admits("a", now));
  EXPECT_TRUE(limit.admits("b", now));
  EXPECT_FALSE(limit.admits("a", now));
  EXPECT_TRUE(limit.admits("c", now));  // in the place of b
  EXPECT_FALSE(limit.admits("a", now));
  EXPECT_TRUE(limit.admits("b", now));
}

TEST(RecentIds, KnowsTheLastOnes) {
  RecentIds ids(2);
  EXPECT_TRUE(ids.add("1"));
  EXPECT_FALSE(ids.add("1"));
  EXPECT_TRUE(ids.add("2"));
  EXPECT_TRUE(ids.add("3"));
  EXPECT_TRUE(ids.add("1"));
  EXPECT_FALSE(ids.add("3"));
}

TEST(RecentIds, TakesAnIdAgainThatWasTakenBack) {
  RecentIds ids(8);
  EXPECT_TRUE(ids.add("1"));
  ids.remove("1");
  EXPECT_TRUE(ids.add("1"));
}

}  // namespace
}  // namespace barker
