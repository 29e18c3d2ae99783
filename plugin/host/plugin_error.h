// Turns the error code and text of a plugin into a Status. A command derives its exit code from the
// code of that Status. [any thread]
#pragma once

#include <string>

#include "models/base/result.h"
#include "plugin/barker.h"

namespace barker {

inline Status plugin_error(int32_t code, const std::string& error) {
  switch (code) {
    case BARKER_E_NOT_FOUND:
      return not_found(error);
    case BARKER_E_CONFIG:
      return {Code::kBadConfiguration, error};
    case BARKER_E_INVALID_ARGUMENT:
      return invalid_argument(error);
    case BARKER_E_VERSION:
      return {Code::kUnsupported, error};
    case BARKER_E_NO_WEIGHTS:
    case BARKER_E_REENTRANT:
    case BARKER_E_UNSUPPORTED:  // this machine or build lacks it; others may have it
      return {Code::kFailedPrecondition, error};
    case BARKER_E_IO:
      return io_error(error);
    default:
      return bad_data(error);
  }
}

}  // namespace barker
