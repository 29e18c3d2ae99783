// Whether a user whom this process does not trust can replace the file that a path leads to.
//
// Root and the user that the process runs as are trusted. A path is closed if no other user can
// change what it leads to, at any of its directories and symbolic links:
//   - each directory on the way belongs to a trusted user;
//   - only its owner may write to it, or it is sticky (/tmp) and the entry on the way belongs to a
//     trusted user, so that nobody else can rename or remove that entry.
// The way is followed from the root as the kernel follows it: the directory that holds a link, and
// those that the link leads through, both count.
//
// There is no race between checking a closed path and opening it, because only trusted users can
// replace what was checked. Functions here may be called from any thread.
#pragma once

#include <string>

#include "models/base/result.h"

namespace barker {

// kBadData: a directory is open to others; the error names it. kNotFound, kIoError: the path
// leads nowhere.
Status check_path_is_closed(const std::string& path);

// The same, and no other user can write to the file itself. This is for small files whose words are
// taken as they are, such as the CURRENT of a weights directory. A missing file is no error.
Status check_file_is_closed(const std::string& path);

// The weight file that `path` names, as resolve_weights_path (weight_path.h) finds it. A pointer
// (CURRENT or the label's) that other users can write to is refused, because whoever writes it
// chooses among the versions, and an old version may be a bad one. The weight file itself is not
// checked.
Result<std::string> resolve_closed_weights_path(const std::string& path,
                                                const std::string& label = "");

}  // namespace barker
