// Recognises files that are given as JSON Lines and are something else, so that the message can say
// what to type instead of reporting every line.
#pragma once

#include <string>
#include <string_view>

namespace barker {

// Looks at the first line that is not blank. Returns what the file is and what to type, or an empty
// text where it may be JSON Lines, if perhaps with a broken first line. `path` is the file's, "-"
// for standard input.
std::string wrong_format(std::string_view first_line, const std::string& path);

// The same for the first bytes of a file that is given as CSV or TSV. `from` is what the user typed
// behind --from.
std::string not_columns(std::string_view start, const std::string& path, const std::string& from);

}  // namespace barker
