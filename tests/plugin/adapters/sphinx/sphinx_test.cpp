// The adapter inside of a real searchd, which each test starts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <thread>

#include "models/weights/directory.h"
#include "tests/models/weights/random_model.h"
#include "tests/plugin/adapters/sphinx/searchd.h"
#include "tests/plugin/asker.h"

namespace barker {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

const std::string kDemo = std::string(BARKER_SOURCE_DIR) + "/models/simulate/demo.barker";

std::string control(const std::string& weights) { return "weights = \"" + weights + "\"\n"; }

// Shoes whose titles, selling points and bids differ.
std::vector<SphinxAd> shoes(size_t count) {
  const std::vector<std::string> points = {"lightweight", "free shipping", "waterproof",
                                           "memory foam", "retro design",  "carbon plate"};
  const std::vector<std::string> words = {"trail", "running", "black", "size 42", "wide", "white"};
  std::vector<SphinxAd> ads;
  for (size_t i = 0; i < count; ++i) {
    SphinxAd& ad = ads.emplace_back();
    ad.id = i + 1;
    ad.title = words[i % 6] + " " + words[i / 6 % 6] + " shoes <" + std::to_string(i) + ">";
    ad.selling_points =
        points[i % 6] + "|" + points[(i + 1 + i / 6) % 6] + " | " + points[(i + 3) % 6];
    ad.bid = 0.25f + 0.37f * static_cast<float>(i % 9);
    ad.merchant = "m" + std::to_string(i % 3);
  }
  return ads;
}

// Arguments of a function, by the names of the index's columns.
std::string arguments(const std::string& query, const std::string& user,
                      const std::string& user_keywords = "", const std::string& context = "") {
  return "(title, selling_points, " + quoted(query) + ", " + quoted(user) + ", bid, weight(), " +
         quoted(user_keywords) + ", " + quoted(context) + ", merchant)";
}

class Sphinx : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = Searchd::skip(); !reason.empty()) GTEST_SKIP() << reason;
  }
  void TearDown() override { fs::remove_all(weights_); }

  uint64_t generation_of(const Searchd& server) {
    const auto rows = server.ask("SELECT barker_answer" + arguments("shoes", "") +
                                 " a FROM ads WHERE MATCH('shoes') LIMIT 1");
    return rows.empty() ? 0 : nlohmann::json::parse(rows[0][0])["generation"].get<uint64_t>();
  }

  const std::string weights_ = temporary_path("sphinx-weights");
};

// What the plugin answers to the same ads when a host in this process asks it directly.
class Direct {
 public:
  Direct() : plugin_(make_plugin()), session_(api(), plugin_) {
    char error[BARKER_ERROR_SIZE];
    EXPECT_EQ(api().load_weights(plugin_, view(kDemo), nullptr, error), BARKER_OK) << error;
  }
  ~Direct() { api().destroy(plugin_); }

  struct Answer {
    double score, pctr;
    std::string title;
  };
  // By the number of the ad, from 0.
  std::vector<Answer> ask(const std::vector<SphinxAd>& ads, const std::vector<double>& weights,
                          const std::string& user) {
    session_.start("running shoes", user);
    for (const char* keyword : {"black", "waterproof"}) session_.add_user_keyword(keyword);
    session_.add_group("profile");
    for (const char* token : {"gender=f", "age=25-29"}) session_.add_token(token);
    session_.add_group("sfhist");
    session_.add_token("free shipping");
    std::vector<std::vector<std::string>> points(ads.size());
    for (size_t i = 0; i < ads.size(); ++i) {
      barker_ad& ad = session_.add_ad();
      ad.title = view(ads[i].title);
      ad.bid = ads[i].bid;
      ad.first_pass_score = weights[i];
      ad.merchant = view(ads[i].merchant);
      const std::string& list = ads[i].selling_points;
      const size_t first = list.find('|'), last = list.rfind(" | ");
      points[i] = {list.substr(0, first), list.substr(first + 1, last - first - 1),
                   list.substr(last + 3)};
      for (const std::string& point : points[i]) session_.add_selling_point(point);
    }
    const Status asked = session_.rescore();
    EXPECT_TRUE(asked.ok()) << asked.message();
    std::vector<Answer> answers(ads.size());
    for (size_t rank = 0; rank < session_.size(); ++rank) {
      const AnsweredAd ad = session_.answer(rank);
      answers[ad.index] = {ad.score, ad.pctr, std::string(ad.title)};
    }
    return answers;
  }

