// The message to a service manager that a service is ready, as sd_notify(3) describes it. With
// `Type=notify`, systemd takes a service for started when it comes, and lets a reload wait for it.
#pragma once

#include "models/base/result.h"

namespace barker {

// Does nothing where the variable NOTIFY_SOCKET is missing: no manager waits for the message. The
// error names the socket that did not take it.
Status notify_ready();

}  // namespace barker
