// Titles: the chosen selling points before the ad's title, marked, escaped, within a width.
//
// What comes from feeds is cleaned first: control characters become spaces, bidirectional overrides
// and zero-width characters vanish (but for the joiner inside emoji), invalid UTF-8 is replaced. In
// HTML all of it is escaped; only the configured marks are markup. Every title goes this way, also
// one that gets no prefix.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace barker {

enum class TitleFormat { kHtml, kAnsi, kPlain };

struct TitlePolicy {
  TitleFormat format = TitleFormat::kHtml;
  std::string open = "<em>", close = "</em>";
  std::string separator = " ";
  uint64_t max_width = 0;  // columns: grapheme clusters, East Asian wide ones count two; 0: any
  std::string ellipsis = "…";
};

// A selling point to be put in front.
struct Prefix {
  std::string_view text;
  // Promoted: its bytes in the title (as sanitize_utf8() makes it), to be taken out there. Equal:
  // it is added.
  size_t cut_begin = 0, cut_end = 0;
};

// Where a prefix ended up in the written title, in bytes; begin == end: it did not fit and was left
// out.
struct Placed {
  uint64_t begin = 0, end = 0;
};

// Appends the rewritten title to `out`; offsets in `placed` (prefixes.size()) are from the title's
// start. A prefix goes before the title's tail: prefixes that do not fit are left out, last first,
// and the title is cut after a grapheme, at a word if one ends near, with the ellipsis.
void rewrite_title(std::string_view title, std::span<const Prefix> prefixes,
                   const TitlePolicy& policy, std::string& out, Placed* placed,
                   uint64_t* replaced_utf8);

// Columns of a cleaned text.
uint64_t display_width(std::string_view text);

}  // namespace barker
