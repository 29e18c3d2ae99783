// What barker-train does with the files that it is given: none is lost, none is half read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "tests/models/cli/train_command.h"

namespace barker {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

// Runs a line of bash, in which `barker-train` is the program under test.
Outcome shell(const std::string& line) {
  const std::string script = "exec 2>&1; barker-train() { " BARKER_TRAIN " \"$@\"; }; " + line;
  std::string quoted;
  for (const char c : script) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return run_line("bash -c '" + quoted + "'");
}

std::string event(int64_t time, const std::string& user, bool clicked) {
  return "{\"time\":" + std::to_string(time) + ",\"user\":\"" + user +
         "\",\"query\":\"red shoes\",\"sfs\":[{\"text\":\"retro\",\"clicked\":" +
         (clicked ? "1" : "0") + "},{\"text\":\"lace\",\"clicked\":0}],\"ads\":[]}\n";
}

constexpr int64_t kBegin = 1'730'000'000;  // seconds since 1970

// One search a minute, by ten users in turn.
std::string good_log(int events) {
  std::string log;
  for (int i = 0; i < events; ++i) {
    log += event(kBegin + 60 * i, "u" + std::to_string(i % 10), i % 3 == 0);
  }
  return log;
}

class LogFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(directory_);
    put("log.jsonl", good_log(300));
  }
  void TearDown() override { fs::remove_all(directory_); }

  std::string file(const std::string& name) const { return directory_ + "/" + name; }
  void put(const std::string& name, const std::string& text) const {
    std::ofstream(file(name), std::ios::binary) << text;
  }

  const std::string directory_ = temporary_path("log_files");
};

TEST_F(LogFiles, AreNeverReplacedByWhatIsMadeOfThem) {
  fs::create_symlink("log.jsonl", file("symbolic"));
  fs::create_hard_link(file("log.jsonl"), file("hard"));
  const std::string log = file("log.jsonl"), before = bytes_of(log);
  for (const std::string& out : {log, file("symbolic"), file("hard")}) {
    for (const std::string& command :
         {"convert --data " + log + " --out " + out, "prepare --events " + log + " --out " + out,
          "train --data " + log + " --out " + out,
          "train --data " + log + " --out " + file("m") + " --checkpoint " + out,
          "join " + log + " --out " + out, "quantize x --data " + log + " --out " + out,
          "quantize " + log + " --data x --out " + out,
          "evaluate --baseline popularity --data " + log + " --html " + out,
          "evaluate --baseline popularity --data " + log + " --json=" + out}) {
      const Outcome r = shell("barker-train " + command);
      EXPECT_EQ(r.code, 64) << command << "\n" << r.out;
      EXPECT_THAT(r.out, HasSubstr("is the same file as --")) << command;
      EXPECT_EQ(bytes_of(log), before) << command;
    }
  }
  const Outcome appended =
      shell("barker-train convert --data " + log + " --out - >>" + log + "; code=$?; exit $code");
  EXPECT_EQ(appended.code, 64);
  EXPECT_EQ(shell("barker-train import tmall --data " + directory_ + " --out " + directory_).code,
            64);
}

// `true` reads nothing, and has ended when the training begins to print.
TEST_F(LogFiles, AreLearnedFromWithoutTheReadersOfWhatIsPrinted) {
  const std::string train = "barker-train train --data " + file("log.jsonl") +
                            " --draws 20 --set model.name=BM --set train.max_epochs=1";
  EXPECT_EQ(shell("{ sleep .5; exec 2>&1; " + train + " --out " + file("unread.barker") +
                  "; } | true; exit ${PIPESTATUS[0]}")
                .code,
            0);
  EXPECT_TRUE(fs::exists(file("unread.barker")));
  // The log of epochs is a result.
  EXPECT_EQ(shell("{ sleep .5; exec 2>&1; " + train + " --log-json - --out " +
                  file("unlogged.barker") + "; } | true; exit ${PIPESTATUS[0]}")
                .code,
            69);
}

TEST_F(LogFiles, AreNotReadWhereTheOutputCannotBeWritten) {
  for (const std::string command : {"convert --data", "prepare --events", "train --data"}) {
    // A log that does not exist would be missed first if it were opened.
    const Outcome r = shell("barker-train " + command + " /nowhere --out " + file("no/such/file"));
    EXPECT_EQ(r.code, 69) << command;
    EXPECT_THAT(r.out, HasSubstr("no/such/file: cannot be written")) << command;
  }
}

