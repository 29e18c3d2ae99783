// Which way a page is written, and which texts run against it.
#pragma once

#include <string_view>

namespace barker {

// The direction in which the page that shows the titles is written.
enum class PageDirection { kLeftToRight, kRightToLeft, kUnknown };

// Whether a text has a letter that is written in the other direction than the page, which is known.
bool turns(std::string_view text, PageDirection page);

// Whether cleaning and escaping leave this title as it is in every format, and it has no letters
// that are written to the left.
bool is_plain_title(std::string_view title);

}  // namespace barker
