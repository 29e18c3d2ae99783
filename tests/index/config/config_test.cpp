// The configuration: precedence, types, what is said of mistakes, and the file that is written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>

#include "index/config/config_flags.h"
#include "index/config/config_text.h"
#include "index/config/keys.h"
#include "index/config/load_config.h"
#include "index/config/plugin_table.h"
#include "index/config/values.h"
#include "models/base/toml_text.h"
#include "tests/index/config/config_fixture.h"

namespace barker {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(Config, HasItsDefaultsWithoutAnySource) {
  const Result<ServiceConfig> config = load_config("", {}, {});
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config->server.listen, "127.0.0.1:8080");
  EXPECT_EQ(config->weights.probation_s, 30);
  EXPECT_EQ(config->log.retention_days, 90u);
}

TEST_F(Config, AFlagComesBeforeAVariableAndAVariableBeforeTheFile) {
  const std::string file =
      write("[server]\nqueue = 10\nthreads = 3\nburst = 4\n[index]\npath = \"shop\"\n");
  const Result<ServiceConfig> config =
      load_config(file, {{"BARKER_SERVER_QUEUE", "20"}, {"BARKER_SERVER_THREADS", "5"}},
                  {{"server.queue", "30"}});
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_EQ(config->server.queue, 30u);
  EXPECT_EQ(config->server.threads, 5u);
  EXPECT_EQ(config->server.burst, 4u);
}

TEST_F(Config, PathsOfTheFileAreRelativeToItsDirectoryAndOthersAreNot) {
  const std::string file = write(
      "[index]\npath = \"shop\"\nsynonyms = \"/etc/words\"\n"
      "[profiles]\nstore = \"lmdb:users\"\n[server]\naccess_log = \"-\"\n");
  const Result<ServiceConfig> config =
      load_config(file, {}, {{"weights.path", "new.barker"}, {"weights.rules", ""}});
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_EQ(config->index.path, (directory_ / "shop").string());
  EXPECT_EQ(config->index.synonyms, "/etc/words");
  EXPECT_EQ(config->profiles.store, "lmdb:" + (directory_ / "users").string());
  EXPECT_EQ(config->server.access_log, "-");
  EXPECT_EQ(config->weights.path, "new.barker");
  EXPECT_EQ(config->weights.rules, "");
}

TEST_F(Config, ReadsDurationsAndSizesInAllUnits) {
  const std::string file = write(
      "[server]\ndeadline = \"1.5s\"\nidle_timeout = \"2m\"\nmax_body = \"2MiB\"\nmax_header = "
      "4096\n"
      "[log]\nrotate_interval = \"1h\"\nretention = 0\nqueue_size = \"1MB\"\n"
      "[profiles]\nttl = \"48h\"\n");
  const Result<ServiceConfig> config = load_config(file, {}, {});
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_EQ(config->server.deadline_ms, 1500u);
  EXPECT_EQ(config->server.idle_timeout_ms, 120'000u);
  EXPECT_EQ(config->server.max_body_bytes, 2u << 20);
  EXPECT_EQ(config->server.max_header_bytes, 4096u);
  EXPECT_EQ(config->log.rotate_s, 3600u);
  EXPECT_EQ(config->log.retention_days, 0u);
  EXPECT_EQ(config->log.queue_bytes, 1'000'000u);
  EXPECT_EQ(config->profiles.ttl_days, 2u);
}

TEST_F(Config, UsersOwnStatesAreOffUnlessTheyAreSwitchedOn) {
  EXPECT_FALSE(load_config("", {}, {})->profiles.user_state);
  const Result<ServiceConfig> config =
      load_config(write("[profiles]\nuser_state = true\nstate_wait = \"90s\"\n"), {},
                  {{"profiles.state_wait", "2m"}});
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_TRUE(config->profiles.user_state);
  EXPECT_EQ(config->profiles.state_wait_ms, 120'000u);
  EXPECT_THAT(problems("[profiles]\nuser_state = \"on\"\nstate_wait = \"10ms\"\n"),
              ElementsAre(HasSubstr("2: profiles.user_state: expected true or false"),
                          HasSubstr("3: profiles.state_wait: expected a duration from 100ms")));
}

TEST_F(Config, AllThatIsWrongIsSaidAtOnceInTheOrderOfTheLines) {
  EXPECT_THAT(
      problems("[server]\n"
               "listne = \"127.0.0.1:80\"\n"
               "threads = 5000\n"
               "deadline = 50\n"
               "candidates = 7\n"
               "[auction]\n"
               "reserve = \"much\"\n"
               "[profile]\n"
               "users = \"users.jsonl\"\n"
               "[log]\n"
               "compress = \"zip\"\n"
               "flush_interval = \"1.5ms\"\n"),
      ::testing::ElementsAre(
          "2: server.listne: no such key; did you mean server.listen?",
          "3: server.threads: expected an integer from 0 to 1024, found \"5000\"",
          "4: server.deadline: expected a duration from 1ms to 1m, such as \"30s\", found \"50\"",
          "5: server.candidates: no such key; did you mean index.candidates?",
          "7: auction.reserve: expected a number from 0 to 1e+12, found a value of type string",
          "8: profile: no such table; did you mean [profiles]?",
          "11: log.compress: expected one of \"zstd\", \"gzip\", \"none\", found \"zip\"",
          "12: log.flush_interval: expected a duration from 1ms to 1h, such as \"30s\", found "
          "\"1.5ms\""));
}

TEST_F(Config, ASyntaxErrorNamesItsLine) {
  const std::vector<std::string> found = problems("[server]\nlisten = = 3\n");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0], ::testing::StartsWith("2: "));
}

