// The frame of the commands: exit codes, messages, help, old spellings.
#include "models/command/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/models/command/small_program.h"

namespace barker {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::internal::CaptureStderr;
using ::testing::internal::CaptureStdout;
using ::testing::internal::GetCapturedStderr;
using ::testing::internal::GetCapturedStdout;

struct Outcome {
  int code;
  std::string out, err;
};

Outcome run(std::vector<const char*> words) {
  words.insert(words.begin(), "small-program");
  CaptureStdout();
  CaptureStderr();
  Outcome outcome;
  outcome.code = run_program(small_program(), static_cast<int>(words.size()), words.data());
  outcome.out = GetCapturedStdout();
  outcome.err = GetCapturedStderr();
  return outcome;
}

TEST(Program, RunsTheSubcommandThatIsNamed) {
  const Outcome copied = run({"copy", "a", "--out", "b", "--precision", "int8"});
  EXPECT_EQ(copied.code, kExitOk);
  EXPECT_EQ(copied.out, "a b int8 200\n");
  EXPECT_EQ(copied.err, "");
  EXPECT_EQ(run({"make", "shop"}).code, kExitGateFailed);
}

TEST(Program, TakesAnOperandAsAnOptionToo) {
  EXPECT_EQ(run({"copy", "--data", "a", "--out", "b"}).out, "a b fp16 200\n");
}

TEST(Program, GivesARepeatedOptionOneValueEachTime) {
  EXPECT_EQ(run({"copy", "--out", "b", "--set", "x=1", "--set", "y=2", "a"}).out,
            "a b fp16 200 x=1 y=2\n");
}

TEST(Program, TakesOldSpellingsAndSaysTheirPresentNames) {
  const Outcome old = run({"duplicate", "a", "--to=b"});
  EXPECT_EQ(old.code, kExitOk);
  EXPECT_EQ(old.out, "a b fp16 200\n");
  EXPECT_THAT(old.err, HasSubstr("small-program copy: note: duplicate is now called copy\n"));
  EXPECT_THAT(old.err, HasSubstr("small-program copy: note: --to is now called --out\n"));
}

TEST(Program, NamesWhatIsWrongWithTheWordsAndExitsWith64) {
  const auto error = [](std::vector<const char*> words) {
    const Outcome outcome = run(std::move(words));
    EXPECT_EQ(outcome.code, kExitUsage) << outcome.err;
    EXPECT_EQ(outcome.out, "");
    return outcome.err;
  };
  EXPECT_THAT(error({}), HasSubstr("small-program: a subcommand is missing: copy, make"));
  EXPECT_THAT(error({"cpoy"}), HasSubstr("small-program: no such subcommand: cpoy"));
  EXPECT_THAT(error({"make"}), HasSubstr("small-program make: a subcommand is missing: shop"));
  EXPECT_THAT(error({"copy", "--out", "b"}), HasSubstr("small-program copy: FILE is missing"));
  EXPECT_THAT(error({"copy", "a"}), HasSubstr("small-program copy: --out DIR is missing"));
  EXPECT_THAT(error({"copy", "a", "--out", "b", "--uot", "c"}),
              HasSubstr("small-program copy: no such option: --uot\n"));
  EXPECT_THAT(error({"copy", "a", "--out", "b", "--drwas", "50"}),
              HasSubstr("small-program copy: no such option: --drwas; did you mean --draws?\n"));
  EXPECT_THAT(error({"copy", "a", "--uot", "b"}),
              HasSubstr("small-program copy: no such option: --uot\n"))
      << "and not that --out is missing";
  EXPECT_THAT(error({"copy", "a", "--out", "b", "--colour", "red"}),
              HasSubstr("no such option: --colour\n"));
  EXPECT_THAT(error({"copy", "a", "z", "--out", "b"}), HasSubstr("one operand too many: z"));
  EXPECT_THAT(error({"copy", "a", "--out", "b", "--draws", "5"}),
              HasSubstr("--draws: Value 5 not in range [10 - 1000]\n"));
  EXPECT_THAT(error({"copy", "a", "--out", "b", "--least", "0"}),
              HasSubstr("--least: Value 0 not in range [1e-09 - 1]\n"));
  EXPECT_THAT(error({"copy", "a", "--out", "b", "--days", "0"}),
              HasSubstr("--days: Value 0 is not above 0\n"));
  EXPECT_THAT(error({"copy", "a", "--out", "b", "--timeout", "-1"}),
              HasSubstr("--timeout: Value -1 is below 0\n"));
  EXPECT_THAT(error({"copy", "a", "--out", "b", "--precision", "fp8"}), HasSubstr("fp8"));
  EXPECT_THAT(error({"copy", "a", "--out"}), HasSubstr("Try: small-program copy --help"));
}

TEST(Program, TakesTrueAndFalseAsTheValueOfAFlagAndNothingElse) {
  const auto json = [](const char* flag) { return run({"copy", "a", "--out", "b", flag}); };
  for (const char* flag : {"--json", "--json=true", "--json=1"}) {
    EXPECT_EQ(json(flag).out, "a b fp16 200 JSON\n") << flag;
  }
  for (const char* flag : {"--json=false", "--json=0"}) {
    EXPECT_EQ(json(flag).out, "a b fp16 200\n") << flag;
  }
  for (const std::string value : {"maybe", "99999999999999999999999", "2", "-1", "on", "x"}) {
    const Outcome outcome = json(("--json=" + value).c_str());
    EXPECT_EQ(outcome.code, kExitUsage) << value;
    EXPECT_THAT(outcome.err, HasSubstr("small-program copy: --json: expected true or false, found "
                                       "\"" +
                                       value + "\"\n"));
  }
  const Outcome without = json("--json=");
  EXPECT_EQ(without.code, kExitUsage);
  EXPECT_EQ(without.out, "");
  EXPECT_THAT(without.err,
              HasSubstr("small-program copy: --json: expected a value behind the =, found none"));
}

TEST(Program, TakesATextAsTheValueOfAFlagThatHasOneOfItsOwn) {
  EXPECT_EQ(run({"copy", "a", "--out", "b", "--report"}).out, "a b fp16 200 report to -\n");
  EXPECT_EQ(run({"copy", "a", "--out", "b", "--report=c"}).out, "a b fp16 200 report to c\n");
  EXPECT_EQ(run({"copy", "a", "--out", "b", "--report="}).code, kExitUsage);
}

TEST(Program, RefusesANumberThatIsNotFinite) {
  for (const char* option : {"--share", "--timeout"}) {
    for (const char* number : {"nan", "-nan", "inf", "NaN", "1e999"}) {
      const Outcome refused = run({"copy", "a", "--out", "b", option, number});
      EXPECT_EQ(refused.code, kExitUsage) << option << " " << number << refused.out;
      EXPECT_THAT(refused.err, HasSubstr(option));
    }
    EXPECT_EQ(run({"copy", "a", "--out", "b", option, "0.25"}).code, kExitOk);
  }
  EXPECT_EQ(run({"copy", "nan", "--out", "b"}).code, kExitOk) << "a file may have this name";
}

TEST(Program, CleansMessagesForTheTerminal) {
  const Outcome failed = run({"copy", "bad data", "--out", "b"});
  EXPECT_EQ(failed.code, kExitBadData);
  EXPECT_EQ(failed.err, "small-program copy: line 1 [2J of  file\n");
  EXPECT_THAT(run({"copy", "a", "--out", "b", "\x1b[2J"}).err, Not(HasSubstr("\x1b")));
  EXPECT_EQ(visible_lines("a\x1b\nb\x07\n"), "a \nb \n");
}

TEST(Program, TurnsExceptionsIntoErrors) {
  const Outcome thrown = run({"copy", "exception", "--out", "b"});
  EXPECT_EQ(thrown.code, kExitUnavailable);
  EXPECT_EQ(thrown.err, "small-program copy: thrown\n");
  EXPECT_EQ(run({"copy", "no memory", "--out", "b"}).err, "small-program copy: out of memory\n");
}

TEST(Program, GroupsOptionsInItsHelpAndShowsDefaults) {
  const Outcome help = run({"copy", "--help"});
  EXPECT_EQ(help.code, kExitOk);
  EXPECT_THAT(help.out, HasSubstr("Usage: small-program copy FILE --out DIR [OPTIONS]\n"));
  EXPECT_THAT(help.out, HasSubstr("\nOperands:\n  FILE                        File to copy (or "
                                  "--data FILE)\n"));
  EXPECT_THAT(help.out, HasSubstr("\nOutput:\n  --out DIR                   Directory to copy to "
                                  "(required)\n"));
  EXPECT_THAT(help.out, HasSubstr("--precision fp16|int8       Numbers (default: fp16)\n"));
  EXPECT_THAT(help.out, HasSubstr("Samples (in [10 - 1000]; default: 200)\n"));
  EXPECT_THAT(help.out, Not(HasSubstr("--to"))) << "old spellings are not shown";
  EXPECT_GT(help.out.find("-h, --help"), help.out.find("--draws")) << "the general ones come last";
  const Outcome program = run({"--help"});
  EXPECT_THAT(program.out, HasSubstr("  copy                        Copy a file\n"));
  EXPECT_THAT(program.out, HasSubstr("completion"));
}

TEST(Program, WrapsItsHelpAt100Columns) {
  std::istringstream lines(run({"copy", "--help"}).out + run({"completion", "--help"}).out);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100u) << line;
}

TEST(Program, PrintsItsVersion) {
  const Outcome version = run({"--version"});
  EXPECT_EQ(version.code, kExitOk);
  EXPECT_EQ(version.out, "small-program 1.2.3\n");
}

}  // namespace
}  // namespace barker
