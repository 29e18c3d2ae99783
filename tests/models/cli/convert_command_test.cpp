#include <gmock/gmock.h>

#include <fstream>
#include <string>

#include "tests/models/cli/train_command.h"

namespace barker {
namespace {

TEST_F(TrainCommand, ConvertsToThePapersNotationAndBack) {
  ASSERT_EQ(run("convert --data " + data() + " --out " + file("grouped.txt")).code, 0);
  ASSERT_EQ(run("convert --data " + file("grouped.txt") + " --out " + file("back.jsonl")).code, 0);
  ASSERT_EQ(run("convert --data " + file("back.jsonl") + " --out " + file("again.txt")).code, 0);
  // Search numbers may differ where a search lost its unknown SFs; everything else may not.
  const auto lines = [](const std::string& path) {
    std::ifstream in(path);
    std::string line;
    size_t count = 0;
    while (std::getline(in, line)) ++count;
    return count;
  };
  EXPECT_GT(lines(file("grouped.txt")), 1000u);
  EXPECT_EQ(lines(file("grouped.txt")), lines(file("again.txt")));
}

TEST_F(TrainCommand, LeavesAnOldFileWhereTheNewOneCannotBeWhole) {
  std::ofstream(file("kept")) << "kept";
  std::ofstream(file("no.txt")) << "#groups: 1\nno grouped text\n";
  EXPECT_NE(run("convert --data " + file("no.txt") + " --out " + file("kept")).code, 0);
  const std::string full = "( ulimit -f 1; trap '' XFSZ; exec " BARKER_TRAIN
                           " generate click-world --user-count 600 --events-out " +
                           file("kept") + " 2>&1 )";
  EXPECT_NE(WEXITSTATUS(std::system(full.c_str())), 0);
  EXPECT_EQ(bytes_of(file("kept")), "kept");
}

}  // namespace
}  // namespace barker
