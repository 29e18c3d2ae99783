// Names that others wrote, as a part of one line. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace barker {

// The text with its control characters and separators of lines and paragraphs written as JSON
// writes them, "\n", "\t", "\u001b", "\u2028", so that it breaks no line and no table. Other
// characters stay, a backslash, too.
std::string one_line(std::string_view text);

}  // namespace barker
