// The extension barker.model/1: what a generation's model expects of a request, and what it is.
#pragma once

#include "plugin/barker.h"
#include "plugin/generation.h"

namespace barker {

// Fills `out` but for struct_size, and calls `callback`, which may be null, once a group.
void describe_model(const Generation& generation, barker_model& out,
                    barker_model_group_callback callback, void* context);

}  // namespace barker