TEST_F(LogFiles, AreReadFromPipesAsFromFiles) {
  const std::string log = file("log.jsonl");
  ASSERT_EQ(shell("barker-train convert --data " + log + " --out " + file("expected")).code, 0);
  ASSERT_EQ(shell("gzip -k " + log + "; mkfifo " + file("fifo")).code, 0);
  for (const std::string& from :
       {"<(cat " + log + ")", "- <" + log, "/dev/stdin <" + log, "<(gzip -c " + log + ")",
        "- < <(cat " + log + ")",
        file("fifo") + " & cat " + log + " >" + file("fifo") + "; wait $!",
        "<(cat " + log + ".gz " + log + ".gz | head -c $(stat -c %s " + log + ".gz))"}) {
    const std::string found = file("found");
    const Outcome r = shell("barker-train convert --out " + found + " --data " + from);
    EXPECT_EQ(r.code, 0) << from << "\n" << r.out;
    EXPECT_EQ(bytes_of(found), bytes_of(file("expected"))) << from;
    fs::remove(found);
  }
  const Outcome prepared =
      shell("barker-train prepare --events <(cat " + log + ") --out " + file("data"));
  EXPECT_THAT(prepared.out, HasSubstr("300 events used, 0 lines reported"));
  EXPECT_THAT(shell("barker-train validate <(cat " + log + ")").out, HasSubstr("usable"));
  EXPECT_EQ(
      shell("barker-train evaluate --baseline popularity --draws 10 --data <(cat " + log + ")")
          .code,
      0);
}

TEST_F(LogFiles, OfOneLogAreMergedByTime) {
  const std::string log = file("log.jsonl"), one = file("one.jsonl"), two = file("two.jsonl");
  ASSERT_EQ(
      shell("sed -n '1~2p' " + log + " >" + one + "; sed -n '2~2p' " + log + " | gzip >" + two)
          .code,
      0);
  ASSERT_EQ(shell("tac " + log + " >" + file("backward")).code, 0);
  const std::string convert = "barker-train convert --out " + file("found");
  ASSERT_EQ(shell("barker-train convert --data " + log + " --out " + file("expected")).code, 0);
  EXPECT_EQ(shell(convert + " --data " + two + " --data <(cat " + one + ")").out, "");
  EXPECT_EQ(bytes_of(file("found")), bytes_of(file("expected")));
  const Outcome sorted =
      shell(convert + " --scratch " + directory_ + " --data " + file("backward"));
  EXPECT_THAT(sorted.out, HasSubstr("backward: line 11 is of 2024-10-27 08:22:20, after one of "
                                    "2024-10-27 08:32:20, so its lines are sorted by time"));
  EXPECT_EQ(bytes_of(file("found")), bytes_of(file("expected")));
  EXPECT_THAT(shell("barker-train validate " + one + " " + two).out, HasSubstr("480 SF imp"));
  const Outcome prepared =
      shell("barker-train prepare --events " + one + " --events " + two + " --out " + file("data"));
  EXPECT_THAT(prepared.out, HasSubstr("300 events used, 0 lines reported"));
  const std::string evaluate = "barker-train evaluate --baseline popularity --draws 10 --data ";
  EXPECT_EQ(shell(evaluate + one + " --data " + two).code, 0);
  const Outcome mixed = shell(evaluate + file("data") + " --data " + one);
  EXPECT_EQ(mixed.code, 64);
  EXPECT_THAT(mixed.out, HasSubstr("data: is a dataset, and only event logs can be merged"));
  EXPECT_EQ(
      shell("barker-train prepare --events " + one + " --events " + two + " --out " + two).code,
      64);
}

TEST_F(LogFiles, ThatAreGivenTwiceAreRefused) {
  const std::string log = file("log.jsonl");
  const Outcome twice = shell("barker-train prepare --events " + log + " --events " + log +
                              " --out " + file("twice.data"));
  EXPECT_EQ(twice.code, 64);
  EXPECT_THAT(twice.out, HasSubstr(log + ": is there twice"));
  EXPECT_FALSE(fs::exists(file("twice.data")));
}

TEST_F(LogFiles, AreSplitAsTheUserSays) {
  const std::string prepare =
      "barker-train prepare --events " + file("log.jsonl") + " --out " + file("data");
  EXPECT_THAT(
      shell(prepare + " --split-at 2024-10-27T07:00:00Z,2024-10-27T08:00:00Z").out,
      HasSubstr("validation from 2024-10-27 07:00:20, test from 2024-10-27 08:00:20; split by "
                "date: validation from 2024-10-27 07:00:00, test from 2024-10-27 08:00:00"));
  EXPECT_THAT(
      shell("barker-train evaluate --baseline popularity --draws 10 --data " + file("data")).out,
      HasSubstr("split by date: validation from 2024-10-27 07:00:00"));
  EXPECT_THAT(shell(prepare + " --split-by user-last").out, HasSubstr("split by user: the last"));
  EXPECT_THAT(shell(prepare + " --split-by time").out, HasSubstr("split by time: 80%"));
  for (const auto& [options, message] : std::vector<std::pair<std::string, std::string>>{
           {"--split-at 2026-01-01", "split at 2026-01-01: is outside of the period; expected"},
           {"--split-at soon", "expected a time such as 2024-10-27"},
           {"--split-at 1,2,3", "expected one or two times"},
           {"--split-by random", "--split-by: random not in"},
           {"--split-by time --split-at 2024-10-27", "excludes"}}) {
    const Outcome r = shell(prepare + " " + options);
    EXPECT_EQ(r.code, 64) << r.out;
    EXPECT_THAT(r.out, HasSubstr(message));
  }
}

