// Titles: the chosen selling points in front of the ad's title, marked, escaped, within a width.
//
// What comes from feeds is cleaned first (append_visible() of models/text/text.h): control
// characters become spaces, characters that reorder or hide text vanish, invalid UTF-8 is replaced.
// In HTML all of it is escaped; only the configured marks are markup. Every title goes this way,
// also one that gets no prefix.
//
// Thread rule: any thread. Each thread keeps its own buffers, so that nothing is allocated once
// these and `out` have grown to the size of the longest title.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "models/text/columns.h"
#include "plugin/page_direction.h"
#include "plugin/title_feed.h"

namespace barker {

enum class TitleFormat { kHtml, kAnsi, kPlain };

// A configured text with its width, which is measured once, when the text is given.
class MeasuredText {
 public:
  MeasuredText(std::string text)  // NOLINT: a text is given as a text
      : text_(std::move(text)), columns_(display_width(text_)) {}
  MeasuredText(const char* text) : MeasuredText(std::string(text)) {}  // NOLINT: as above

  const std::string& text() const { return text_; }
  uint64_t size() const { return text_.size(); }  // bytes
  uint64_t columns() const { return columns_; }
  bool operator==(const MeasuredText&) const = default;

 private:
  std::string text_;
  uint64_t columns_;
};

struct TitlePolicy {
  TitleFormat format = TitleFormat::kHtml;
  // In HTML a prefix, or a title, with letters of the other direction is put between <bdi> and
  // </bdi>, so that it cannot reorder what stands beside it. kUnknown: none is.
  PageDirection page = PageDirection::kLeftToRight;
  std::string open = "<em>", close = "</em>";  // the marks around a prefix; they take no columns
  MeasuredText separator = " ";
  uint64_t max_width = 0;  // columns, as models/text/columns.h counts them; 0: as many as there are
  MeasuredText ellipsis = "…";
  FeedRules feed;  // what is done about the title itself, once it is clean; not about prefixes
};

inline constexpr std::string_view kIsolateOpen = "<bdi>", kIsolateClose = "</bdi>";

// A selling point to be put in front. Spaces at its ends are not shown, and runs of them are one.
struct Prefix {
  std::string_view text;
  // The bytes that leave the title, as append_valid_utf8() makes it, because the selling point is
  // promoted (plugin/title_promotion.h). Equal: nothing is taken out.
  size_t cut_begin = 0, cut_end = 0;
  bool is_marked = true;  // false: without the marks of the policy around it
};

// Where a prefix stands in the written title, in bytes. begin == end: it was left out because it
// did not fit or because nothing of it can be seen.
struct Placed {
  uint64_t begin = 0, end = 0;
};

// Drops spaces at both ends and makes one of each run, in place, of a text that append_visible()
// made: it has no control characters.
void fold_spaces(std::string& text);

// Appends the rewritten title to `out`; offsets in `placed` (prefixes.size()) are from the title's
// start. Prefixes matter more than the title's end: where the two do not fit together, the title is
// cut after a grapheme cluster, at a word if one ends near, and gets the ellipsis. Prefixes that
// would leave less than a third of the width to the title are left out, the last ones first. Adds
// the number of invalid UTF-8 sequences to *replaced_utf8 (may be null). *fired (may be null) gets
// the rules for feeds that fired. `is_plain` may be true where is_plain_title() is true of the
// title, which is copied then; where it is not, text that is neither cleaned nor escaped gets out.
void rewrite_title(std::string_view title, std::span<const Prefix> prefixes,
                   const TitlePolicy& policy, std::string& out, Placed* placed,
                   uint64_t* replaced_utf8, FeedRuleMask* fired = nullptr, bool is_plain = false);

}  // namespace barker
