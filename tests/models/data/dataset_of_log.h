// A dataset made of the text of an event log.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "models/data/dataset.h"
#include "tests/models/base/temporary_path.h"

namespace barker {

// Null, with a failure of the test, where there is none. Lines that are no events are in `bad`.
inline std::shared_ptr<const Dataset> dataset_of_log(const std::string& log, BadLines& bad,
                                                     const DatasetOptions& options = {}) {
  const std::string path = temporary_path("log.jsonl");
  std::ofstream(path) << log;
  const auto data = open_dataset_or_log(path, path, options, bad);
  std::filesystem::remove(path);
  EXPECT_TRUE(data.ok()) << data.status().message();
  return data.ok() ? *data : nullptr;
}

}  // namespace barker
