#include "index/commands/fail.h"

#include <iostream>

#include "models/base/exit_code.h"
#include "models/text/text.h"

namespace barker {

int fail(const char* command, const Status& status) {
  std::cerr << "barker " << command << ": " << visible(status.message()) << "\n";
  return exit_code(status);
}

}  // namespace barker
