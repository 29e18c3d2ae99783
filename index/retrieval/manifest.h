// The manifest of an index directory: size and checksum of each of its files, so that a damaged or
// foreign file is refused by its name. Lucene++ 3.0.8 has no checksums, and reads out of bounds
// where its files are damaged.
#pragma once

#include <string>

#include "models/base/result.h"

namespace barker {

// Writes `manifest` into the directory, for all regular files below it.
Status write_manifest(const std::string& directory);

// Reads every file that the manifest names. The error names what is missing or differs.
Status check_manifest(const std::string& directory);

}  // namespace barker
