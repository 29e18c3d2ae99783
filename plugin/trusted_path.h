// Checks that nobody whom this process does not trust can put another file in the place of one.
//
// Root and the user that the process runs as are trusted. A path is closed if no other user can
// change what it leads to, at any of its directories and symbolic links:
//   - each directory on the way belongs to a trusted user;
//   - only its owner may write to it, or it is sticky (/tmp) and the entry on the way belongs to a
//     trusted user, so that nobody else can rename or remove that entry.
// The way is followed from the root as the kernel follows it: the directory that holds a link, and
// those that the link leads through, both count.
//
// Where a path is closed, there is no race with opening it afterwards: what was looked at can be
// replaced by trusted users only. Functions here may be called from any thread.
#pragma once

#include <string>

#include "models/base/result.h"

namespace barker {

// kBadData: some directory is open to others; the error names it. kNotFound, kIoError: the path
// leads nowhere.
Status check_path_is_closed(const std::string& path);

// The same, and nobody else can change what is in the file. For small files whose words are taken
// as they are, such as the CURRENT of a weights directory. A file that is not there is fine.
Status check_file_is_closed(const std::string& path);

}  // namespace barker
