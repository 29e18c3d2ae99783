// The barker command as people and scripts meet it: exit codes, messages, JSON.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

#include "index/commands/search_queries.h"
#include "models/base/exit_code.h"
#include "plugin/host/plugin_error.h"
#include "tests/index/commands/shop.h"

namespace barker {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using Json = nlohmann::json;

TEST(Command, GivesStableJson) {
  const Shop shop;
  const Outcome r =
      run(shop.search() + "--json --explain --user-keywords word5,word6 shoes 2>/dev/null");
  ASSERT_EQ(r.code, 0);
  const Json json = Json::parse(r.out);
  ASSERT_EQ(json["ads"].size(), 2u);
  for (const char* field :
       {"query", "user", "status", "reason", "generation", "timing_us", "ads", "explain"}) {
    EXPECT_TRUE(json.contains(field)) << field;
  }
  for (const Json& ad : json["ads"]) {
    for (const char* field : {"id", "rank", "first_pass_rank", "score", "bid", "pctr", "title",
                              "original_title", "selling_points"}) {
      EXPECT_TRUE(ad.contains(field)) << field;
    }
    if (ad["id"] == "a2") {
      EXPECT_EQ(ad["title"], "Old shoes");
    }
    if (ad["id"] == "a1") {
      EXPECT_THAT(ad["title"].get<std::string>(), HasSubstr("&lt;XL&gt;shoes"));
    }
  }
}

TEST(Command, AnswersAFileOfQueriesLineByLine) {
  const Shop shop;
  const std::string queries = temporary_path("queries");
  std::ofstream(queries) << "shoes\n\n面膜\n" << std::string(10'000, 'x') << "\n";
  const Outcome r = run(shop.search() + "--json --queries " + queries + " 2>/dev/null");
  EXPECT_EQ(r.code, 0);
  EXPECT_EQ(std::count(r.out.begin(), r.out.end(), '\n'), 4);
}

// The lines of an output, without the times in them.
std::vector<Json> without_times(const std::string& out) {
  std::vector<Json> answers;
  std::istringstream lines(out);
  for (std::string line; std::getline(lines, line);) {
    answers.push_back(Json::parse(line));
    answers.back().erase("timing_us");
  }
  return answers;
}

TEST(Command, AnswersOnSeveralThreadsInTheOrderOfTheQueries) {
  const Shop shop;
  const std::string queries = temporary_path("queries");
  {
    std::ofstream out(queries);
    for (int i = 0; i < 300; ++i) out << (i % 3 ? "shoes" : "nothing") << " number" << i << "\n";
  }
  const std::string search = shop.search() + "--json --user-keywords word5 --queries " + queries;
  const Outcome one = run(search + " 2>/dev/null");
  ASSERT_EQ(one.code, 0);
  const std::vector<Json> expected = without_times(one.out);
  ASSERT_EQ(expected.size(), 300u);
  for (const char* threads : {"1", "2", "8"}) {
    const Outcome r = run(search + " --threads " + threads + " 2>/dev/null");
    EXPECT_EQ(r.code, 0);
    EXPECT_EQ(without_times(r.out), expected) << threads;
  }
  const Outcome piped =
      run(shop.search() + "--json --user-keywords word5 --threads 4 --queries - <" + queries +
          " 2>/dev/null");
  EXPECT_EQ(without_times(piped.out), expected);
  EXPECT_EQ(run(shop.search() + "--threads 2 shoes 2>/dev/null").code, 64) << "of one query";
}

// The other threads wait for lines of an input that stays open. If the failure did not end their
// wait, this test would not end either.
TEST(SearchQueries, AFailureEndsTheWaitForTheNextLineOfStandardInput) {
  const Shop shop;
  EngineOptions options;
  options.index = shop.index;
  options.plugin = BARKER_PLUGIN_PATH;
  const auto engine = Engine::open(options);
  ASSERT_TRUE(engine.ok()) << engine.status().message();
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const int before = dup(STDIN_FILENO);
  ASSERT_EQ(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
  ASSERT_EQ(write(ends[1], "shoes\n", 6), 6);
  const auto fail = [](const SearchResult&) -> std::string { throw std::runtime_error("failed"); };
  const Status status = search_queries(**engine, {}, {"-", 4, {}, fail, [](const std::string&) {}});
  EXPECT_EQ(status.message(), "failed");
  if (before >= 0) dup2(before, STDIN_FILENO);
  for (const int descriptor : {ends[0], ends[1], before}) close(descriptor);
}

TEST(Command, ASignalToLookAgainDoesNotEndASearchForManyQueries) {
  const Shop shop;
  const std::string pipe = temporary_path("queries"), out = temporary_path("answers");
  // Opening the pipe waits for the command, which opens it once it has started.
  const std::string script = "mkfifo " + pipe + "; " BARKER_COMMAND " " + shop.search() +
                             "--watch --json --queries " + pipe + " >" + out +
                             " 2>/dev/null & p=$!; exec 3>" + pipe +
                             "; echo shoes >&3; kill -HUP $p; sleep 0.3; echo shoes >&3; "
                             "exec 3>&-; wait $p && cat " +
                             out;
  const Outcome r = run("--version >/dev/null; timeout 120 sh -c '" + script + "'");
  EXPECT_EQ(r.code, 0);
  EXPECT_EQ(std::count(r.out.begin(), r.out.end(), '\n'), 2);
}

TEST(Command, AnswersAVeryLongQueryAndTheOneAfterIt) {
  const Shop shop;
  const std::string queries = temporary_path("queries");
  std::ofstream out(queries);
  out << "shoes";
  for (int i = 0; i < 20'000; ++i) out << " word" << i;  // 200 KiB
  out << "\nshoes\n";
  out.close();
  const Outcome r = run(shop.search() + "--json --queries " + queries + " 2>/dev/null");
  EXPECT_EQ(r.code, 0);
  const size_t end = r.out.find('\n');
  for (const std::string& line : {r.out.substr(0, end), r.out.substr(end + 1)}) {
    EXPECT_EQ(Json::parse(line)["ads"].size(), 2u);
  }
}

TEST(Command, SearchesAsAStrangerWhenTheUserIsUnknown) {
  const Shop shop;
  const std::string users = temporary_path("users");
  std::ofstream(users) << R"({"user":"anna","keywords":["word1"]})"
                       << "\n";
  const Outcome r = run(shop.search() + "--users " + users + " --user nobody shoes 2>&1");
  EXPECT_EQ(r.code, 0);
  EXPECT_THAT(r.out, HasSubstr("\"nobody\" is not in"));
}

TEST(Command, ExitsWithTheCodeOfTheReason) {
  const Shop shop;
  EXPECT_EQ(run("2>/dev/null").code, 64);
  EXPECT_EQ(run("search --nonsense 2>/dev/null").code, 64);
  EXPECT_EQ(run("--help >/dev/null").code, 0);
  EXPECT_EQ(run("search --index /nowhere shoes 2>/dev/null").code, 66);
  EXPECT_EQ(run("search --index " + shop.index + " --weights /nowhere shoes 2>/dev/null").code, 66);
  EXPECT_EQ(run("index --ads /nowhere --out " + temporary_path("x") + " 2>/dev/null").code, 66);
  const std::string broken = temporary_path("broken.jsonl");
  std::ofstream(broken) << "{\n";
  EXPECT_EQ(run("index --ads " + broken + " --out " + temporary_path("x") + " 2>/dev/null").code,
            65);
  EXPECT_EQ(run("verify " + broken + " >/dev/null 2>&1").code, 65);
  EXPECT_EQ(run("verify /nowhere >/dev/null 2>&1").code, 66);
  EXPECT_EQ(run("inspect " + broken + " 2>/dev/null").code, 65);
  EXPECT_EQ(run("verify " + shop.weights + " --isa nonsense >/dev/null 2>&1").code, 64);
  const std::string wrong = temporary_path("wrong.toml");
  std::ofstream(wrong) << "windw = 3\n";
  EXPECT_EQ(run(shop.search() + "--config " + wrong + " shoes 2>/dev/null").code, 78);
  EXPECT_EQ(run(shop.search() + "--rules " + wrong + " shoes 2>/dev/null").code, 78);
  EXPECT_EQ(run("admin /nowhere stauts 2>/dev/null").code, 64);
  EXPECT_EQ(run("admin /nowhere status 2>/dev/null").code, 69);
}

// Each command, its exit code, and a part of its message.
struct Mistake {
  std::string words;
  int code;
  std::string message;
};

TEST(Command, TellsANewcomerWhatIsWrong) {
  const Shop shop;
  const std::string directory = temporary_path("directory"), empty = temporary_path("empty");
  std::filesystem::create_directory(directory);
  std::ofstream(empty).flush();
  const std::string wrong_rules = temporary_path("rules.toml");
  std::ofstream(wrong_rules) << "of = true\n";
  const std::vector<Mistake> mistakes = {
      {"", 64, "barker: a subcommand is missing: index, search"},
      {"serch", 64, "barker: no such subcommand: serch; there are index, search"},
      {"inspect", 64, "barker inspect: WEIGHTS is missing"},
      {"inspect --jsno x", 64, "barker inspect: no such option: --jsno"},
      {"inspect " + directory, 66, directory + "/CURRENT"},
      {"inspect " + empty, 65, "expected at least 128 bytes, found 0"},
      {"publish " + shop.weights, 64, "barker publish: --out DIR is missing"},
      {"publish " + directory + " --out x", 65, "is not a regular file"},
      {"publish /nowhere --out x", 66, "barker publish: /nowhere"},
      {"versions " + empty, 66, "Not a directory"},
      {"prune " + directory + " --keep 0", 64, "--keep: Value 0 not in range"},
      {"rules --check /nowhere --index " + shop.index, 66, "barker rules: /nowhere"},
      {"rules --check " + wrong_rules + " --index " + shop.index, 78, "line 1: of: expected"},
      {"index --ads " + directory + " --out x", 64, "is a directory, expected a file"},
      {"index --ads " + empty + " --out x", 65, "no usable ad in 0 lines"},
      {"mine --ads " + empty + " --out " + directory, 69, "Is a directory"},
      {"mine --ads " + empty + " --largest-share nan", 64, "--largest-share: expected a finite"},
      {"import " + empty + " --out x", 64, "barker import: --from"},
      {"import --from shopify /nowhere --out x", 66, "barker import: /nowhere"},
      {"import --from shopify " + empty + " --out x", 65, "no header"},
      {"import --from shopify - --out x < " + empty, 65, "standard input: no header"},
      {"index --ads - --mined - --out x < " + empty, 64, "standard input is the catalogue"},
      {"rules --check " + empty + " --index " + shop.index, 0, "has no rule"},
      {"import --from jsonl-map " + empty + " --out x", 64, "requires --map FILE"},
      {"sign " + shop.weights + " --key /nowhere", 66, "barker sign: /nowhere"},
      {"search --index " + shop.index, 64, "barker search: QUERY is missing"},
      {"search --index " + shop.index + " --config " + directory + " q", 65, directory},
      {"search --index " + empty + " q", 69, "Not a directory"},
      {"search --index " + shop.index + " --watch q", 64, "--watch requires --queries"},
      {"completion ksh", 64, "ksh not in {bash,zsh,fish}"},
      {"generate", 64, "a subcommand is missing: marketplace"},
      {"generate marketplace --out " + empty, 69, "Not a directory"},
  };
  for (const Mistake& mistake : mistakes) {
    const Outcome r = run(mistake.words + " 2>&1");
    EXPECT_EQ(r.code, mistake.code) << mistake.words << ": " << r.out;
    EXPECT_THAT(r.out, HasSubstr(mistake.message)) << mistake.words;
  }
}

TEST(Command, SaysWhatEachRuleCoversAndWarnsOfRulesThatCoverNothing) {
  const Shop shop;
  const std::string rules = temporary_path("rules.toml");
  std::ofstream(rules) << "selling_points_off = ['WORD1', 'word9']\n";
  const Outcome r = run("rules --check " + rules + " --index " + shop.index + " 2>&1");
  EXPECT_EQ(r.code, 0) << r.out;
  EXPECT_THAT(r.out, ContainsRegex("1 ads +1 selling points +selling_points_off \"WORD1\"\n"));
  EXPECT_THAT(r.out, HasSubstr("\"word9\"  (hits nothing)"));
  EXPECT_THAT(r.out, HasSubstr("1 of 2 rules hit no ad"));
}

TEST(Command, SaysHowMuchOfACatalogueTheModelKnows) {
  const Shop shop;
  const Outcome r =
      run("check --json --index " + shop.index + " --weights " + shop.weights + " 2>&1");
  ASSERT_EQ(r.code, 0) << r.out;
  const Json json = Json::parse(r.out);
  EXPECT_EQ(json["ads"]["all"], 2);
  EXPECT_EQ(json["selling_points"]["all"], 3);
  EXPECT_EQ(json["selling_points"]["known"], 3);
  EXPECT_EQ(json["ads"]["opted_out"], 1);
  EXPECT_EQ(json["title_keywords"]["known"], 0);
  EXPECT_EQ(run("check --index " + shop.index + " --weights /nowhere 2>/dev/null").code, 66);
}

TEST(Command, ReadsQueriesFromStandardInputWhateverEndsTheirLines) {
  const Shop shop;
  const std::string queries = temporary_path("queries");
  std::ofstream(queries, std::ios::binary) << "\xEF\xBB\xBFshoes\rold\r\nnothing\nshoes";
  for (const std::string& source : {"- < " + queries, queries}) {
    std::istringstream answers(
        run(shop.search() + "--json --queries " + source + " 2>/dev/null").out);
    std::vector<std::string> asked;
    for (std::string line; std::getline(answers, line);)
      asked.push_back(Json::parse(line)["query"]);
    EXPECT_EQ(asked, (std::vector<std::string>{"shoes", "old", "nothing", "shoes"})) << source;
  }
}

TEST(Command, SaysThatItsOutputCouldNotBeWritten) {
  const Shop shop;
  const Outcome r = run("inspect " + shop.weights + " 2>&1 >/dev/full");
  EXPECT_EQ(r.code, 69);
  EXPECT_EQ(r.out, "barker inspect: standard output cannot be written\n");
}

TEST(Command, TakesOldSpellings) {
  const Shop shop;
  const std::string directory = temporary_path("old");
  const Outcome published = run("publish " + shop.weights + " --to " + directory + " 2>&1");
  EXPECT_EQ(published.code, 0);
  EXPECT_THAT(published.out, HasSubstr("note: --to is now called --out"));
  EXPECT_EQ(run("versions --weights " + directory).out, run("versions " + directory).out);
}

TEST(Command, GeneratesAMarketplaceThatCanBeSearched) {
  const std::string directory = temporary_path("marketplace");
  ASSERT_EQ(run("generate marketplace --ad-count 60 --user-count 10 --search-count 20 --out " +
                directory + " 2>/dev/null")
                .code,
            0);
  ASSERT_EQ(
      run("index --ads " + directory + "/catalogue.jsonl --out " + directory + "/index 2>/dev/null")
          .code,
      0);
  const Outcome found =
      run("search --json --index " + directory + "/index --queries " + directory + "/queries.txt");
  EXPECT_EQ(found.code, 0);
  EXPECT_THAT(found.out, HasSubstr("\"original_title\""));
}

TEST(Command, MapsErrorsOfThePluginToExitCodes) {
  const auto code = [](int32_t error) { return exit_code(plugin_error(error, "")); };
  EXPECT_EQ(code(BARKER_E_INVALID_ARGUMENT), kExitUsage);
  EXPECT_EQ(code(BARKER_E_CONFIG), kExitBadConfiguration);
  EXPECT_EQ(code(BARKER_E_NOT_FOUND), kExitNoInput);
  EXPECT_EQ(code(BARKER_E_BAD_WEIGHTS), kExitBadData);
  EXPECT_EQ(code(BARKER_E_VERSION), kExitBadData);
  EXPECT_EQ(code(BARKER_E_IO), kExitUnavailable);
  EXPECT_EQ(code(BARKER_E_UNSUPPORTED), kExitUnavailable) << "another machine may support it";
}

TEST(Command, InspectsAndVerifiesAWeightFile) {
  const Shop shop;
  const Outcome inspect = run("inspect --json " + shop.weights);
  ASSERT_EQ(inspect.code, 0);
  EXPECT_EQ(Json::parse(inspect.out)["keywords"], 50);
  EXPECT_THAT(run("inspect " + shop.weights).out, HasSubstr("embedding"));
  const Outcome verify = run("verify " + shop.weights);
  EXPECT_EQ(verify.code, 0);
  EXPECT_THAT(verify.out, HasSubstr("ok      golden.baseline"));
}

}  // namespace
}  // namespace barker