TEST_F(Config, EveryNumberIsHeldToItsRange) {
  for (const Key& key : config_keys()) {
    if (key.most == 0) continue;
    ServiceConfig config;
    const double over = key.most * 2 + 1;
    const std::string unit = key.kind == KeyKind::kDuration ? "ms" : "";
    const std::string text =
        std::to_string(static_cast<uint64_t>(over * (unit.empty() ? 1 : key.unit_ms))) + unit;
    EXPECT_FALSE(set_value(key, text, "", config).ok()) << key.name << " took " << text;
    EXPECT_FALSE(set_value(key, "-1", "", config).ok()) << key.name;
    EXPECT_FALSE(set_value(key, "nan", "", config).ok()) << key.name;
    EXPECT_FALSE(set_value(key, "1x", "", config).ok()) << key.name;
  }
}

TEST_F(Config, AMisspeltVariableIsAProblemAndOneOfAnotherProgramIsNot) {
  const Result<LoadedConfig> loaded = read_config(
      "",
      {{"BARKER_SERVER_LISTNE", "x"}, {"BARKER_PORT", "tcp://10.0.0.1"}, {"BARKER_ISA", "avx2"}},
      {});
  ASSERT_EQ(loaded->problems.size(), 1u);
  EXPECT_EQ(loaded->problems[0].where, "BARKER_SERVER_LISTNE");
  EXPECT_THAT(loaded->problems[0].text, HasSubstr("BARKER_SERVER_LISTEN"));
}

TEST_F(Config, AKeyOfThePluginIsNoVariableAndSaysSo) {
  const Result<LoadedConfig> loaded = read_config("",
                                                  {{"BARKER_PLUGIN_WINDOW", "20"},
                                                   {"BARKER_PLUGIN_PORT", "tcp://10.0.0.1"},
                                                   {"BARKER_PLUGIN_PORT_80_TCP", "tcp://10.0.0.1"},
                                                   {"BARKER_PLUGIN_SERVICE_HOST", "10.0.0.1"}},
                                                  {});
  ASSERT_EQ(loaded->problems.size(), 1u);
  EXPECT_EQ(loaded->problems[0].where, "BARKER_PLUGIN_WINDOW");
  EXPECT_THAT(loaded->problems[0].text, HasSubstr("the table [plugin] of the file alone"));
}

TEST_F(Config, AProblemOfAFlagNamesItAsHelpDoes) {
  const Result<LoadedConfig> loaded =
      read_config("", {}, {{"server.listen", ":18081"}, {"server.queue", "x"}});
  ASSERT_EQ(loaded->problems.size(), 2u);
  EXPECT_EQ(loaded->problems[0].where, "--listen");
  EXPECT_EQ(loaded->problems[1].where, "--server-queue");
}

