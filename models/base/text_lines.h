// The lines of a text that is in memory, as LineReader (models/base/lines.h) gives those of a file.
#pragma once

#include <algorithm>
#include <string_view>

namespace barker {

// Takes the first line off the text and returns it without its end, which is "\n", "\r\n" or "\r",
// or missing where the text ends.
inline std::string_view take_line(std::string_view& text) {
  const size_t end = std::min(text.find_first_of("\r\n"), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end);
  if (text.starts_with("\r\n")) text.remove_prefix(1);
  if (!text.empty()) text.remove_prefix(1);
  return line;
}

}  // namespace barker
