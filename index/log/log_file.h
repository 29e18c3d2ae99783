// The file that the event log writes at the moment. Its name ends in ".open" until it is closed, so
// that whoever reads the directory knows which files are complete.
//
// One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "models/base/result.h"

namespace barker {

// The end of an open file's name.
inline constexpr std::string_view kOpenSuffix = ".open";

class LogFile {
 public:
  // Makes the file PATH.open, which must not exist. With `sync`, its name survives a power cut when
  // this returns, and so does each batch when append() returns.
  static Result<LogFile> create(const std::string& path, bool sync);
  ~LogFile();  // without close(), the file stays open by its name, as after a kill
  LogFile(LogFile&& other) noexcept;
  LogFile& operator=(LogFile&& other) noexcept;

  // Appends lines. Where it fails, the file is cut back to what it held before. If even that fails,
  // or the batch could not be synced, is_damaged() is true: the caller closes the file and goes on
  // with another one. After a failed sync, nobody knows what of the file reached the disk.
  Status append(std::string_view batch);
  uint64_t size() const { return size_; }
  bool is_damaged() const { return damaged_; }

  // Takes ".open" from the name. No other function may be called afterwards.
  Status close();

 private:
  LogFile() = default;

  std::string path_;  // without ".open"
  int descriptor_ = -1;
  uint64_t size_ = 0;  // bytes of whole batches
  bool sync_ = true, damaged_ = false;
};

// Closes a file that a killed process left: cuts off what follows the last line end, syncs, and
// takes ".open" from the name. A file without a whole line is removed. `path` has no ".open".
Status close_abandoned(const std::string& path);

}  // namespace barker