TEST_F(Config, ATokenIsReadFromItsFileAndNeverRepeatedInAMessage) {
  const std::string token = write("a-token-of-the-shop\n", "token");
  const std::string file = write("[server]\nadmin_token_file = \"token\"\n");
  ASSERT_EQ(chmod(token.c_str(), 0640), 0);
  EXPECT_THAT(load_config(file, {}, {}).status().message(), HasSubstr("expected mode 0600"));
  ASSERT_EQ(chmod(token.c_str(), 0600), 0);
  const Result<ServiceConfig> config = load_config(file, {}, {});
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_EQ(config->server.admin_token, "a-token-of-the-shop");

  const Result<ServiceConfig> replaced =
      load_config(file, {{"BARKER_SERVER_ADMIN_TOKEN", "another-long-token"}}, {});
  ASSERT_TRUE(replaced.ok());
  EXPECT_EQ(replaced->server.admin_token, "another-long-token");

  const ConfigTexts both = {{"BARKER_SERVER_ADMIN_TOKEN", "another-long-token"},
                            {"BARKER_SERVER_ADMIN_TOKEN_FILE", token}};
  EXPECT_THAT(load_config(file, both, {}).status().message(),
              HasSubstr("server.admin_token_file: expected one of it and server.admin_token"));
  for (const auto& [name, value] : both) {
    ConfigTexts one = both;
    one[name] = "";  // as where a container's file sets all variables
    const Result<ServiceConfig> read = load_config("", one, {});
    ASSERT_TRUE(read.ok()) << read.status().message();
    EXPECT_EQ(read->server.admin_token,
              name == "BARKER_SERVER_ADMIN_TOKEN" ? "a-token-of-the-shop" : "another-long-token");
  }
  const Result<ServiceConfig> by_flag =
      load_config("", {{"BARKER_SERVER_ADMIN_TOKEN", "another-long-token"}},
                  {{"server.admin_token_file", token}});
  ASSERT_TRUE(by_flag.ok());
  EXPECT_EQ(by_flag->server.admin_token, "a-token-of-the-shop") << "flags come before variables";

  for (const char* text : {"[server]\nadmin_token = \"s3cret\"\n",
                           "[profiles]\nstore = \"s3cret://u:s3cret@host\"\n"}) {
    const std::vector<std::string> found = problems(text);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_THAT(found[0], Not(HasSubstr("s3cret")));
  }
  write("s3cret\n", "token");
  const Result<ServiceConfig> short_token = load_config(file, {}, {});
  ASSERT_FALSE(short_token.ok());
  EXPECT_EQ(short_token.status().code(), Code::kBadConfiguration);
  EXPECT_THAT(short_token.status().message(), Not(HasSubstr("s3cret")));
}

TEST_F(Config, AddressesAreCheckedBeforeTheyAreListenedOn) {
  const Key& key = *find_key("server.listen");
  ServiceConfig config;
  for (const char* good : {"127.0.0.1:0", "[::1]:8080", "localhost:65535"}) {
    EXPECT_TRUE(set_value(key, good, "", config).ok()) << good;
  }
  for (const char* bad : {"", "8080", ":8080", "127.0.0.1:", "127.0.0.1:65536", "::1:80", "a b:1",
                          "http://a:1", "127.0.0.1:80x"}) {
    EXPECT_FALSE(set_value(key, bad, "", config).ok()) << bad;
  }
}

TEST_F(Config, TheWrittenFileHasEveryKeyWithItsDefault) {
  const std::string text = commented_config();
  const Result<LoadedConfig> commented = read_config(write(text), {}, {});
  ASSERT_TRUE(commented.ok());
  EXPECT_TRUE(commented->problems.empty());

  // Without the # before the keys, the file sets every key to its default.
  const std::string set = std::regex_replace(text, std::regex("\n# ([a-z_]+ = )"), "\n$1");
  const Result<LoadedConfig> loaded = read_config(write(set), {}, {});
  ASSERT_TRUE(loaded.ok());
  for (const ConfigProblem& problem : loaded->problems) {
    ADD_FAILURE() << problem.where << ": " << problem.text;
  }
  for (const Key& key : config_keys()) {
    EXPECT_EQ(value_text(key, loaded->config), value_text(key, {})) << key.name;
    EXPECT_THAT(set, HasSubstr("\n" + std::string(key.leaf()) + " = " + value_text(key, {})));
  }
}

// A size that is no whole number of KiB would be no integer to TOML with an exponent.
TEST_F(Config, WrittenValuesHaveNoExponentAndReadBack) {
  ServiceConfig config;
  for (const auto& [name, text] :
       std::map<std::string, std::string>{{"log.rotate_size", "5000000000"},
                                          {"server.max_body", "100000"},
                                          {"server.rate_per_client", "200000"}}) {
    const Key& key = *find_key(name);
    ASSERT_TRUE(set_value(key, text, "", config).ok());
    EXPECT_EQ(value_text(key, config), text);
    const size_t dot = name.find('.');
    const Result<LoadedConfig> loaded = read_config(
        write("[" + name.substr(0, dot) + "]\n" + name.substr(dot + 1) + " = " + text + "\n"), {},
        {});
    ASSERT_TRUE(loaded.ok());
    EXPECT_TRUE(loaded->problems.empty()) << name;
    EXPECT_EQ(value_text(key, loaded->config), text);
  }
  EXPECT_THAT(expected_value(*find_key("server.rate_per_client")), Not(HasSubstr("e+")));
}

