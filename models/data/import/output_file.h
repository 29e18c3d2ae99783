// What the importers share: writing a catalogue line and output files that are complete or not
// there.
#pragma once

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "models/base/result.h"

namespace barker {

// DIR/name, opened for writing; close() says whether all of it reached the file.
class OutputFile {
 public:
  OutputFile(const std::string& directory, const std::string& name)
      : path_(directory + "/" + name) {
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    stream_.open(path_, std::ios::binary);
  }
  std::ostream& stream() { return stream_; }
  void line(const nlohmann::ordered_json& json) {
    stream_ << json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
  }
  Status close() {
    stream_.close();
    return stream_ ? Status() : io_error(path_ + ": cannot be written: " + std::strerror(errno));
  }

 private:
  std::string path_;
  std::ofstream stream_;
};

}  // namespace barker
