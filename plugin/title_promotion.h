// Which bytes leave a title when a selling point that stands in it is moved to its front. Only what
// leaves a clean title is moved: brackets keep something to enclose, separators separate something,
// no "and" or "with" loses what it joined, nothing is taken out of a longer word.
//
// Pure functions: any thread, no allocation.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "plugin/title_text.h"

namespace barker {

struct TitleCut {
  size_t begin = 0, end = 0;  // bytes of the title; equal: nothing may be cut
  bool is_empty() const { return begin == end; }
};

// The bytes to take out of title.valid(), with the separator and the spaces that would be left
// over. `title` keeps its origins, `place` is where the selling point stands in it, `earlier` what
// is taken out besides. Empty where the title must stay as it is, among other reasons because it
// negates the selling point.
TitleCut clean_cut(ComparisonText& title, const TitlePlace& place,
                   std::span<const TitleCut> earlier = {});

}  // namespace barker
