// The parts of the server that need neither sockets nor an engine.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "index/server/access_log.h"
#include "index/server/admin_token.h"
#include "index/server/rate_limit.h"
#include "index/server/recent_ids.h"
#include "index/server/recent_pages.h"
#include "index/server/user_salt.h"
#include "tests/models/base/temporary_path.h"

namespace barker {
namespace {

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

TEST(RecentPages, ForgetsTheOldest) {
  RecentPages pages(2);
  RecentPage page;
  for (const char* id : {"1", "2", "3"}) {
    page.clear();
    page.set_user(id);
    pages.add(id, page);
  }
  EXPECT_FALSE(pages.find("1"));
  EXPECT_EQ(pages.find("2")->user(), "2");
  EXPECT_EQ(pages.find("3")->user(), "3");
}

TEST(RecentPages, RemembersPagesOfEverySize) {
  constexpr size_t kMost = 100;
  RecentPages pages(kMost);
  const auto id_of = [](size_t i) { return "request" + std::to_string(i); };
  const auto title_of = [](size_t i) {
    return std::string(i % 50 == 0 ? 300'000 : i * 7 % 3000, static_cast<char>('a' + i % 26));
  };
  for (size_t i = 0; i < 1000; ++i) {
    RecentPage page;
    page.set_user("user" + std::to_string(i));
    for (size_t ad = 0; ad < i % 4; ++ad) {
      page.add_ad("ad" + std::to_string(ad), title_of(i), 0.5, ad + 1);
    }
    page.add_feature("feature", i + 1);
    pages.add(id_of(i), page);
  }
  for (size_t i = 0; i < 1000; ++i) {
    const auto page = pages.find(id_of(i));
    ASSERT_EQ(page.has_value(), i >= 1000 - kMost) << i;
    if (!page) continue;
    EXPECT_EQ(page->user(), "user" + std::to_string(i));
    EXPECT_EQ(page->find_feature("feature")->position, i + 1);
    for (size_t ad = 0; ad < i % 4; ++ad) {
      const std::string id = "ad" + std::to_string(ad);
      ASSERT_NE(page->find_ad(id), nullptr);
      EXPECT_TRUE(page->text(page->find_ad(id)->title) == title_of(i));
      EXPECT_TRUE(pages.charge(id_of(i), id));
      EXPECT_FALSE(pages.charge(id_of(i), id));
    }
  }
}

TEST(RecentPages, RememberAPageThatComesAgainUnderItsId) {
  RecentPages pages(2);
  RecentPage page;
  for (const char* user : {"a", "b", "c", "d", "e"}) {
    page.clear();
    page.set_user(user);
    pages.add("1", page);
    EXPECT_EQ(pages.find("1")->user(), user);
  }
  pages.add("2", page);
  EXPECT_TRUE(pages.find("1"));
  EXPECT_TRUE(pages.find("2"));
}

TEST(RecentPages, TakeOneOptOutOfAPage) {
  RecentPages pages(2);
  pages.add("1", RecentPage());
  EXPECT_FALSE(pages.opt_out("2"));
  EXPECT_TRUE(pages.opt_out("1"));
  EXPECT_FALSE(pages.opt_out("1"));
}

TEST(RecentPages, RemembersWhatWasShownAndChargesItOnce) {
  RecentPages pages(1);
  RecentPage page;
  page.set_user("ann");
  page.add_ad("a1", "Trail shoes", 0.5, 1);
  page.add_ad("a2", "Boots", 0.25, 2);
  page.add_feature("waterproof", 3);
  pages.add("1", page);
  const std::optional<RecentPage> found = pages.find("1");
  ASSERT_TRUE(found);
  ASSERT_NE(found->find_ad("a2"), nullptr);
  EXPECT_EQ(found->text(found->find_ad("a2")->title), "Boots");
  EXPECT_EQ(found->find_ad("a2")->position, 2u);
  EXPECT_EQ(found->find_ad("a3"), nullptr);
  EXPECT_EQ(found->find_feature("waterproof")->position, 3u);
  EXPECT_TRUE(pages.charge("1", "a1"));
  EXPECT_FALSE(pages.charge("1", "a1"));
  EXPECT_TRUE(pages.charge("1", "a2"));
  EXPECT_FALSE(pages.charge("1", "a3"));
  page.clear();
  page.add_ad("a1", "Trail shoes", 0.5, 1);
  pages.add("2", page);
  EXPECT_FALSE(pages.charge("1", "a1"));
  EXPECT_TRUE(pages.charge("2", "a1")) << "the place of a forgotten page begins anew";
}

}  // namespace
}  // namespace barker
