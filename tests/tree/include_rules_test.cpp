// Which room may include which. The test reads every #include line of the tree and fails on a
// breach. The rules are the table below; README, "Rooms", says them in words.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

struct Include {
  fs::path file;  // relative to the source tree
  int line;
  std::string target;
  bool quoted;
};

// The longest room that matches a path is its room. Every room may include itself.
const std::map<std::string, std::vector<std::string>> kMayInclude = {
    {"models", {}},  // holds no code of its own: see below
    {"models/base", {}},
    {"models/text", {"models/base"}},
    {"models/command", {"models/base", "models/text"}},
    {"models/weights", {"models/base", "models/text"}},
    {"models/data", {"models/base", "models/text", "models/weights"}},
    {"models/data/import", {"models/base", "models/text", "models/data"}},
    {"models/train",
     {"models/base", "models/text", "models/weights", "models/data", "models/evaluate", "scoring"}},
    {"models/evaluate", {"models/base", "models/text", "models/weights", "models/data", "scoring"}},
    {"models/experiment", {"models/base", "models/text", "models/data"}},
    {"models/baselines",
     {"models/base", "models/text", "models/weights", "models/data", "models/evaluate",
      "models/train", "scoring"}},
    {"models/exchange", {"models/base", "models/text", "models/weights", "models/data", "scoring"}},
    {"models/simulate",
     {"models/base", "models/text", "models/command", "models/weights", "models/data",
      "models/evaluate"}},
    {"models/cli",
     {"models/base", "models/text", "models/command", "models/weights", "models/data",
      "models/data/import", "models/train", "models/evaluate", "models/baselines",
      "models/simulate", "models/exchange", "models/experiment", "scoring", "index/catalogue"}},
    {"scoring", {"models/base", "models/text", "models/weights"}},
    {"plugin", {"models/base", "models/text", "models/weights", "scoring"}},
    {"plugin/host", {"models/base", "models/weights", "plugin"}},
    {"plugin/adapters/sphinx", {"models/base", "models/text", "plugin", "plugin/host"}},
    {"plugin/adapters/python", {"plugin"}},
    {"plugin/adapters/java", {"plugin"}},
    {"index", {}},  // holds no code of its own: see below
    {"index/catalogue", {"models/base", "models/text", "plugin"}},
    {"index/config",
     {"models/base", "models/text", "models/command", "index/auction", "index/profiles"}},
    {"index/metrics", {"models/base"}},
    {"index/matching", {"models/base", "models/text"}},
    {"index/auction", {"models/base", "models/text"}},
    {"index/retrieval", {"models/base", "models/text", "index/catalogue", "index/matching"}},
    {"index/live",
     {"models/base", "models/text", "index/catalogue", "index/matching", "index/auction",
      "index/retrieval"}},
    {"index/profiles", {"models/base", "models/text", "index/catalogue"}},
    {"index/log", {"models/base", "models/data"}},
    {"index/engine",
     {"models/base", "models/text", "models/data", "index/catalogue", "index/matching",
      "index/auction", "index/retrieval", "index/live", "index/profiles", "plugin", "plugin/host"}},
    {"index/server",
     {"models/base", "models/text", "models/data", "index/catalogue", "index/matching",
      "index/auction", "index/retrieval", "index/live", "index/profiles", "index/log",
      "index/engine", "index/config", "index/metrics", "plugin", "plugin/host"}},
    {"index/simulation",
     {"models/base", "models/text", "models/weights", "models/data", "models/experiment",
      "models/simulate", "index/catalogue", "index/retrieval", "index/live", "index/profiles",
      "index/engine", "plugin/host"}},
    {"index/commands",
     {"models/base",    "models/text",       "models/command",   "models/weights",
      "models/data",    "models/experiment", "models/simulate",  "index/catalogue",
      "index/matching", "index/auction",     "index/retrieval",  "index/live",
      "index/profiles", "index/log",         "index/engine",     "index/config",
      "index/metrics",  "index/server",      "index/simulation", "plugin",
      "plugin/host"}},
};

// Rooms that know the plugin by its header alone, as any host does.
bool is_host(const std::string& room) {
  return room == "plugin/host" || room.starts_with("plugin/adapters/") || room.starts_with("index");
}

// The files that write and publish weight files, which rooms that only read them may not include.
const std::vector<std::string> kWritesWeights = {"models/weights/writer.h",
                                                 "models/weights/directory.h"};

