// The error text of a call: at most BARKER_ERROR_SIZE bytes, of which the reason must not be lost.
#pragma once

#include <string_view>

namespace barker {

// Writes `text` into the host's buffer of BARKER_ERROR_SIZE bytes, which may be NULL: valid UTF-8
// without control characters, NUL-terminated. A text that is too long loses the middle of its
// longest part, which is a path or a value that was found; parts are what ": " separates.
// Allocates nothing.
void set_error(char* error, std::string_view text) noexcept;

}  // namespace barker
