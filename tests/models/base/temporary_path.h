// Where tests put their files.
#pragma once

#include <string>

namespace barker {

// A path in the temporary directory of the machine that no other call of this process returned.
std::string temporary_path(const std::string& name);

}  // namespace barker
