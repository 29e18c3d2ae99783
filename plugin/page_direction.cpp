#include "plugin/page_direction.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "models/base/utf8.h"
#include "models/text/text.h"

namespace barker {

bool turns(std::string_view text, PageDirection page) {
  const bool is_rightward = page == PageDirection::kLeftToRight;
  if (is_rightward && is_ascii(text)) return false;
  for (int32_t i = 0, size = static_cast<int32_t>(text.size()); i < size;) {
    UChar32 c = 0;
    U8_NEXT_OR_FFFD(text.data(), i, size, c);
    constexpr UChar32 kFirstToTheLeft = 0x590;
    if (is_rightward && c < kFirstToTheLeft) continue;
    const UCharDirection direction = u_charDirection(c);
    const bool is_to_the_left = direction == U_RIGHT_TO_LEFT || direction == U_RIGHT_TO_LEFT_ARABIC;
    if (is_rightward ? is_to_the_left : direction == U_LEFT_TO_RIGHT) return true;
  }
  return false;
}

bool is_plain_title(std::string_view title) {
  return !turns(title, PageDirection::kLeftToRight) && visible(title) == title &&
         html_escaped(title) == title;
}

}  // namespace barker
