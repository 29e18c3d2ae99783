// Gzip and zstd: what they are called, and files that are compressed as a whole.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "models/base/result.h"

namespace barker {

enum class Compression : uint8_t { kNone, kGzip, kZstd };

// The end of a compressed file's name: "", ".gz", ".zst".
std::string_view extension_of(Compression compression);

// Writes a compressed copy of the file FROM, which appears under the name TO whole or not at all
// and is synced. FROM stays. The copy is read by InputFile, zcat and zstdcat. An error names the
// file. One thread a call; takes some hundred KiB of memory, whatever the file's size.
Status compress_file(const std::string& from, const std::string& to, Compression compression);

}  // namespace barker