std::string room_of(const std::string& path) {
  std::string best;
  for (const auto& [room, unused] : kMayInclude) {
    if (path.starts_with(room + "/") && room.size() > best.size()) best = room;
  }
  return best;
}

std::vector<Include> includes_of_tree() {
  const fs::path root = BARKER_SOURCE_DIR;
  const std::regex pattern(R"re(^\s*#\s*include\s*(["<])([^">]+)[">])re");
  std::vector<Include> found;
  for (const auto& top : {"models", "scoring", "plugin", "index"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
      const std::string extension = entry.path().extension();
      if (extension != ".h" && extension != ".cpp" && extension != ".c") continue;
      std::ifstream in(entry.path());
      std::string line;
      for (int number = 1; std::getline(in, line); ++number) {
        std::smatch match;
        if (std::regex_search(line, match, pattern)) {
          found.push_back({fs::relative(entry.path(), root), number, match[2], match[1] == "\""});
        }
      }
    }
  }
  return found;
}

std::string where(const Include& include) {
  return include.file.string() + ":" + std::to_string(include.line) + " includes " + include.target;
}

TEST(IncludeRules, TheTreeIsReadAtAll) { EXPECT_GT(includes_of_tree().size(), 100u); }

TEST(IncludeRules, RoomsIncludeOnlyWhatTheyMay) {
  for (const Include& include : includes_of_tree()) {
    const std::string from = room_of(include.file.string());
    const std::string to = room_of(include.target);
    if (to.empty() || from == to || include.target.ends_with("_generated.h")) continue;
    const auto& allowed = kMayInclude.at(from);
    EXPECT_TRUE(std::find(allowed.begin(), allowed.end(), to) != allowed.end()) << where(include);
  }
}

TEST(IncludeRules, HostsKnowThePluginByItsHeaderAlone) {
  for (const Include& include : includes_of_tree()) {
    if (!is_host(room_of(include.file.string())) || room_of(include.target) != "plugin") continue;
    EXPECT_EQ(include.target, "plugin/barker.h") << where(include);
  }
}

TEST(IncludeRules, ModelsAndIndexHoldNoCodeOutsideOfTheirRooms) {
  for (const char* top : {"models", "index"}) {
    for (const auto& entry : fs::directory_iterator(fs::path(BARKER_SOURCE_DIR) / top)) {
      const std::string extension = entry.path().extension();
      EXPECT_TRUE(extension != ".h" && extension != ".cpp" && extension != ".c") << entry.path();
    }
  }
}

TEST(IncludeRules, ScoringPluginAndHostWriteNoWeightFilesAndReadNoCompressedOnes) {
  for (const Include& include : includes_of_tree()) {
    const std::string room = room_of(include.file.string());
    if (room != "scoring" && room != "plugin" && room != "plugin/host") continue;
    EXPECT_TRUE(std::ranges::find(kWritesWeights, include.target) == kWritesWeights.end())
        << where(include);
    EXPECT_NE(include.target, "models/base/lines.h") << where(include);
    EXPECT_NE(include.target, "models/base/input_file.h") << where(include);
    EXPECT_NE(include.target, "models/base/compression.h") << where(include);
    EXPECT_NE(include.target, "zlib.h") << where(include);
    EXPECT_NE(include.target, "zstd.h") << where(include);
  }
}

TEST(IncludeRules, TheAbiHeaderIncludesOnlyStddefAndStdint) {
  for (const Include& include : includes_of_tree()) {
    if (include.file != "plugin/barker.h") continue;
    EXPECT_TRUE(include.target == "stddef.h" || include.target == "stdint.h") << where(include);
  }
}

