// The source of an open index (index_writer.h): its ads as they were given, by number.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "index/catalogue/catalogue.h"
#include "models/base/result.h"

namespace barker {

// Reads the file that was there at open(), also after another index has taken its place. For one
// thread at a time.
class SourceFile {
 public:
  static Result<SourceFile> open(const std::string& directory);
  ~SourceFile();
  SourceFile(SourceFile&& other) noexcept;
  SourceFile& operator=(SourceFile&& other) noexcept;

  // The first call reads the whole file once, to find its lines.
  Result<CatalogueAd> ad(uint32_t number);

 private:
  SourceFile(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  Status find_lines();
  Status read(uint64_t from, char* to, size_t size) const;

  std::string path_;
  int descriptor_ = -1;
  std::vector<uint64_t> lines_;  // where each begins, and the end of the last
};

}  // namespace barker
