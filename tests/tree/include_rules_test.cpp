// Who may include whom: reads every #include line of the tree and fails on a breach. The rules are
// the table below; README, "Rooms", says them in words.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
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

// Longest matching room wins. Every room may include itself.
const std::map<std::string, std::vector<std::string>> kMayInclude = {
    {"models", {}},
    {"models/data", {"models"}},
    {"models/train", {"models", "models/data", "models/evaluate", "scoring"}},
    {"models/evaluate", {"models", "models/data", "scoring"}},
    {"models/baselines", {"models", "models/data"}},
    {"models/simulate", {"models", "models/data", "models/evaluate"}},
    {"models/cli",
     {"models", "models/data", "models/train", "models/evaluate", "models/baselines",
      "models/simulate", "scoring"}},
    {"scoring", {"models"}},
    {"plugin", {"scoring", "models"}},
    {"index", {"models", "plugin"}},
};

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

TEST(IncludeRules, TheEngineKnowsThePluginByItsHeaderAlone) {
  for (const Include& include : includes_of_tree()) {
    if (room_of(include.file.string()) != "index" || room_of(include.target) != "plugin") continue;
    EXPECT_EQ(include.target, "plugin/barker.h") << where(include);
  }
}

TEST(IncludeRules, TheAbiHeaderIncludesOnlyStddefAndStdint) {
  for (const Include& include : includes_of_tree()) {
    if (include.file != "plugin/barker.h") continue;
    EXPECT_TRUE(include.target == "stddef.h" || include.target == "stdint.h") << where(include);
  }
}

// Lucene++ leaks macros such as INTERNAL and costs seconds a unit, libtorch more: both stay behind
// walls.
TEST(IncludeRules, HeavyHeadersStayOutOfOurHeaders) {
  for (const Include& include : includes_of_tree()) {
    const bool lucene =
        include.target.starts_with("lucene++/") || include.target == "LuceneHeaders.h";
    const bool torch = include.target.starts_with("torch/") ||
                       include.target.starts_with("ATen/") || include.target.starts_with("c10/");
    const std::string room = room_of(include.file.string());
    if (lucene) {
      EXPECT_EQ(room, "index") << where(include);
      EXPECT_EQ(include.file.extension(), ".cpp") << where(include);
    }
    if (torch) {
      EXPECT_TRUE(include.file.extension() == ".cpp" ||
                  include.file.filename().string().find("torch") != std::string::npos)
          << where(include);
    }
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
