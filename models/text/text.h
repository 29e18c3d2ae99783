// Text as it comes from feeds, logs and people, made safe: valid UTF-8, entities decoded once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "models/base/utf8.h"

namespace barker {

// Replaces every maximal invalid byte sequence by U+FFFD (the Unicode standard's recommended
// practice) and adds their number to *replaced (may be null). Valid text comes back unchanged.
std::string sanitize_utf8(std::string_view text, uint64_t* replaced = nullptr);

// The same, appended to `out`. `text` must not lie in `out`, here and below.
void append_valid_utf8(std::string_view text, std::string& out, uint64_t* replaced);

// Appends `text` without the characters that deceive a reader. Invalid UTF-8 is replaced and
// counted in *replaced (may be null). Control characters and the separators of lines and paragraphs
// become spaces. Bidirectional controls, tags and zero-width characters vanish, unless they build
// an emoji where they stand (a joiner between two pictures, a variation selector behind one, the
// tags of a flag) or are spelling there (joiners and non-joiners of Arabic and Indic scripts,
// variation selectors behind Han and Mongolian letters). Not escaped for anything. Takes about a
// nanosecond a byte and allocates nothing but what `out` needs.
void append_visible(std::string_view text, std::string& out, uint64_t* replaced);
std::string visible(std::string_view text);

// What others wrote as a part of one line in a terminal: one_line() of models/base/one_line.h, then
// visible().
std::string visible_line(std::string_view text);

// Appends `text` with & < > " ' as character references: harmless between tags and in attributes.
void append_html_escaped(std::string_view text, std::string& out);
std::string html_escaped(std::string_view text);

// Decodes HTML character references once: "&amp;quot;" becomes "&quot;", not "\"". Knows all names
// of HTML, decimal and hexadecimal numbers; 128 to 159 are read as windows-1252, as browsers do.
// The semicolon may be missing behind a number and behind the old names ("&copy 2024"), but not
// where a letter, a digit or '=' follows the name ("arts&sections", "?a=1&copy=2"). An unknown
// reference stays as it is; one to a control character, a surrogate or no character at all becomes
// U+FFFD. For the import of feeds only.
std::string decode_html_entities(std::string_view text);

}  // namespace barker