// Lucene++ leaks macros such as INTERNAL and costs seconds a unit, Boost.Beast and libtorch more:
// all stay behind walls.
TEST(IncludeRules, HeavyHeadersStayOutOfOurHeaders) {
  for (const Include& include : includes_of_tree()) {
    // These headers have Lucene++'s, and so are included by .cpp files alone.
    const std::set<std::string> shared = {"index/retrieval/lucene_files.h",
                                          "index/retrieval/title_search.h"};
    const bool is_shared = shared.contains(include.file.string());
    const bool lucene = include.target.starts_with("lucene++/") ||
                        include.target == "LuceneHeaders.h" || shared.contains(include.target);
    const bool torch = include.target.starts_with("torch/") ||
                       include.target.starts_with("ATen/") || include.target.starts_with("c10/");
    const std::string room = room_of(include.file.string());
    if (lucene) {
      EXPECT_TRUE(room == "index/retrieval" ||
                  include.file == "tests/index/retrieval/title_search_test.cpp")
          << where(include);
      EXPECT_TRUE(is_shared || include.file.extension() == ".cpp") << where(include);
    }
    if (include.target == "index/server/http_connection.h") {
      EXPECT_EQ(include.file.extension(), ".cpp") << where(include);
    }
    const bool boost = include.target.starts_with("boost/");
    if (boost) {
      const bool distributions = include.target.starts_with("boost/math/distributions/");
      const std::set<std::string> allowed =
          distributions ? std::set<std::string>{"models/experiment/statistics.cpp"}
                        : std::set<std::string>{"index/server/http_connection.h",
                                                "index/server/http_connection.cpp",
                                                "index/server/http_server.cpp"};
      EXPECT_TRUE(allowed.contains(include.file.string())) << where(include);
    }
    if (include.target.starts_with("xgboost/")) {
      EXPECT_EQ(include.file, "models/baselines/gradient_boosting.cpp") << where(include);
    }
    if (include.target.starts_with("pagmo/")) {
      EXPECT_EQ(include.file, "models/baselines/metaheuristics.cpp") << where(include);
    }
    if (torch) {
      EXPECT_TRUE(include.file.extension() == ".cpp" ||
                  include.file.filename().string().find("torch") != std::string::npos)
          << where(include);
    }
  }
}

// To the linker, two types of one name in one program are one type. The plugin is a library of its
// own, which shows nothing but its C interface.
TEST(TypeNames, AreDefinedOnceInWhatOneProgramLinks) {
  const fs::path root = BARKER_SOURCE_DIR;
  const std::regex pattern(
      R"re(^(?:class|struct|enum class|enum) (\w+)(?: final)?(?: : [^;{]*)? ?\{)re");
  std::map<std::string, std::string> defined;
  for (const char* top : {"models", "scoring", "index", "plugin/host"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
      if (entry.path().extension() != ".h") continue;
      if (entry.path().string().find("node_modules") != std::string::npos) continue;
      std::ifstream in(entry.path());
      for (std::string line; std::getline(in, line);) {
        std::smatch match;
        if (!std::regex_search(line, match, pattern)) continue;
        const std::string path = fs::relative(entry.path(), root).string();
        const auto [first, is_new] = defined.emplace(match[1], path);
        EXPECT_TRUE(is_new) << match[1] << " is defined in " << first->second << " and in " << path;
      }
    }
  }
  EXPECT_GT(defined.size(), 200u);
}

// The databases of users are an affair of their stores.
TEST(IncludeRules, ClientsOfDatabasesStayInTheRoomOfProfiles) {
  for (const Include& include : includes_of_tree()) {
    if (include.target != "lmdb.h" && !include.target.starts_with("hiredis/")) continue;
    EXPECT_EQ(room_of(include.file.string()), "index/profiles") << where(include);
    EXPECT_TRUE(include.file.extension() == ".cpp" ||
                include.file == "index/profiles/lmdb_environment.h")
        << where(include);
  }
}

// The marketplace's command is shared by both programs, so it lives beside the marketplace. The
// keys of the configuration are flags, too.
TEST(IncludeRules, OnlyCommandsParseCommandLines) {
  for (const Include& include : includes_of_tree()) {
    if (!include.target.starts_with("CLI/") && include.target != "models/command/options.h") {
      continue;
    }
    const std::string room = room_of(include.file.string());
    EXPECT_TRUE(room == "models/command" || room == "models/cli" || room == "index/commands" ||
                room == "index/config" || include.file == "models/simulate/marketplace_command.cpp")
        << where(include);
  }
}

TEST(IncludeRules, ScoringDoesNoInputOutputAndTakesNoLocks) {
  const std::vector<std::string> forbidden = {"fstream",  "iostream", "cstdio",
                                              "mutex",    "thread",   "condition_variable",
                                              "unistd.h", "fcntl.h",  "sys/mman.h"};
  for (const Include& include : includes_of_tree()) {
    if (room_of(include.file.string()) != "scoring") continue;
    EXPECT_TRUE(std::find(forbidden.begin(), forbidden.end(), include.target) == forbidden.end())
        << where(include);
  }
}

}  // namespace
