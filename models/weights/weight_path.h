// Which weight file a path leads to: the file itself, or the version that a pointer of a weights
// directory (directory.h) names. Every reader resolves its path here. Pure functions: any thread.
#pragma once

#include <string>

#include "models/base/result.h"

namespace barker {

// The version that a pointer file of a weights directory (CURRENT, PREVIOUS, label.NAME) names: the
// name of a file beside it, or an empty one if there is no such pointer. Every other failure is an
// error, because a pruner that took it for "none" would remove the version that serves.
Result<std::string> read_weights_pointer(const std::string& pointer);

// The pointer file of a weights directory: CURRENT or, with a label, label.LABEL.
std::string weights_pointer_path(const std::string& directory, const std::string& label = "");

// The weight file that `path` names: itself, or, for a directory, the one that its CURRENT or, with
// a label, its label.LABEL names.
Result<std::string> resolve_weights_path(const std::string& path, const std::string& label = "");

}  // namespace barker
