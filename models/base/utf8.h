// What bytes are, before they are taken for text. Pure functions: any thread.
#pragma once

#include <string_view>

namespace barker {

bool is_ascii(std::string_view bytes);
bool is_valid_utf8(std::string_view bytes);

}  // namespace barker
