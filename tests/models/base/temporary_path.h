// Where tests put their files, and what is in them.
#pragma once

#include <string>

namespace barker {

// A path that no other call and no other process got. It lies in a directory of this process, which
// is removed when the process ends by itself. Any thread may call.
std::string temporary_path(const std::string& name);

// The bytes of a file; none where it cannot be read.
std::string bytes_of(const std::string& path);

}  // namespace barker
