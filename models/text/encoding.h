// Text that is not UTF-8. Pure functions: any thread.
#pragma once

#include <string>
#include <string_view>

#include "models/base/result.h"

namespace barker {

// Converts text to UTF-8. `encoding` is a name that ICU knows, such as "GB18030" or "windows-1252".
// An error says that the name is unknown, or that the text is not in this encoding.
Result<std::string> to_utf8(std::string_view text, const std::string& encoding);

// The text as UTF-8: itself if `encoding` is empty, and otherwise what `converted` then holds. An
// error says what is wrong with the text.
Result<std::string_view> as_utf8(std::string_view text, const std::string& encoding,
                                 std::string& converted);

// "not UTF-8: found byte 0xB5 in column 24", columns counted in bytes from 1. It also names an
// encoding in which the text would be valid, if it looks like Chinese text. The text is not UTF-8.
std::string describe_invalid_utf8(std::string_view text);

}  // namespace barker