 private:
  barker_plugin* plugin_;
  Session session_;
};

std::string printed(double number) {
  char text[64];
  std::snprintf(text, sizeof text, "%f", static_cast<double>(static_cast<float>(number)));
  return text;
}

TEST_F(Sphinx, AnswersAreThoseOfThePluginToTheLastBit) {
  const std::vector<SphinxAd> ads = shoes(45);
  Searchd server({.ads = ads, .control = control(kDemo)});
  Direct direct;
  size_t rewritten = 0;
  for (const std::string user : {"ben", "anna", ""}) {
    const std::string call =
        arguments("running shoes", user, "black|waterproof",
                  "profile: gender=f | age=25-29; sfhist: free shipping; @surface: mobile");
    const auto rows =
        server.ask("SELECT id, weight() w, barker_answer" + call + " a, barker_title" + call +
                   " t, barker_score" + call + " s, barker_pctr" + call +
                   " p FROM ads WHERE MATCH('shoes') LIMIT 100");
    ASSERT_EQ(rows.size(), ads.size());
    std::vector<double> weights(ads.size());
    for (const auto& row : rows) weights[std::stoul(row[0]) - 1] = std::stod(row[1]);
    const auto expected = direct.ask(ads, weights, user);
    for (const auto& row : rows) {
      const Direct::Answer& answer = expected[std::stoul(row[0]) - 1];
      const auto json = nlohmann::json::parse(row[2]);
      EXPECT_EQ(json["status"], "rescored");
      EXPECT_EQ(json["score"].get<double>(), answer.score);
      EXPECT_EQ(json["pctr"].get<double>(), answer.pctr);
      EXPECT_EQ(json["title"], answer.title);
      EXPECT_EQ(row[3], answer.title);
      EXPECT_EQ(row[4], printed(answer.score));
      EXPECT_EQ(row[5], printed(answer.pctr));
      if (answer.title.starts_with("<em>")) ++rewritten;
    }
  }
  EXPECT_GT(rewritten, 0u);
}

TEST_F(Sphinx, ASubselectOrdersThePageByTheScore) {
  const std::vector<SphinxAd> ads = shoes(45);
  Searchd server({.ads = ads, .control = control(kDemo)});
  const std::string call = arguments("running shoes", "ben", "waterproof");
  const auto rows = server.ask("SELECT * FROM (SELECT id, weight() w, barker_score" + call +
                               " s, barker_title" + call +
                               " t FROM ads WHERE MATCH('shoes') ORDER BY w DESC LIMIT 20 OPTION "
                               "max_matches=20) ORDER BY s DESC LIMIT 10");
  ASSERT_EQ(rows.size(), 10u);
  for (size_t i = 1; i < rows.size(); ++i) {
    EXPECT_GE(std::stod(rows[i - 1][2]), std::stod(rows[i][2]));
  }
}

