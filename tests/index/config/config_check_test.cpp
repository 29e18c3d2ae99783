// What is refused before the server starts, and the keys that errors name.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "index/config/load_config.h"
#include "index/config/values.h"
#include "tests/index/config/config_fixture.h"

namespace barker {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class CheckedConfig : public Config {};

TEST_F(CheckedConfig, RefusesWhatTheServerWouldRefuseAtItsStart) {
  const std::vector<std::pair<std::string, std::string>> mistakes = {
      {"[profiles]\nmost_keywords = 401\n",
       "profiles.most_keywords: expected an integer from 1 to 400"},
      {"[profiles]\nstore = \"redis://h:99999/0\"\n", "the port is no number from 1 to 65535"},
      {"[profiles]\nstore = \"redis://h:6379/abc\"\n", "the database is no number"},
      {"[profiles]\nstore = \"unix:\"\n", "the path of the socket is missing"},
      {"[auction]\ntime_zone = \"Mars/X\"\n",
       "auction.time_zone: expected a name such as Europe/Berlin, found \"Mars/X\""},
      {"[server]\nlisten = \"127.0.0.1:80,[::1]:80,127.0.0.1:80\"\n",
       "server.listen: expected different addresses, found 127.0.0.1:80 twice"},
      {"[server]\nlisten = \"127.0.0.1:80,unix:/" + std::string(107, 'x') + "\"\n",
       "server.listen: expected a path of a Unix socket of at most 107 bytes, found 108"},
      {"[server]\nadmin_socket = \"/" + std::string(107, 'x') + "\"\n",
       "server.admin_socket: expected a path of a Unix socket of at most 107 bytes, found 108"}};
  for (const auto& [text, expected] : mistakes) {
    const std::vector<std::string> found = problems(text);
    ASSERT_EQ(found.size(), 1u) << text;
    EXPECT_THAT(found[0], ::testing::StartsWith("2: ")) << text;
    EXPECT_THAT(found[0], HasSubstr(expected)) << text;
  }
  EXPECT_TRUE(problems("[server]\nlisten = \"127.0.0.1:0,127.0.0.1:0\"\n"
                       "[profiles]\nmost_keywords = 400\nstore = \"redis://:pw@[::1]/7\"\n"
                       "[auction]\ntime_zone = \"Europe/Berlin\"\n")
                  .empty());
}

TEST_F(CheckedConfig, AListHasItsItemsWithoutTheSpaceAroundThemWhereverItIsRead) {
  EXPECT_EQ(items_of(" a b ,,\tc\\,d, "), (std::vector<std::string>{"a b", "c\\", "d"}));
  EXPECT_TRUE(items_of(" , ").empty());
  EXPECT_TRUE(problems("[server]\nlisten = \"127.0.0.1:8080, [::1]:8080,\"\n").empty());
  EXPECT_THAT(problems("[server]\nlisten = \" , \"\n"),
              ::testing::ElementsAre(HasSubstr("server.listen: expected ADDRESS:PORT")));
  EXPECT_THAT(problems("[server]\nlisten = \"127.0.0.1:80, 127.0.0.1:80\"\n"),
              ::testing::ElementsAre(HasSubstr("found 127.0.0.1:80 twice")));
  ServiceConfig config;
  config.server.listen = "127.0.0.1:0, unix:/run/one, unix:/run/two";
  EXPECT_EQ(paths_of(*find_key("server.listen"), config),
            (std::vector<std::string>{"/run/one", "/run/two"}));
}

TEST_F(CheckedConfig, ASocketOfRedisIsRelativeToTheFile) {
  const std::string file = write("[profiles]\nstore = \"unix:run/redis.sock?db=2\"\n");
  const Result<ServiceConfig> config = load_config(file, {}, {});
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_EQ(config->profiles.store, "unix:" + (directory_ / "run/redis.sock?db=2").string());
}

TEST_F(CheckedConfig, RefusesPlacesInTheDirectoryThatANewIndexReplaces) {
  const auto places = [this](const std::string& text) {
    const Result<LoadedConfig> loaded = read_config(write(text), {}, {});
    std::vector<std::string> keys;
    for (const ConfigProblem& problem : loaded->problems) {
      EXPECT_THAT(problem.text, HasSubstr("which a new index replaces")) << problem.where;
      keys.push_back(problem.where);
    }
    return keys;
  };
  fs::create_directories(directory_ / "real");
  fs::create_directory_symlink(directory_ / "real", directory_ / "link");
  EXPECT_THAT(places("[index]\npath = \"real/\"\nsynonyms = \"real/words\"\n"
                     "[server]\nlisten = \"127.0.0.1:0,unix:" +
                     (directory_ / "real/socket").string() +
                     "\"\naccess_log = \"real/../link/access.log\"\n"
                     "[weights]\npath = \"real/weights\"\n"
                     "[profiles]\nstore = \"lmdb:link/users.mdb\"\nusers = \"real/users.jsonl\"\n"
                     "[log]\ndirectory = \"real\"\n[auction]\nbudgets = \"real/a/b/budgets\"\n"),
              ::testing::UnorderedElementsAre(
                  "server.listen", "server.access_log", "index.synonyms", "weights.path",
                  "profiles.store", "profiles.users", "log.directory", "auction.budgets"));
  EXPECT_THAT(places("[index]\npath = \"real\"\n[server]\naccess_log = \"-\"\n"
                     "[log]\ndirectory = \"really\"\n[profiles]\nstore = \"lmdb:real.mdb\"\n"),
              ::testing::IsEmpty());
}

TEST_F(CheckedConfig, RefusesBrokersOfKafkaThatGetNothingForWantOfADirectory) {
  const auto check = [this](const std::string& text, const ConfigTexts& flags = {}) {
    std::vector<std::string> found;
    const Result<LoadedConfig> loaded = read_config(write(text), {}, flags);
    for (const ConfigProblem& problem : loaded->problems) {
      found.push_back(problem.where + ": " + problem.text);
    }
    return found;
  };
  const std::string brokers = "[log]\nkafka_brokers = \"127.0.0.1:9\"\n";
  EXPECT_THAT(check(brokers), ::testing::ElementsAre(::testing::StartsWith(
                                  "log.kafka_brokers: expected log.directory beside it")));
  EXPECT_THAT(check(brokers + "directory = \"events\"\n"), ::testing::IsEmpty());
  EXPECT_THAT(check(brokers, {{"log.directory", "events"}}), ::testing::IsEmpty());
  EXPECT_THAT(check("[log]\nkafka_topic = \"events\"\n"), ::testing::IsEmpty());
}

TEST_F(CheckedConfig, AnErrorGetsTheKeyOfThePathThatItBeginsWith) {
  ServiceConfig config;
  config.index.path = "/srv/index";
  config.index.synonyms = "/srv/index.words";
  config.weights.path = "/srv/index/../weights";
  const auto named = [&](const std::string& message) {
    return with_key_of_path(config, not_found(message)).message();
  };
  EXPECT_EQ(named("/srv/index/manifest: no such file"),
            "index.path: /srv/index/manifest: no such file");
  EXPECT_EQ(named("/srv/index.words: is empty"), "index.synonyms: /srv/index.words: is empty");
  EXPECT_EQ(named("/srv/index/../weights: ?"), "weights.path: /srv/index/../weights: ?");
  EXPECT_EQ(named("/srv/index.lock: ?"), "index.path: /srv/index.lock: ?");
  EXPECT_EQ(named("/srv/indexes: ?"), "/srv/indexes: ?");
}

TEST(WithKey, MakesAWrongArgumentAWrongConfiguration) {
  EXPECT_EQ(with_key("server.listen", invalid_argument("x")).code(), Code::kBadConfiguration);
  EXPECT_EQ(with_key("index.path", not_found("x")).code(), Code::kNotFound);
  EXPECT_EQ(with_key("index.path", not_found("x")).message(), "index.path: x");
}

}  // namespace
}  // namespace barker
