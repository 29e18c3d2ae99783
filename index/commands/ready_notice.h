// The message to a service manager that a service is ready, as sd_notify(3) describes it. With
// `Type=notify`, systemd takes a service for started when it comes. A reload that is asked for
// before is merged into the start: systemd does not carry it out.
#pragma once

#include "models/base/result.h"

namespace barker {

// Whether a manager was told. False where the variable NOTIFY_SOCKET is missing: none waits for the
// message. The error names the socket that did not take it.
Result<bool> notify_ready();

}  // namespace barker
