// Checks the files that a command will write before it does its work, so that no input is lost and
// no hour of work ends at a file that cannot be written. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/base/result.h"

namespace barker {

// A file of the command line, with the option that names it, such as "--data".
struct InputPath {
  std::string option, path;
};

struct OutputPath {
  enum class Kind : uint8_t {
    kFile,          // takes its place by a rename, so that pipes and devices are refused
    kFileOrStream,  // written by an OutputFile
  };
  std::string option, path;
  Kind kind = Kind::kFile;
};

// Whether two paths are one file: the device and the number of the file are compared, so that
// symbolic links, hard links and redirected standard streams ("-") do not hide it. False where one
// of them does not exist.
bool is_same_file(const std::string& input, const std::string& output);

// An error if an output is one of the inputs or another output, or if it cannot be written. The
// outputs stay as they are. Empty paths are skipped, for options that were not given.
Status check_outputs(const std::vector<InputPath>& inputs, const std::vector<OutputPath>& outputs);

// An error if a file of the directory `out` is a file of the directory `from`, or both directories
// are one: what is written into the one would replace what is read from the other.
Status check_output_directory(const std::string& from, const std::string& out);

}  // namespace barker
