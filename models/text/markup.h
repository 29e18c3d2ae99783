// HTML markup in the texts of feeds: tags are dropped, so that a shopper never reads them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace barker {

// Returns `text` without its HTML tags and comments and adds their number to *dropped (may be
// null).
//
// The tag of an element that stands on lines of its own (<br>, <p>, <li>, ...) becomes a space, any
// other one nothing. What is inside of <script>, <style>, <template> and the like goes with it;
// without an end tag, only <script> and <style> take the rest of the text. A '<' that begins no tag
// stays: "a < b", "<3", "< 5 kg" and names that are no HTML element, such as "<XL>". Spaces beside
// a dropped tag are joined and those at the ends go. Text without a tag comes back unchanged. Any
// thread.
std::string drop_html_tags(std::string_view text, uint64_t* dropped = nullptr);

}  // namespace barker
