// A directory for an event log, and what the files in it hold.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "models/base/lines.h"
#include "tests/models/base/temporary_path.h"

namespace barker {

class LogFixture : public ::testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove_all(directory_); }

  // The names of the files but LOCK, sorted.
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      if (entry.path().filename() != "LOCK") found.push_back(entry.path().filename());
    }
    std::sort(found.begin(), found.end());
    return found;
  }
  // The lines of all files in the order of their names. A line without an end is an error.
  std::vector<std::string> lines() const {
    std::vector<std::string> all;
    for (const std::string& name : names()) {
      Result<LineReader> reader = LineReader::open(directory_ + "/" + name);
      EXPECT_TRUE(reader.ok()) << reader.status().message();
      if (!reader.ok()) continue;
      std::string_view line;
      while (reader->next(line)) all.emplace_back(line);
      EXPECT_TRUE(reader->status().ok()) << reader->status().message();
      EXPECT_FALSE(reader->ended_without_newline()) << name;
    }
    return all;
  }
  void put(const std::string& name, const std::string& bytes) const {
    std::filesystem::create_directories(directory_);
    std::ofstream(directory_ + "/" + name, std::ios::binary) << bytes;
  }
  std::string bytes_of(const std::string& name) const {
    std::ifstream in(directory_ + "/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  const std::string directory_ = temporary_path("event_log");
};

}  // namespace barker
