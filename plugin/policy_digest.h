// A number by which two policies are the same or not, in whatever process and locale they were
// read. What an arm of an experiment does is told to the host by it, so that whoever analyses a log
// sees when an arm was changed (models/data/RAW_LOG.md). Pure; any thread.
#pragma once

#include <cstdint>

#include "plugin/policy.h"

namespace barker {

// Of all that a policy says, whether or not it takes effect beside the rest, with seven digits of
// each number. Never 0.
uint64_t digest_of(const Policy& policy);

}  // namespace barker
