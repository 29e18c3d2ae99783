#include "index/fail.h"

#include <iostream>

#include "models/exit_code.h"
#include "models/text.h"

namespace barker {

int fail(const char* command, const Status& status) {
  std::cerr << "barker " << command << ": " << visible(status.message()) << "\n";
  return exit_code(status);
}

}  // namespace barker
