// The extension barker.verify/1: it runs every check of a load and tells each one's result, the
// golden vectors once for each ISA.
#pragma once

#include <span>

#include "models/base/result.h"
#include "models/weights/signature.h"
#include "plugin/barker.h"

namespace barker {

// path: a weight file, or a weights directory with CURRENT. isa: one by its name; empty: each that
// this machine has. trusted_keys: if there are any, the file must be signed by one of them.
// callback may be null. The first failed check is the error; the golden vectors of every ISA are
// run in any case.
Status verify(const std::string& path, const std::string& isa,
              std::span<const PublicKey> trusted_keys, barker_check_callback callback,
              void* context);

}  // namespace barker