TEST_F(Sphinx, WrongArgumentsAreAnErrorOfTheSearchAlone) {
  Searchd server({.ads = shoes(5), .control = control(kDemo)});
  const auto client = server.connect();
  for (const auto& [call, expected] : std::vector<std::pair<std::string, std::string>>{
           {"barker_score()", "expected 4 to 11 arguments"},
           {"barker_score(title)", "found 1"},
           {"barker_title(title, selling_points, 'shoes', bid)", "(user): expected a string"},
           {"barker_title(title, selling_points, 'shoes', 'ben', 'much')",
            "(bid): expected a number"},
           {"barker_answer(title, title, title, title, 1, 1, title, title, title, title, 0, 0)",
            "found 12"}}) {
    const auto rows = client->ask("SELECT " + call + " FROM ads");
    ASSERT_FALSE(rows.ok()) << call;
    EXPECT_THAT(rows.status().message(), HasSubstr(expected));
  }
  EXPECT_EQ(generation_of(server), 1u);
}

TEST_F(Sphinx, ASearchWithoutWeightsHasItsFirstPassUntilSomeArePublished) {
  Searchd server({.ads = shoes(5), .control = control(weights_)});
  const std::string call = arguments("running shoes", "ben");
  const std::string search = "SELECT weight() w, barker_score" + call + " s, barker_pctr" + call +
                             " p, barker_title" + call + " t FROM ads WHERE MATCH('shoes')";
  const auto rows = server.ask(search);
  ASSERT_EQ(rows.size(), 5u);
  for (const auto& row : rows) {
    EXPECT_EQ(row[1], printed(std::stod(row[0])));
    EXPECT_EQ(row[2], "-1.000000") << "none is predicted";
    EXPECT_THAT(row[3], HasSubstr(" shoes &lt;"));
    EXPECT_FALSE(row[3].starts_with("<em>"));
  }
  EXPECT_THAT(server.log(), HasSubstr(weights_));
  ASSERT_TRUE(publish_weights(kDemo, weights_).ok());
  EXPECT_TRUE(eventually([&] { return generation_of(server) == 1; })) << server.log();
}

TEST_F(Sphinx, ASearchHasItsFirstPassWhereTheControlFileIsMissingOrWrong) {
  for (const std::string& text :
       {std::string(), std::string("weight = 'x'\n"), control(kDemo) + "library = 'nowhere.so'\n",
        control(kDemo) + "plugin = 'nowhere.toml'\n", std::string("weights = 7\n")}) {
    Searchd server({.ads = shoes(3), .control = text});
    const auto rows = server.ask("SELECT weight() w, barker_answer" + arguments("shoes", "ben") +
                                 " a FROM ads WHERE MATCH('shoes') ORDER BY id ASC");
    ASSERT_EQ(rows.size(), 3u);
    const auto json = nlohmann::json::parse(rows[0][1]);
    EXPECT_EQ(json["status"], "bypassed");
    EXPECT_EQ(json["score"].get<double>(), std::stod(rows[0][0]));
    EXPECT_EQ(json["title"], "trail trail shoes &lt;0&gt;");
    EXPECT_TRUE(server.is_alive());
  }
}

