// The exit codes of the commands, which are those of sysexits.h.
#pragma once

#include "models/base/result.h"

namespace barker {

enum ExitCode : int {
  kExitOk = 0,
  kExitGateFailed = 1,
  kExitCannotJudge = 2,  // the gate had too little to judge by
  kExitUsage = 64,
  kExitBadData = 65,
  kExitNoInput = 66,
  kExitUnavailable = 69,
  kExitBadConfiguration = 78,
};

inline int exit_code(const Status& status) {
  switch (status.code()) {
    case Code::kOk:
      return kExitOk;
    case Code::kInvalidArgument:
      return kExitUsage;
    case Code::kBadConfiguration:
      return kExitBadConfiguration;
    case Code::kNotFound:
      return kExitNoInput;
    case Code::kBadData:
    case Code::kUnsupported:
      return kExitBadData;
    case Code::kFailedPrecondition:
    case Code::kIoError:
      return kExitUnavailable;
  }
  return kExitUnavailable;
}

}  // namespace barker
