// Which weight file a path leads to: the file itself, or the version that a pointer of a weights
// directory (directory.h) names. Every reader resolves its path here. Pure functions: any thread.
#pragma once

#include <string>

#include "models/base/result.h"

namespace barker {

// The version that a pointer file of a weights directory names (CURRENT, PREVIOUS, label.NAME): the
// name of a file beside it; empty where there is no such pointer. Any other failure is an error:
// who took it for "none" would remove what serves.
Result<std::string> read_weights_pointer(const std::string& pointer);

// The weight file that `path` names: itself, or, for a directory, the one that its CURRENT or, with
// a label, its label.LABEL names.
Result<std::string> resolve_weights_path(const std::string& path, const std::string& label = "");

}  // namespace barker
