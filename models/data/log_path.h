// Which paths an event log may have.
#pragma once

#include <string>

#include "models/base/result.h"

namespace barker {

// An error for standard input and pipes, because event logs are read twice. A path that does not
// exist is reported when it is opened.
Status check_log_path(const std::string& path);

}  // namespace barker
