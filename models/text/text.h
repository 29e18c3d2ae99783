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

// The same, appended to `out`.
void append_valid_utf8(std::string_view text, std::string& out, uint64_t* replaced);

// Appends `text` without what deceives whoever reads it: invalid UTF-8 is replaced, control
// characters become spaces, bidirectional overrides, tags and zero-width characters vanish, but for
// those that build an emoji where they stand: a joiner between two, a variation selector behind
// one, the tags of a flag. Not escaped for anything.
void append_visible(std::string_view text, std::string& out, uint64_t* replaced);
std::string visible(std::string_view text);

// Appends `text` with & < > " ' as character references: harmless between tags and in attributes.
void append_html_escaped(std::string_view text, std::string& out);

// Decodes HTML character references once: "&amp;quot;" becomes "&quot;", not "\"". Named ones of
// HTML 4, decimal and hexadecimal; an unknown one stays as it is; one that names a control
// character, a surrogate or nothing at all becomes U+FFFD. For import of feeds only.
std::string decode_html_entities(std::string_view text);

}  // namespace barker
