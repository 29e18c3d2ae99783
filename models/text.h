// Text as it comes from feeds, logs and people, made safe: valid UTF-8, entities decoded once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace barker {

// Replaces every maximal invalid byte sequence by U+FFFD (the Unicode standard's recommended
// practice) and adds their number to *replaced (may be null). Valid text comes back unchanged.
std::string sanitize_utf8(std::string_view text, uint64_t* replaced = nullptr);

// The same, appended to `out`.
void append_valid_utf8(std::string_view text, std::string& out, uint64_t* replaced);

// Decodes HTML character references once: "&amp;quot;" becomes "&quot;", not "\"". Named ones of
// HTML 4, decimal and hexadecimal; an unknown one stays as it is; one that names a control
// character, a surrogate or nothing at all becomes U+FFFD. For import of feeds only.
std::string decode_html_entities(std::string_view text);

// The number of the first line of a TOML text that has more than ASCII outside of strings and
// comments, where TOML allows none; 0: there is no such line. toml++ 3.3 runs into undefined
// behaviour on some letters there, so this is to be asked first.
uint64_t first_line_beyond_ascii(std::string_view toml);

}  // namespace barker
