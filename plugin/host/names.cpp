#include "plugin/host/names.h"

namespace barker {

const char* status_name(int32_t status) {
  switch (status) {
    case BARKER_STATUS_RESCORED:
      return "rescored";
    case BARKER_STATUS_PARTIAL:
      return "partial";
    default:
      return "bypassed";
  }
}

const char* reason_name(int32_t reason) {
  switch (reason) {
    case BARKER_REASON_NONE:
      return "";
    case BARKER_REASON_DEADLINE:
      return "deadline";
    case BARKER_REASON_NO_WEIGHTS:
      return "no weights";
    case BARKER_REASON_DISABLED:
      return "disabled";
    case BARKER_REASON_NON_FINITE:
      return "non-finite score";
    case BARKER_REASON_NO_CLICK_RATES:
      return "no click rates";
    case BARKER_REASON_NO_ADS:
      return "no ads";
    default:
      return "internal";
  }
}

}  // namespace barker
