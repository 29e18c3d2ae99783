// barker profiles, as a person and a script meet it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/index/commands/run_command.h"
#include "tests/models/base/temporary_path.h"

namespace barker {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

// A store with the users of a file, of whose four lines one is bad.
struct Users {
  std::string file = temporary_path("users.jsonl");
  std::string store = "lmdb:" + temporary_path("users.mdb");
  Outcome imported;
  Users() {
    std::ofstream(file) << R"({"user":"anna","keywords":["tent","boots"],"last_click":1790000000})"
                        << "\nbroken\n"
                        << R"({"user":"ben","groups":{"profile":["gender=m"],"sfhist":["retro"]}})"
                        << "\n"
                        << R"({"user":"cleo","keywords":["dress"]})"
                        << "\n";
    imported = run("profiles import --days-to-live 36500 " + store + " " + file + " 2>&1");
  }
};

TEST(ProfilesCommand, ImportsAndNamesBadLines) {
  const Users users;
  EXPECT_EQ(users.imported.code, 0);
  EXPECT_THAT(users.imported.out, HasSubstr("users.jsonl:2: not JSON"));
  EXPECT_THAT(users.imported.out, HasSubstr("3 users imported"));
  EXPECT_EQ(run("profiles import --strict " + users.store + " " + users.file + " 2>&1").code, 65);
}

TEST(ProfilesCommand, ExportsWhatImportTakes) {
  const Users users;
  const std::string out = temporary_path("exported.jsonl"), copy = "lmdb:" + temporary_path("copy");
  ASSERT_EQ(run("profiles export " + users.store + " --out " + out + " 2>/dev/null").code, 0);
  ASSERT_EQ(run("profiles import --strict " + copy + " " + out + " 2>&1").code, 0);
  const Outcome first = run("profiles export " + users.store + " 2>/dev/null");
  const Outcome second = run("profiles export " + copy + " 2>/dev/null");
  EXPECT_EQ(first.out, second.out);
  std::istringstream lines(first.out);
  std::string line;
  ASSERT_TRUE(std::getline(lines, line));
  const Json anna = Json::parse(line);
  EXPECT_EQ(anna["user"], "anna");
  EXPECT_EQ(anna["keywords"], Json({"tent", "boots"}));
  EXPECT_EQ(anna["last_click"], 1'790'000'000);
}

TEST(ProfilesCommand, ShowsCountsAndErasesUsers) {
  const Users users;
  const Outcome shown = run("profiles show " + users.store + " ben 2>&1");
  ASSERT_EQ(shown.code, 0);
  EXPECT_EQ(Json::parse(shown.out)["groups"]["sfhist"], Json({"retro"}));
  const Outcome status = run("profiles status --json " + users.store);
  ASSERT_EQ(status.code, 0);
  const Json counts = Json::parse(status.out);
  EXPECT_EQ(counts["users"], 3);
  EXPECT_EQ(counts["keywords"], 3);
  EXPECT_EQ(counts["sfs"], 1);
  EXPECT_EQ(counts["malformed"], 0);
  const Outcome erased = run("profiles erase " + users.store + " ben nobody");
  EXPECT_EQ(erased.code, 0);
  EXPECT_EQ(erased.out, "erased ben\nnothing was kept of nobody\n");
  EXPECT_EQ(run("profiles show " + users.store + " ben 2>&1").code, 66);
  EXPECT_THAT(run("profiles status " + users.store).out, HasSubstr("2 users"));
}

TEST(ProfilesCommand, SaysWhatIsWrong) {
  const std::string missing = "lmdb:" + temporary_path("missing");
  const std::string foreign = temporary_path("foreign"), users = temporary_path("users");
  std::ofstream(foreign) << std::string(20'000, 'x');
  std::ofstream(users) << "broken\n";
  struct Mistake {
    std::string words;
    int code;
    std::string message;
  };
  for (const Mistake& mistake : std::vector<Mistake>{
           {"", 64, "a subcommand is missing: import, export, show, erase, status"},
           {"status", 64, "is missing"},
           {"status mysql://x", 64, "expected lmdb:PATH"},
           {"status redis://:pw@h:x/", 64, "the port is no number"},
           {"import memory: " + users, 64, "is gone when this command ends"},
           {"status " + missing, 66, "does not exist"},
           {"erase " + missing + " anna", 66, "does not exist"},
           {"import " + missing + " /nowhere", 66, "/nowhere"},
           {"import " + missing + " " + users, 65, "0 users imported"},
           {"status lmdb:" + foreign, 65, foreign},
           {"status unix:/nowhere/socket", 69, "unix:/nowhere/socket"},
           {"export unix:/nowhere/socket", 69, "cannot connect"}}) {
    const Outcome r = run("profiles " + mistake.words + " 2>&1");
    EXPECT_EQ(r.code, mistake.code) << mistake.words << ": " << r.out;
    EXPECT_THAT(r.out, HasSubstr(mistake.message)) << mistake.words;
  }
}

}  // namespace
}  // namespace barker