TEST_F(LogFiles, WithoutAUsableLineAreErrors) {
  put("bad", "no event\n{}\n");
  put("empty", "");
  put("grouped", "#groups hist sfhist query target\nno grouped text\n");
  for (const std::string name : {"bad", "empty", "grouped"}) {
    for (const std::string command : {"prepare --events ", "train --data ", "convert --data ",
                                      "join --raw ", "validate --events "}) {
      const Outcome r = shell("barker-train " + command + file(name) +
                              (command.starts_with("validate") ? "" : " --out " + file("none")));
      EXPECT_EQ(r.code, 65) << command << name << "\n" << r.out;
      EXPECT_FALSE(fs::exists(file("none"))) << command << name;
    }
  }
}

TEST_F(LogFiles, WithTooManyUnusableLinesAreRefused) {
  put("tenth.jsonl", good_log(90) + std::string("x\nx\nx\nx\nx\nx\nx\nx\nx\nx\n"));
  const std::string prepare =
      "barker-train prepare --events " + file("tenth.jsonl") + " --out " + file("data");
  const Outcome refused = shell(prepare);
  EXPECT_EQ(refused.code, 65);
  EXPECT_THAT(refused.out, HasSubstr("10 of 100 lines cannot be used, at most 5.00% may"));
  EXPECT_THAT(refused.out, HasSubstr("the first is line 91: not JSON"));
  EXPECT_FALSE(fs::exists(file("data")));
  EXPECT_EQ(shell(prepare + " --max-bad-share 0.1").code, 0);
}

TEST_F(LogFiles, AreReadInTheirEncoding) {
  // "retro" is replaced by two Chinese characters, in GB18030 and in UTF-8.
  const auto with = [](const std::string& word) {
    std::string log = good_log(100);
    for (size_t at; (at = log.find("retro")) != std::string::npos;) log.replace(at, 5, word);
    return log;
  };
  put("gb.jsonl", with("\xB8\xB4\xB9\xC5"));
  put("utf8.jsonl", with("\u590d\u53e4"));
  const Outcome refused =
      shell("barker-train prepare --events " + file("gb.jsonl") + " --out " + file("data"));
  EXPECT_EQ(refused.code, 65);
  EXPECT_THAT(refused.out, HasSubstr("gb.jsonl:1: not UTF-8: found byte 0xB8 in column"));
  EXPECT_THAT(refused.out, HasSubstr("--encoding GB18030 reads"));
  const std::string convert = "barker-train convert --out " + file("of_gb") + " --data ";
  ASSERT_EQ(shell(convert + file("gb.jsonl") + " --encoding GB18030").code, 0);
  ASSERT_EQ(
      shell("barker-train convert --out " + file("of_utf8") + " --data " + file("utf8.jsonl")).code,
      0);
  EXPECT_EQ(bytes_of(file("of_gb")), bytes_of(file("of_utf8")));
  EXPECT_THAT(shell(convert + file("gb.jsonl") + " --encoding GB99999").out,
              HasSubstr("encoding \"GB99999\": is not known"));
}

TEST_F(LogFiles, OfGroupedTextAreReadInTheirEncoding) {
  const auto grouped = [&](const std::string& name, const std::string& word) {
    std::string text = "#groups hist query target\n";
    for (int i = 0; i < 20; ++i) {
      text += "1\tS\tu:s" + std::to_string(i) + ":" + std::to_string(kBegin + i) + "\t{" + word +
              "}{red}{" + word + "}\n";
    }
    put(name, text);
  };
  grouped("gb.txt", "\xB8\xB4\xB9\xC5");
  grouped("utf8.txt", "\u590d\u53e4");
  const std::string convert = "barker-train convert --out ";
  const Outcome plain = shell(convert + file("of_utf8") + " --data " + file("utf8.txt"));
  ASSERT_EQ(plain.code, 0) << plain.out;
  const Outcome refused = shell(convert + file("lost") + " --data " + file("gb.txt"));
  EXPECT_EQ(refused.code, 65) << refused.out;
  EXPECT_THAT(refused.out, HasSubstr("gb.txt:2: not UTF-8: found byte 0xB8"));
  EXPECT_FALSE(fs::exists(file("lost")));
  const Outcome read =
      shell(convert + file("of_gb") + " --encoding GB18030 --data " + file("gb.txt"));
  ASSERT_EQ(read.code, 0) << read.out;
  EXPECT_EQ(bytes_of(file("of_gb")), bytes_of(file("of_utf8")));
}

