// The help of our programs: options by group, operands first, with defaults and bounds, wrapped.
#pragma once

#include <memory>

namespace CLI {
class FormatterBase;
}

namespace barker {

std::shared_ptr<CLI::FormatterBase> make_help_formatter();

}  // namespace barker
