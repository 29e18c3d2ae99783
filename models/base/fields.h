// Lines of fields with a separator, as tables have them. Pure functions; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace barker {

// The fields of a line, empty ones included. They point into `line`.
inline std::vector<std::string_view> split_fields(std::string_view line, char separator) {
  std::vector<std::string_view> fields;
  for (size_t at = 0;;) {
    const size_t end = line.find(separator, at);
    fields.push_back(line.substr(at, end - at));
    if (end == std::string_view::npos) return fields;
    at = end + 1;
  }
}

// `text` without the white space at both ends.
inline std::string trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\n\r");
  if (begin == std::string_view::npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(" \t\n\r") - begin + 1));
}

}  // namespace barker
