// The file that a command writes from front to back, such as an event log or a report.
//
// It appears under its name when close() succeeds and not before. A command that fails or is killed
// therefore leaves the old file as it was. A path that a program cannot replace is written to
// directly (is_stream() in atomic_file.h): "-" and /dev/stdout are standard output, and pipes and
// devices such as /dev/null are written to as well. A symbolic link stays, and the file that it
// names is replaced. Commands call check_outputs() of output_paths.h first, which refuses to
// replace an input.
//
// One thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "models/base/atomic_file.h"
#include "models/base/result.h"

namespace barker {

class OutputFile {
 public:
  explicit OutputFile(const std::string& path);
  // The file DIRECTORY/NAME. The directory is made if it is missing.
  static OutputFile in(const std::string& directory, const std::string& name);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(std::string_view text);  // an error is kept for close()
  // The first error so far. Callers that write much stop at it.
  const Status& status() const { return status_; }
  Status close();  // the first error of all calls, if there was one

 private:
  void flush();

  std::string path_;
  std::optional<AtomicFile> file_;
  int stream_ = -1;  // the descriptor, instead of `file_`, where the path is written to directly
  std::string buffer_;
  Status status_;
};

}  // namespace barker
