// What barker-train does with the files that it is given: none is lost, none is half read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "tests/models/base/temporary_path.h"

namespace barker {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

struct Outcome {
  int code;
  std::string out;  // with stderr
};

// Runs a line of bash, in which `barker-train` is the program under test.
Outcome shell(const std::string& line) {
  const std::string script = "exec 2>&1; barker-train() { " BARKER_TRAIN " \"$@\"; }; " + line;
  std::string quoted;
  for (const char c : script) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  FILE* pipe = popen(("bash -c '" + quoted + "'").c_str(), "r");
  Outcome result{0, ""};
  char buffer[4096];
  for (size_t got; (got = fread(buffer, 1, sizeof buffer, pipe)) > 0;)
    result.out.append(buffer, got);
  result.code = WEXITSTATUS(pclose(pipe));
  return result;
}

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
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

TEST_F(LogFiles, AreNotReadWhereTheOutputCannotBeWritten) {
  for (const std::string command : {"convert --data", "prepare --events", "train --data"}) {
    // A log that does not exist would be missed first if it were opened.
    const Outcome r = shell("barker-train " + command + " /nowhere --out " + file("no/such/file"));
    EXPECT_EQ(r.code, 69) << command;
    EXPECT_THAT(r.out, HasSubstr("no/such/file: cannot be written")) << command;
  }
}

}  // namespace
}  // namespace barker
