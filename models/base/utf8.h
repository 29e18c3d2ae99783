// What bytes are, before they are taken for text. Pure functions: any thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace barker {

bool is_ascii(std::string_view bytes);
bool is_valid_utf8(std::string_view bytes);

// How many code points valid UTF-8 has: its bytes but for those that continue one.
size_t count_code_points(std::string_view text);

}  // namespace barker
