// A directory for the configuration of a test, and what is found wrong in it.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "index/config/load_config.h"

namespace barker {

class Config : public ::testing::Test {
 protected:
  Config() : directory_(std::filesystem::path(::testing::TempDir()) / ("barker_config_" + name())) {
    std::filesystem::create_directories(directory_);
  }
  ~Config() override { std::filesystem::remove_all(directory_); }

  std::string write(const std::string& text, const std::string& name = "barker.toml") {
    std::ofstream(directory_ / name) << text;
    return (directory_ / name).string();
  }

  // "2: TEXT" for each problem of the file.
  std::vector<std::string> problems(const std::string& text) {
    const std::string file = write(text);
    const Result<LoadedConfig> loaded = read_config(file, {}, {});
    std::vector<std::string> found;
    for (const ConfigProblem& problem : loaded->problems) {
      EXPECT_TRUE(problem.where.starts_with(file + ":")) << problem.where;
      found.push_back(problem.where.substr(file.size() + 1) + ": " + problem.text);
    }
    return found;
  }

  static std::string name() {
    return ::testing::UnitTest::GetInstance()->current_test_info()->name();
  }

  const std::filesystem::path directory_;
};

}  // namespace barker
