#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "models/base/exit_code.h"
#include "tests/index/commands/run_command.h"
#include "tests/models/base/temporary_path.h"

namespace barker {
namespace {

using ::testing::HasSubstr;

// Stands for barker-train: it copies weights that exist, and its gate lets them pass.
std::string copying_trainer() {
  std::string path = temporary_path("trainer.sh");
  std::ofstream(path) << "#!/bin/sh\n[ $1 = gate ] && exit 0\n"
                         "while [ $# -gt 0 ]; do [ $1 = --out ] && out=$2; shift; done\n"
                         "cp " BARKER_SOURCE_DIR "/models/simulate/demo.barker $out\n";
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  return path;
}

std::string loop_in(const std::string& directory, const std::string& more) {
  return "loop --out " + directory +
         " --days 1 --user-count 40 --ad-count 60 --past-events 100 --quiet " + more;
}

TEST(LoopCommand, WritesTheReportAndFindsAFinishedLoopDone) {
  const std::string directory = temporary_path("loop with space");
  const std::string line = loop_in("'" + directory + "'", "--json --trainer " + copying_trainer());
  const Outcome first = run(line);
  ASSERT_EQ(first.code, kExitOk);
  const auto json = nlohmann::json::parse(first.out);
  EXPECT_EQ(json["stage"], "done");
  EXPECT_EQ(json["days"].size(), 1u);
  EXPECT_TRUE(std::filesystem::exists(directory + "/loop.csv"));
  EXPECT_TRUE(std::filesystem::exists(directory + "/loop.html"));
  EXPECT_EQ(run(line).out, first.out);
}

TEST(LoopCommand, SaysWhatIsWrongWithItsOptions) {
  const std::string directory = temporary_path("loop");
  const Outcome missing = run(loop_in(directory, "--trainer /nowhere/barker-train 2>&1"));
  EXPECT_EQ(missing.code, kExitNoInput);
  EXPECT_THAT(missing.out, HasSubstr("/nowhere/barker-train: is no program"));
  EXPECT_FALSE(std::filesystem::exists(directory));
  EXPECT_EQ(run(loop_in(directory, "--ramp 0.1,2 2>&1")).code, kExitUsage);
  EXPECT_EQ(run(loop_in(directory, "--days 0 2>&1")).code, kExitUsage);
  EXPECT_EQ(run("loop 2>&1").code, kExitUsage);
}

}  // namespace
}  // namespace barker
