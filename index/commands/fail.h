// How the commands end when they cannot do what they were asked to.
#pragma once

#include "models/base/result.h"

namespace barker {

// "barker COMMAND: message" on stderr, without what a terminal would obey: messages quote files and
// paths that others wrote. Returns the exit code.
int fail(const char* command, const Status& status);

}  // namespace barker
