// The change log of an index: a file beside the index's own in which each change of the catalogue
// is a line, "CHECKSUM JSON". What append() has returned for is on the disk. A process that is
// killed in the middle of a line leaves a torn one, and a power cut may leave lines at the end of
// which parts are missing. Nobody reads those, and the next append() cuts them off.
//
// Several processes may append: each locks the file (flock). A whole new index takes the
// directory's place together with its log, so that each append looks whether the file is still the
// one in place.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "index/catalogue/ad_json.h"
#include "models/base/result.h"

namespace barker {

class ChangeLog {
 public:
  // Opens the log of an index; its first line is the next to be read. The error names the file.
  static Result<ChangeLog> open(const std::string& directory);
  ~ChangeLog();
  ChangeLog(ChangeLog&& other) noexcept;
  ChangeLog& operator=(ChangeLog&& other) noexcept;

  // Adds the changes that whole lines have since the last call, once nobody is writing. A line
  // whose checksum is wrong is an error, and is not passed, where a good line follows it. At the
  // end of the file it is what a crash left.
  Status read(std::vector<CatalogueChange>& changes);
  // The same for a caller that holds the lock of the index (index_writer.h, BeforeInPlace).
  Status read_locked(std::vector<CatalogueChange>& changes);

  // Writes the changes behind all others, syncs, and passes them. `others` gets what other
  // processes wrote before. Fails with nothing written where another index has taken the
  // directory's place.
  Status append(std::span<const CatalogueChange> own, std::vector<CatalogueChange>& others);

  // What a crash left at the end, and the last call of read() did not pass, as a sentence; empty:
  // nothing.
  const std::string& dropped() const { return dropped_; }

  // Whether the file is the one in the directory still.
  bool is_in_place() const;

 private:
  ChangeLog(std::string path, int descriptor, bool can_write)
      : path_(std::move(path)), descriptor_(descriptor), can_write_(can_write) {}
  Status append_locked(std::span<const CatalogueChange> own, std::vector<CatalogueChange>& others);
  Status lock(int kind) const;
  Status cut_end();
  Status failed(const char* what) const;

  std::string path_;
  int descriptor_ = -1;
  bool can_write_ = false;
  uint64_t offset_ = 0;  // of the first line that is not read
  uint64_t lines_ = 0;   // read
  std::string dropped_;
};

}  // namespace barker
