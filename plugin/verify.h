// The extension barker.verify/1: every check of a load, told one by one, the golden vectors on each
// ISA.
#pragma once

#include <span>

#include "models/base/result.h"
#include "models/weights/signature.h"
#include "plugin/barker.h"

namespace barker {

// trusted_keys: where there are any, the file must be signed by one of them.
Status verify(const std::string& path, const std::string& isa,
              std::span<const PublicKey> trusted_keys, barker_check_callback callback,
              void* context);

}  // namespace barker
