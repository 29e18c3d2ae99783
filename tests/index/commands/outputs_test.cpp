// No command replaces what it reads by what it writes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <vector>

#include "tests/index/commands/run_command.h"
#include "tests/models/base/temporary_path.h"

namespace barker {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

// The lines of a command's help under a heading, up to the next one.
std::vector<std::string> section(const std::string& command, const std::string& heading) {
  std::istringstream help(run(command + " --help").out);
  std::vector<std::string> lines;
  bool is_inside = false;
  for (std::string line; std::getline(help, line);) {
    if (!line.starts_with(' ')) is_inside = line == heading + ":";
    if (is_inside && line.starts_with("  ") && line[2] != ' ') lines.push_back(line.substr(2));
  }
  return lines;
}

// "profiles export" and all others, without those that have subcommands.
void find_commands(const std::string& parent, std::vector<std::string>& found) {
  const std::vector<std::string> lines = section(parent, "Subcommands");
  if (lines.empty()) found.push_back(parent);
  for (const std::string& line : lines) {
    const std::string name = line.substr(0, line.find(' '));
    find_commands(parent.empty() ? name : parent + " " + name, found);
  }
}

// Whether an option of the output names a file.
bool writes_a_file(const std::string& command) {
  for (const std::string& line : section(command, "Output")) {
    const size_t name_end = std::min(line.find(' '), line.size());
    if (line.starts_with("--") && line.compare(name_end, 6, " FILE ") == 0) return true;
  }
  return false;
}

class Outputs : public ::testing::Test {
 protected:
  Outputs() {
    fs::create_directories(directory_);
    std::ofstream(file_) << "{\"id\": \"a\", \"title\": \"Red dress\"}\n";
    fs::create_symlink("input", directory_ + "/link");
  }
  ~Outputs() override { fs::remove_all(directory_); }

  static std::string bytes_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  // The words, in which IN is the input and OUT the output.
  std::string line(std::string words, const std::string& out) const {
    for (const auto& [name, path] :
         {std::pair<std::string, std::string>{"IN", file_}, {"OUT", out}}) {
      words.replace(words.find(name), name.size(), path);
    }
    return words;
  }

  const std::string directory_ = temporary_path("outputs"), file_ = directory_ + "/input";
};

// A new command that writes a file needs a line here.
TEST_F(Outputs, AreRefusedWhereTheyAreTheInput) {
  const std::map<std::string, std::vector<std::string>> lines = {
      {"import", {"--from shopify IN --out OUT", "--from jsonl-map /nowhere --map IN --out OUT"}},
      {"mine", {"--ads IN --out OUT"}},
      {"profiles export", {"lmdb:IN --out OUT"}},
      {"log export", {"--ubi IN --out OUT", "--ubi /nowhere IN --out OUT"}},
      {"abtest", {"IN --html OUT", "--table IN --html OUT"}},
      {"delta", {"IN /nowhere --out OUT", "/nowhere IN --out OUT"}},
      {"apply", {"IN /nowhere --out OUT", "/nowhere IN --out OUT"}},
      {"config init", {}},  // reads nothing
  };
  std::vector<std::string> commands;
  find_commands("", commands);
  ASSERT_GT(commands.size(), 30u);
  const std::string before = bytes_of(file_);
  for (const std::string& command : commands) {
    const auto found = lines.find(command);
    EXPECT_EQ(found != lines.end(), writes_a_file(command)) << command;
    if (found == lines.end()) continue;
    for (const std::string& words : found->second) {
      for (const std::string& out : {file_, directory_ + "/link"}) {
        const std::string whole = command + " " + line(words, out);
        const Outcome r = run(whole + " 2>&1");
        EXPECT_EQ(r.code, 64) << whole << "\n" << r.out;
        EXPECT_THAT(r.out, HasSubstr("is the same file as ")) << whole;
        EXPECT_EQ(bytes_of(file_), before) << whole;
      }
    }
  }
}

TEST_F(Outputs, AreNotTheLockOfTheStoreNorTheKeyThatSigns) {
  std::ofstream(file_ + "-lock") << "x";
  EXPECT_EQ(run("profiles export lmdb:" + file_ + " --out " + file_ + "-lock 2>&1").code, 64);
  fs::rename(file_ + "-lock", file_ + ".sig");
  const Outcome r = run("sign " + file_ + " --key " + file_ + ".sig 2>&1");
  EXPECT_EQ(r.code, 64);
  EXPECT_THAT(r.out, HasSubstr("is the same file as --key"));
}

// The log was compressed after its name was written down.
TEST_F(Outputs, AreNotTheCompressedCopyOfTheInput) {
  std::ofstream(file_ + ".zst") << "x";
  const Outcome r = run("log export --ubi " + file_ + " --out " + file_ + ".zst 2>&1");
  EXPECT_EQ(r.code, 64);
  EXPECT_THAT(r.out, HasSubstr("is the same file as --raw"));
}

}  // namespace
}  // namespace barker