TEST_F(Config, KeysFlagsAndFieldsAreDistinctAndEveryTableIsDescribed) {
  std::set<std::string> names, flags;
  std::set<const void*> fields;
  ServiceConfig config;
  for (const Key& key : config_keys()) {
    EXPECT_TRUE(names.insert(std::string(key.name)).second) << key.name;
    EXPECT_TRUE(flags.insert(key.flag()).second) << key.name;
    if (!key.alias.empty()) {
      EXPECT_TRUE(flags.insert(std::string(key.alias)).second) << key.name;
    }
    const void* field =
        std::visit([](auto* at) { return static_cast<const void*>(at); }, key.field(config));
    EXPECT_TRUE(fields.insert(field).second) << key.name << " sets the field of another key";
    EXPECT_TRUE(key.about.ends_with(".")) << key.name;
    EXPECT_EQ(std::ranges::count(config_tables(), key.table(), &ConfigTable::name), 1) << key.name;
  }
}

TEST_F(Config, EveryKeyButASecretIsAFlagOfACommand) {
  CLI::App app;
  ConfigFlags flags;
  add_config_flags(app, flags);
  for (const Key& key : config_keys()) {
    EXPECT_EQ(app.get_option_no_throw("--" + key.flag()) != nullptr, key.kind != KeyKind::kSecret)
        << key.name;
  }
  app.parse("--config barker.toml --listen 127.0.0.1:0 --server-queue 9 --watch=false", false);
  EXPECT_EQ(flags.file, "barker.toml");
  EXPECT_EQ(flags.texts, (ConfigTexts{{"server.listen", "127.0.0.1:0"},
                                      {"server.queue", "9"},
                                      {"weights.watch", "false"}}));
}

TEST_F(Config, ThePluginsKeysKeepTheirLines) {
  const std::string file = write(
      "[plugin]\nwindow = 20\n\n[plugin.title]\nopen = \"<b>\"\n# a comment\nclose = "
      "\"\xE2\x80\xA6\"\n"
      "[server]\nqueue = 3\n[plugin.order]\nbid = 0.5\n");
  const Result<ServiceConfig> config = load_config(file, {}, {});
  ASSERT_TRUE(config.ok()) << config.status().message();
  const Result<toml::table> parsed = parse_toml(config->plugin);
  ASSERT_TRUE(parsed.ok()) << parsed.status().message();
  EXPECT_EQ((*parsed)["title"]["open"].value<std::string>(), "<b>");
  EXPECT_EQ((*parsed)["title"]["close"].value<std::string>(), "\xE2\x80\xA6");
  EXPECT_EQ((*parsed)["window"].node()->source().begin.line, 2u);
  EXPECT_EQ((*parsed)["title"]["close"].node()->source().begin.line, 7u);
  EXPECT_EQ((*parsed)["order"]["bid"].node()->source().begin.line, 11u);
}

TEST_F(Config, AllThatAPluginFindsWrongIsAskedForKeyByKey) {
  const std::string text = "\nwindow = 0\n\nnumbers = \"odd\"\nenabled = true\n";
  size_t calls = 0;
  const auto create = [&calls](const std::string& given) -> Status {
    ++calls;
    if (given.find("window") != std::string::npos) {
      return {Code::kBadConfiguration, "configuration: line 2: window: expected more"};
    }
    if (given.find("numbers") != std::string::npos) {
      return {Code::kBadConfiguration, "configuration: numbers: expected one of"};
    }
    return {};
  };
  const auto found = check_plugin_text(text, "barker.toml", create);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].where, "barker.toml:2");
  EXPECT_EQ(found[1].where, "barker.toml:4");
  EXPECT_EQ(calls, 3u);
}

TEST(TrustedKeys, AreThoseOfThePluginsText) {
  EXPECT_EQ(trusted_keys("window = 7\ntrusted_keys = [\"ab\", \"cd\"]\n"),
            (std::vector<std::string>{"ab", "cd"}));
  EXPECT_TRUE(trusted_keys("window = 7\n").empty());
}

}  // namespace
}  // namespace barker
