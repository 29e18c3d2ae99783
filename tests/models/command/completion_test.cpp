// Completion scripts, run by the shells that they are for.
#include "models/command/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "tests/models/base/temporary_path.h"
#include "tests/models/command/small_program.h"

namespace barker {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;
namespace fs = std::filesystem;

bool is_installed(const std::string& shell) {
  return std::system(("command -v " + shell + " >/dev/null").c_str()) == 0;
}

// A directory with a script and some files to complete.
class Completion : public testing::Test {
 protected:
  Completion() {
    fs::create_directories(directory_ / "two words");
    std::ofstream(directory_ / "a file.txt");
    for (const std::string& shell : completion_shells()) {
      std::ofstream out(directory_ / ("script." + shell));
      // The program writes the script itself, as a person would have it written.
      testing::internal::CaptureStdout();
      const char* words[] = {"small-program", "completion", shell.c_str()};
      EXPECT_EQ(run_program(small_program(), 3, words), kExitOk);
      out << testing::internal::GetCapturedStdout();
    }
  }
  ~Completion() override { fs::remove_all(directory_); }

  std::vector<std::string> lines_of(const std::string& shell, const std::string& script) const {
    std::ofstream(directory_ / "run") << script;
    const std::string command = "cd '" + directory_.string() + "' && " + shell + " ./run 2>&1";
    FILE* pipe = popen(command.c_str(), "r");
    std::string out;
    char buffer[4096];
    for (size_t got; (got = fread(buffer, 1, sizeof buffer, pipe)) > 0;) out.append(buffer, got);
    EXPECT_EQ(pclose(pipe), 0) << out;
    std::istringstream in(out);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }

  // What bash offers for the last word. The words come as bash splits them.
  std::vector<std::string> bash(const std::string& words, const std::string& before = "") const {
    return lines_of("bash --norc", before + "source ./script.bash\nCOMP_WORDS=(" + words +
                                       ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_small_program\n"
                                       "printf '%s\\n' \"${COMPREPLY[@]}\"\n");
  }

  const fs::path directory_ = temporary_path("completion");
};

TEST_F(Completion, OfBashCompletesSubcommands) {
  EXPECT_THAT(bash("small-program ''"), UnorderedElementsAre("copy", "make", "completion"));
  EXPECT_THAT(bash("small-program co"), UnorderedElementsAre("copy", "completion"));
  EXPECT_THAT(bash("small-program make ''"), UnorderedElementsAre("shop", "link"));
}

TEST_F(Completion, OfBashCompletesOptionsOfTheSubcommand) {
  EXPECT_THAT(
      bash("small-program copy --"),
      UnorderedElementsAre("--help", "--data", "--out", "--precision", "--set", "--draws",
                           "--share", "--least", "--days", "--timeout", "--json", "--report"));
  EXPECT_THAT(bash("small-program make shop --o"), UnorderedElementsAre("--out"));
  EXPECT_THAT(bash("small-program copy a --pre"), UnorderedElementsAre("--precision"));
}

TEST_F(Completion, OfBashCompletesFilesDirectoriesAndWords) {
  EXPECT_THAT(bash("small-program copy 'a '"), UnorderedElementsAre("a file.txt"));
  EXPECT_THAT(bash("small-program copy x --out ''"), UnorderedElementsAre("two words"));
  EXPECT_THAT(bash("small-program copy x --out = t"), UnorderedElementsAre("two words"));
  EXPECT_THAT(bash("small-program copy --precision ''"), UnorderedElementsAre("fp16", "int8"));
  EXPECT_THAT(bash("small-program copy --precision ="), UnorderedElementsAre("fp16", "int8"));
  EXPECT_THAT(bash("small-program completion z"), UnorderedElementsAre("zsh"));
  EXPECT_THAT(bash("small-program copy --draws ''"), UnorderedElementsAre(""));
}

TEST_F(Completion, OfBashTreatsOnlyPathsAsFileNames) {
  std::ofstream(directory_ / "copy");  // a file with the name of a subcommand
  // A function stands for the builtin, which bash allows during a completion only.
  const std::string compopt = "compopt() { echo compopt \"$@\"; }\n";
  EXPECT_THAT(bash("small-program cop", compopt), UnorderedElementsAre("copy"));
  EXPECT_THAT(bash("small-program copy cop", compopt),
              UnorderedElementsAre("compopt -o filenames", "copy"));
  EXPECT_THAT(bash("small-program copy --out tw", compopt),
              UnorderedElementsAre("compopt -o filenames", "two words"));
}

TEST_F(Completion, OfZshIsRegisteredAndCompletesSubcommandsAndOptions) {
  if (!is_installed("zsh")) GTEST_SKIP() << "zsh is not installed";
  // An interactive zsh in a pseudo terminal gets the keys that a person would press.
  const auto screen = lines_of("zsh -f", R"zsh(
zmodload zsh/zpty
zpty shell zsh -f -i
# wait_for TEXT: reads the screen until it shows the text, for a minute at most.
wait_for() {
  screen=
  repeat 300; do
    if zpty -r -t shell part; then screen+=$part; else sleep 0.2; fi
    [[ $screen == *"$1"* ]] && break
  done
  print -r -- "$screen"
}
zpty -w shell 'autoload -Uz compinit; compinit -u -D; source ./script.zsh; print rea""dy'
wait_for ready
zpty -n -w shell $'small-program mak\t'
wait_for make
zpty -n -w shell $'\x15small-program copy --preci\t'
wait_for --precision
zpty -n -w shell $'\x15small-program copy --set a=b --se\t'
wait_for 'a=b --set'
zpty -n -w shell $'\x15small-program make link x two\t'
wait_for words
zpty -d shell
)zsh");
  const std::string all = ::testing::PrintToString(screen);
  EXPECT_THAT(all, HasSubstr("small-program make"));
  EXPECT_THAT(all, HasSubstr("small-program copy --precision"));
  EXPECT_THAT(all, HasSubstr("--set a=b --set")) << "an option that may be repeated";
  EXPECT_THAT(all, HasSubstr("make link x two")) << "the second of two operands";
  EXPECT_THAT(all, HasSubstr("words"));
  EXPECT_THAT(all, Not(HasSubstr("comparguments")));
}

TEST_F(Completion, OfFishCompletesSubcommandsOptionsAndFiles) {
  if (!is_installed("fish")) GTEST_SKIP() << "fish is not installed";
  const auto fish = [&](const std::string& line) {
    return lines_of("fish --no-config", "source ./script.fish\ncomplete -C '" + line + "'\n");
  };
  EXPECT_THAT(fish("small-program co"),
              UnorderedElementsAre("copy\tCopy a file",
                                   "completion\tPrint a completion script for a shell"));
  EXPECT_THAT(fish("small-program copy --pre"), UnorderedElementsAre("--precision\tNumbers"));
  EXPECT_THAT(fish("small-program copy --precision i"), UnorderedElementsAre("int8\tNumbers"));
  EXPECT_THAT(fish("small-program make sh"), UnorderedElementsAre("shop\tA shop: [small]"));
  EXPECT_THAT(fish("small-program copy a"), UnorderedElementsAre("a file.txt"));
}

}  // namespace
}  // namespace barker
