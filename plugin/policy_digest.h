// A hash of what a policy says, the same in every process and locale. The host logs it of each arm
// of an experiment, so that the log shows when an arm was changed (models/data/RAW_LOG.md). Pure;
// any thread.
#pragma once

#include <cstdint>

#include "plugin/policy.h"

namespace barker {

// The digest has all keys of the policy, also those without effect beside the others, and seven
// digits of each number. It is never 0.
uint64_t digest_of(const Policy& policy);

}  // namespace barker
