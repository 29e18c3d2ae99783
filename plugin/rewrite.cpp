#include "plugin/rewrite.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>

#include "models/base/utf8.h"
#include "models/text/text.h"

namespace barker {
namespace {

void append_escaped(std::string_view text, TitleFormat format, std::string& out) {
  if (format == TitleFormat::kHtml) return append_html_escaped(text, out);
  out += text;
}

bool is_isolated(std::string_view text, const TitlePolicy& policy) {
  return policy.format == TitleFormat::kHtml && policy.page != PageDirection::kUnknown &&
         turns(text, policy.page);
}

bool is_space(UChar32 c) {
  return c < 0x80 ? c == ' ' || (c >= '\t' && c <= '\r') : u_isUWhiteSpace(c) != 0;
}

// How many bytes of `text` fit into `width` columns, cut back to a word's end if one is in the last
// third.
size_t fitting_bytes(std::string_view text, uint64_t width) {
  size_t fit = 0, word_end = 0;
  uint64_t used = 0;
  for (ClusterReader reader(text); reader.next();) {
    const Cluster& cluster = reader.cluster();
    if (text[cluster.begin] == ' ') word_end = cluster.begin;
    used += cluster.columns;
    if (used > width) break;
    fit = cluster.end;
  }
  if (fit < text.size() && word_end > 0 && word_end < fit && word_end * 3 >= fit * 2) {
    fit = word_end;
  }
  while (fit > 0 && text[fit - 1] == ' ') --fit;
  return fit;
}

bool is_placed(const Placed& placed) { return placed.end > placed.begin; }
bool is_cut(const Prefix& prefix) { return prefix.cut_end > prefix.cut_begin; }

// The title without the promoted selling points that were placed in front of it; what was left out
// stays where it is.
void remove_promoted(std::string_view title, std::span<const Prefix> prefixes, const Placed* placed,
                     std::string& out) {
  out.clear();
  for (size_t at = 0; at < title.size(); ++at) {
    bool cut = false;
    for (size_t p = 0; p < prefixes.size(); ++p) {
      cut |= is_placed(placed[p]) && at >= prefixes[p].cut_begin && at < prefixes[p].cut_end;
    }
    if (!cut) out += title[at];
  }
}

struct Buffers {
  std::string visible;      // a prefix, then the title, cleaned
  std::string valid, bare;  // the title before and after promoted selling points were taken out
};

// Found once a title: in a shared library each mention of a thread_local is a call.
Buffers& thread_buffers() {
  thread_local Buffers buffers;
  return buffers;
}

// Puts the prefixes that fit in front. Returns the columns that are left to the title.
uint64_t append_prefixes(std::span<const Prefix> prefixes, const TitlePolicy& policy,
                         std::string& visible, std::string& out, Placed* placed,
                         uint64_t* replaced_utf8) {
  const size_t start = out.size();
  uint64_t left = policy.max_width;
  for (size_t i = 0; i < prefixes.size(); ++i) {
    visible.clear();
    append_visible(prefixes[i].text, visible, replaced_utf8);
    fold_spaces(visible);
    if (visible.empty()) continue;  // nothing can be seen of it
    if (policy.max_width > 0) {
      const uint64_t width = display_width(visible) + policy.separator.columns();
      if (width > left || left - width < policy.max_width / 3) break;
      left -= width;
    }
    const bool isolates = is_isolated(visible, policy);
    if (isolates) out += kIsolateOpen;
    if (prefixes[i].is_marked) out += policy.open;
    placed[i].begin = out.size() - start;
    append_escaped(visible, policy.format, out);
    placed[i].end = out.size() - start;
    if (prefixes[i].is_marked) out += policy.close;
    if (isolates) out += kIsolateClose;
    append_escaped(policy.separator.text(), policy.format, out);
  }
  return left;
}

// The title, or as much of it as fits into `left` columns, with the ellipsis.
void append_fitting(std::string_view title, uint64_t left, const TitlePolicy& policy, bool is_plain,
                    std::string& out) {
  if (policy.max_width == 0 || display_width(title) <= left) {
    if (!is_plain) return append_escaped(title, policy.format, out);
    out += title;
    return;
  }
  const uint64_t ellipsis = policy.ellipsis.columns();
  const size_t fit = fitting_bytes(title, left > ellipsis ? left - ellipsis : 0);
  append_escaped(title.substr(0, fit), policy.format, out);
  if (ellipsis <= left) append_escaped(policy.ellipsis.text(), policy.format, out);
}

}  // namespace

void fold_spaces(std::string& text) {
  const bool is_folded = is_ascii(text) && !text.starts_with(' ') && !text.ends_with(' ') &&
                         text.find("  ") == std::string::npos;
  if (is_folded) return;  // as nearly all selling points are
  char* const bytes = text.data();
  const auto size = static_cast<int32_t>(text.size());
  size_t kept = 0;
  bool pending = false;
  for (int32_t i = 0; i < size;) {
    const int32_t begin = i;
    UChar32 c = 0;
    U8_NEXT_OR_FFFD(bytes, i, size, c);
    if (is_space(c)) {
      pending = kept > 0;
      continue;
    }
    if (pending) bytes[kept++] = ' ';
    pending = false;
    for (int32_t b = begin; b < i; ++b) bytes[kept++] = bytes[b];
  }
  text.resize(kept);
}

void rewrite_title(std::string_view title, std::span<const Prefix> prefixes,
                   const TitlePolicy& policy, std::string& out, Placed* placed,
                   uint64_t* replaced_utf8, FeedRuleMask* fired, bool is_plain) {
  Buffers& buffers = thread_buffers();
  std::string& visible = buffers.visible;
  std::fill_n(placed, prefixes.size(), Placed{});
  const uint64_t left = append_prefixes(prefixes, policy, visible, out, placed, replaced_utf8);
  bool is_any_cut = false;
  for (size_t i = 0; i < prefixes.size(); ++i) {
    is_any_cut |= is_placed(placed[i]) && is_cut(prefixes[i]);
  }
  const bool isolates_plain =
      policy.page == PageDirection::kRightToLeft && policy.format == TitleFormat::kHtml;
  if (is_plain && !is_any_cut && policy.feed.are_all_off() && !isolates_plain) {
    if (fired) *fired = 0;
    return append_fitting(title, left, policy, /*is_plain=*/true, out);
  }
  visible.clear();
  if (is_any_cut) {
    // The places to cut were found in the sanitised title, so it is sanitised before it is cut.
    buffers.valid.clear();
    append_valid_utf8(title, buffers.valid, replaced_utf8);
    remove_promoted(buffers.valid, prefixes, placed, buffers.bare);
    append_visible(buffers.bare, visible, nullptr);
  } else {
    append_visible(title, visible, replaced_utf8);
  }
  const FeedRuleMask rules = policy.feed.are_all_off() ? 0 : apply_feed_rules(policy.feed, visible);
  if (fired) *fired = rules;
  const bool isolates = is_isolated(visible, policy);
  if (isolates) out += kIsolateOpen;
  append_fitting(visible, left, policy, /*is_plain=*/false, out);
  if (isolates) out += kIsolateClose;
}

}  // namespace barker
