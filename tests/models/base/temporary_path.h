// Where tests put their files.
#pragma once

#include <string>

namespace barker {

// A path that no other call and no other process got. It lies in a directory of this process, which
// is removed when the process ends by itself. Any thread may call.
std::string temporary_path(const std::string& name);

}  // namespace barker