TEST_F(Sphinx, HostileTextsEndNoServer) {
  std::vector<SphinxAd> ads = shoes(3);
  ads.push_back({4, "shoes \xff\xfe broken \xe4\xb8", "\xc0\xaf|wide"});
  ads.push_back({5, "shoes without selling points", ""});
  std::string many = "free shipping";
  for (int i = 0; i < 2000; ++i) many += "|point " + std::to_string(i);
  ads.push_back({6, "shoes with too many selling points", many});
  ads.push_back({7, "shoes with separators", "|| | |\x01|"});
  Searchd server({.ads = ads, .control = control(kDemo)});
  std::string groups;
  for (int i = 0; i < 300; ++i) groups += "g" + std::to_string(i) + ": a|b;";
  const std::string texts[] = {"",
                               "\xff\xfe\x80",
                               std::string(70'000, 'x'),
                               std::string(20'000, '|'),
                               groups,
                               ";;:;@:|;@seed:9;:a",
                               "profile"};
  for (const std::string& text : texts) {
    for (int position = 0; position < 4; ++position) {
      std::string given[4] = {"shoes", "ben", "", ""};
      given[position] = text;
      const auto rows = server.ask("SELECT id, barker_answer" +
                                   arguments(given[0], given[1], given[2], given[3]) +
                                   " a FROM ads WHERE MATCH('shoes') ORDER BY id ASC");
      ASSERT_EQ(rows.size(), ads.size()) << position << " " << text.substr(0, 20);
      for (const auto& row : rows) {
        const auto json = nlohmann::json::parse(row[1]);  // which refuses invalid UTF-8
        EXPECT_THAT(json["title"].get<std::string>(), HasSubstr("shoes"));
      }
    }
  }
  EXPECT_TRUE(server.is_alive());
}

std::string repeated(const std::string& text, size_t count) {
  std::string all;
  for (size_t i = 0; i < count; ++i) all += text;
  return all;
}

TEST_F(Sphinx, TokensAndGroupsAreTakenUpToTheLimitsOfThePlugin) {
  Searchd server({.ads = shoes(9), .control = control(kDemo)});
  const auto ask = [&](const std::string& user_keywords, const std::string& context) {
    return server.ask("SELECT id, barker_answer" +
                      arguments("running shoes", "ben", user_keywords, context) +
                      " a FROM ads WHERE MATCH('shoes') ORDER BY id ASC");
  };
  const std::string last = "sfhist: free shipping";
  const SphinxRows expected = ask("", last);
  ASSERT_EQ(expected.size(), 9u);
  EXPECT_NE(ask("", ""), expected) << "the group matters";
  // The plugin ignores groups that the model does not know, so that only the last group matters.
  EXPECT_EQ(ask("", "unknown: " + repeated("a|", BARKER_MAX_TOKENS) + ";" + last), expected);
  EXPECT_EQ(ask("", repeated("unknown: a;", BARKER_MAX_GROUPS - 1) + last), expected);
  const auto is_bypassed = [](const SphinxRows& rows) {
    return rows.size() == 9 &&
           nlohmann::json::parse(rows[0][1])["status"].get<std::string>() == "bypassed";
  };
  EXPECT_FALSE(is_bypassed(ask(repeated("a|", BARKER_MAX_TOKENS), "")));
  EXPECT_TRUE(is_bypassed(ask(repeated("a|", BARKER_MAX_TOKENS + 1), "")));
  EXPECT_TRUE(is_bypassed(ask("", "unknown: " + repeated("a|", BARKER_MAX_TOKENS + 1))));
  EXPECT_TRUE(is_bypassed(ask("", repeated("unknown: a;", BARKER_MAX_GROUPS) + last)));
  EXPECT_THAT(server.log(), HasSubstr("user_keywords count: expected at most 100000"));
}

size_t occurrences(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// Longer than the adapter waits between two tries, and between two reports.
void wait_for_the_next_try() { std::this_thread::sleep_for(std::chrono::milliseconds(1200)); }

TEST_F(Sphinx, ARefusedQueryIsLoggedOnce) {
  Searchd server({.ads = shoes(3), .control = control(kDemo)});
  for (int i = 0; i < 3; ++i) {
    server.ask("SELECT barker_answer" + arguments(std::string(70'000, 'x'), "ben") + " FROM ads");
    wait_for_the_next_try();
  }
  EXPECT_EQ(occurrences(server.log(), "barker_sphinx: "), 1u) << server.log();
  server.ask("SELECT barker_answer" + arguments("shoes", std::string(70'000, 'x')) + " FROM ads");
  EXPECT_EQ(occurrences(server.log(), "barker_sphinx: "), 2u) << "another reason\n" << server.log();
}

TEST_F(Sphinx, ALogThatCannotBeOpenedIsToldOfOnceAndFollowsTheControlFileUntilThePluginStarts) {
  const std::string broken = control(kDemo) + "library = 'nowhere.so'\n";
  Searchd server({.ads = shoes(3), .control = broken});
  const std::string file = server.directory() + "/plugins/barker_sphinx.toml";
  std::ofstream(file) << broken << "log = 'nowhere/adapter.log'\n";
  for (int i = 0; i < 3; ++i) {
    wait_for_the_next_try();
    EXPECT_EQ(generation_of(server), 0u);
  }
  EXPECT_EQ(occurrences(server.log(), "cannot be opened for the log"), 1u) << server.log();
  const std::string before = server.log();
  std::ofstream(file) << control(kDemo) << "log = '../other.log'\n";
  EXPECT_TRUE(eventually([&] { return generation_of(server) == 1; }));
  EXPECT_EQ(server.log(), before);
  std::ostringstream other;
  other << std::ifstream(server.directory() + "/other.log").rdbuf();
  EXPECT_THAT(other.str(), HasSubstr("demo.barker"));
}

TEST_F(Sphinx, OneGenerationAnswersASearchWhileWeightsArePublished) {
  RandomModelOptions options;
  options.keywords = 300;
  const std::string other = temporary_path("other.barker");
  ASSERT_TRUE(write_weight_file(random_model(3, options), other).ok());
  ASSERT_TRUE(publish_weights(kDemo, weights_).ok());
  Searchd server({.ads = shoes(45), .control = control(weights_) + "probation_seconds = 0\n"});
  const std::string call = arguments("running shoes", "ben");
  const std::string search = "SELECT * FROM (SELECT id, weight() w, barker_score" + call +
                             " s, barker_answer" + call + " a, barker_answer" +
                             arguments("shoes", "ben") +
                             " b FROM ads WHERE MATCH('shoes') LIMIT 45) ORDER BY s DESC LIMIT 45";
  std::set<uint64_t> seen;
  for (int swap = 0; swap < 4; ++swap) {
    const uint64_t before = generation_of(server);
    seen.insert(before);
    ASSERT_TRUE(publish_weights(swap % 2 == 0 ? other : kDemo, weights_).ok());
    EXPECT_TRUE(eventually([&] {
      std::set<uint64_t> generations;
      for (const auto& row : server.ask(search)) {
        for (const size_t column : {3, 4}) {
          generations.insert(nlohmann::json::parse(row[column])["generation"].get<uint64_t>());
        }
      }
      EXPECT_EQ(generations.size(), 1u);
      seen.insert(generations.begin(), generations.end());
      return !generations.contains(before);
    })) << server.log();
  }
  EXPECT_EQ(seen.size(), 5u);
  fs::remove(other);
}

TEST_F(Sphinx, SearchesOnSeveralConnectionsDoNotMeet) {
  Searchd server({.ads = shoes(45), .control = control(kDemo)});
  const auto search = [](const std::string& user) {
    return "SELECT id, barker_answer" + arguments("running shoes", user, user) +
           " a, barker_answer" + arguments("black shoes", user, user) +
           " b FROM ads WHERE MATCH('shoes') ORDER BY id ASC LIMIT 45";
  };
  const std::vector<std::string> users = {"waterproof", "memory foam", "black", ""};
  std::vector<SphinxRows> expected;
  for (const std::string& user : users) expected.push_back(server.ask(search(user)));
  EXPECT_NE(expected[0], expected[1]);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const auto client = server.connect();
      for (size_t i = 0; i < 40; ++i) {
        const size_t user = (t + i) % users.size();
        const auto rows = client->ask(search(users[user]));
        ASSERT_TRUE(rows.ok()) << rows.status().message();
        EXPECT_EQ(*rows, expected[user]);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(Sphinx, TheLibraryIsUnloadedWithItsLastFunctionAndComesBack) {
  Searchd server({.ads = shoes(5), .control = control(kDemo)});
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(generation_of(server), 1u) << "a plugin of its own, each time";
    server.drop_functions();
    ASSERT_TRUE(server.is_alive());
    ASSERT_TRUE(server.create_functions());
  }
}

}  // namespace
}  // namespace barker
