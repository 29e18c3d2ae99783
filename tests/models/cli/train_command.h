// barker-train as people and scripts meet it, and a small world to run it on.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/models/base/temporary_path.h"
#include "tests/models/command/run_line.h"

namespace barker {

// With standard error in `out`.
inline Outcome run(const std::string& arguments) {
  return run_line(std::string(BARKER_TRAIN) + " " + arguments + " 2>&1");
}

class TrainCommand : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    directory_ = temporary_path("cli");
    std::filesystem::create_directories(directory_);
    ASSERT_EQ(run("generate click-world --user-count 600 --events-out " + log() + " --data-out " +
                  data() +
                  " --category-count 4 --feature-word-count 80 --title-word-count 120 "
                  "--item-count 300 --query-count 60 "
                  "--bar-share 0.5")
                  .code,
              0);
  }
  static void TearDownTestSuite() { std::filesystem::remove_all(directory_); }

  static std::string file(const std::string& name) { return directory_ + "/" + name; }
  static std::string log() { return file("log.jsonl"); }
  static std::string data() { return file("log.data"); }
  // Options of a run that takes a few seconds and always writes the same bytes.
  static std::string quick(const std::string& model, const std::string& out) {
    return "train --data " + data() + " --out " + file(out) +
           " --created 1 --quiet --draws 20 --set model.dim=8 --set model.hidden=[16,8] "
           "--set train.max_epochs=3 --set train.batch_searches=32 --set model.name=" +
           model;
  }

  static inline std::string directory_;
};

}  // namespace barker