TEST_F(LogFiles, WithinGroupedTextTooManyUnusableLinesAreRefused) {
  put("grouped.txt", "#groups hist target\nx\nx\n");
  const std::string convert = "barker-train convert --data " + file("grouped.txt") + " --out ";
  const Outcome refused = shell(convert + file("out"));
  EXPECT_EQ(refused.code, 65) << refused.out;
  EXPECT_FALSE(fs::exists(file("out")));
}

TEST_F(LogFiles, ThatComeThroughPipesAreCalledByTheirNamesInMessages) {
  put("bad.jsonl", good_log(90) + "x\nx\nx\nx\nx\nx\nx\nx\nx\nx\n");
  const std::string out = " --out " + file("out"), cat = "cat " + file("bad.jsonl") + " | ";
  const std::vector<std::string> commands = {
      "validate --events -", "prepare --events -" + out, "convert --data -" + out,
      "evaluate --baseline popularity --data -", "train --data -" + out};
  for (const std::string& command : commands) {
    const Outcome r = shell(cat + "barker-train " + command);
    EXPECT_NE(r.code, 0) << command;
    EXPECT_TRUE(command.starts_with("validate") ||
                r.out.find("standard input") != std::string::npos)
        << command << "\n"
        << r.out;
    EXPECT_THAT(r.out, Not(HasSubstr("/proc/self"))) << command;
  }
}

TEST_F(LogFiles, AreJudgedInTheirEncodingAndWithTheirShareOfUnusableLines) {
  const std::string evaluate =
      "barker-train evaluate --baseline popularity --data " + file("bad.jsonl");
  put("bad.jsonl", good_log(300) + std::string(60, '\n') + "x\n");
  EXPECT_EQ(shell(evaluate + " --max-bad-share 0").code, 65);
  const Outcome judged = shell(evaluate + " --max-bad-share 0.01 --encoding GB18030");
  EXPECT_EQ(judged.code, 0) << judged.out;
  const std::string validate = "barker-train validate --events " + file("bad.jsonl");
  EXPECT_EQ(shell(validate + " --max-bad-share 0").code, 65);
  EXPECT_EQ(shell(validate + " --max-bad-share 0.01").code, 0);
}

TEST_F(LogFiles, MayLieWhereNothingElseCan) {
  const Outcome r =
      shell("mkdir " + file("scratch") + "; barker-train prepare --scratch " + file("scratch") +
            " --events " + file("log.jsonl") + " --out " + file("data"));
  EXPECT_EQ(r.code, 0) << r.out;
  EXPECT_TRUE(fs::is_empty(file("scratch"))) << "temporary files are removed";
  EXPECT_EQ(shell("barker-train prepare --scratch /nowhere --events x --out y").code, 64);
}

// A stray time would move the borders of all splits.
TEST_F(LogFiles, KeepOutTimesThatAreNotOfTheirPeriodAndSayWhichSplitBeginsWhen) {
  std::string text;
  for (int i = 0; i < 400; ++i) {
    text += R"({"time": )" + std::to_string(1'730'000'000 + i * 60) +
            R"(, "user": "u", "sfs": [{"text": "red", "clicked": true}]})" + "\n";
  }
  const std::string log = file("times.jsonl");
  std::ofstream(log) << text << R"({"time": 0, "user": "v", "sfs": []})"
                     << "\n"
                     << R"({"time": 1730000000000, "user": "w", "sfs": []})"
                     << "\n";
  const Outcome prepared =
      shell("barker-train prepare --events " + log + " --out " + file("times.data"));
  EXPECT_EQ(prepared.code, 0) << prepared.out;
  EXPECT_THAT(prepared.out, HasSubstr("401: time: 0 is far from the period of the log"));
  EXPECT_THAT(prepared.out, HasSubstr("402: time: 1730000000000 is in milliseconds"));
  EXPECT_THAT(prepared.out, HasSubstr("400 events used"));
  EXPECT_THAT(prepared.out, HasSubstr("period 2024-10-27 03:33:20 to 2024-10-27 10:12:20; "
                                      "validation from 2024-10-27 08:53:20, test from "));
}

}  // namespace
}  // namespace barker
