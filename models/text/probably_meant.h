// Suggestions for misspelt names of fields, keys and options. Pure function: any thread.
#pragma once

#include <string_view>
#include <vector>

namespace barker {

// The known name that was probably meant by `name`, and an empty view where it resembles none. A
// name resembles one that differs in case and separators only, or by a letter or two that are
// missing, added, changed or swapped.
std::string_view probably_meant(std::string_view name, const std::vector<std::string_view>& known);

}  // namespace barker
