// The words by which hosts show how a query was answered, the same in every engine. [any thread]
#pragma once

#include <cstdint>

#include "plugin/barker.h"

namespace barker {

// The word of a BARKER_STATUS_*: "rescored", "partial" or "bypassed". A status of a later minor
// version is shown as "bypassed": the host cannot know more than that the page is complete.
const char* status_name(int32_t status);

// The word of a BARKER_REASON_*: "", "deadline", "no weights", "disabled", "non-finite score", "no
// ads", "no click rates" or "internal". A reason of a later minor version is shown as "internal".
const char* reason_name(int32_t reason);

}  // namespace barker
