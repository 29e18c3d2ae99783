// The extension barker.verify/1: every check of a load, told one by one, the golden vectors on each
// ISA.
#pragma once

#include "models/result.h"
#include "plugin/barker.h"

namespace barker {

Status verify(const std::string& path, const std::string& isa, barker_check_callback callback,
              void* context);

}  // namespace barker
