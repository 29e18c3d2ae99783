// Which files an index directory has, those of older versions and of a killed build included. The
// directory is replaced as a whole by a new index, so that whatever else stands in it would be
// lost: a build refuses it before the work begins. Any thread.
#pragma once

#include <string>

#include "models/base/result.h"

namespace barker {

// An error that names the first file or directory in `directory` that is no part of an index, or
// what cannot be read.
Status check_only_index_files(const std::string& directory);

// Removes the files of an index one by one, and then the directory. The error names what is left
// and where: other files are never removed.
Status remove_index(const std::string& directory);

}  // namespace barker
