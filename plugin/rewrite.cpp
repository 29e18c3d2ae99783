#include "plugin/rewrite.h"

#include <unicode/brkiter.h>
#include <unicode/locid.h>
#include <unicode/uchar.h>
#include <unicode/utext.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <utility>

#include "models/text/text.h"

namespace barker {
namespace {

void append_escaped(std::string_view text, TitleFormat format, std::string& out) {
  if (format == TitleFormat::kHtml) return append_html_escaped(text, out);
  out += text;
}

void check(UErrorCode code) {
  if (U_FAILURE(code)) throw std::runtime_error(std::string("ICU: ") + u_errorName(code));
}

icu::BreakIterator& grapheme_breaker() {
  thread_local std::unique_ptr<icu::BreakIterator> instance;
  if (!instance) {
    UErrorCode code = U_ZERO_ERROR;
    std::unique_ptr<icu::BreakIterator> made(
        icu::BreakIterator::createCharacterInstance(icu::Locale::getRoot(), code));
    check(code);
    instance = std::move(made);
  }
  return *instance;
}

// Columns of one grapheme cluster.
uint64_t cluster_width(std::string_view cluster) {
  uint64_t width = 0;
  for (int32_t at = 0, size = static_cast<int32_t>(cluster.size()); at < size;) {
    UChar32 c;
    U8_NEXT(cluster.data(), at, size, c);
    const int wide = u_getIntPropertyValue(c, UCHAR_EAST_ASIAN_WIDTH);
    if (wide == U_EA_WIDE || wide == U_EA_FULLWIDTH || c == 0xFE0F) return 2;
    const auto type = u_charType(c);
    if (type != U_NON_SPACING_MARK && type != U_ENCLOSING_MARK && type != U_FORMAT_CHAR) width = 1;
  }
  return width;
}

// Calls visit(begin, end, width) for every grapheme cluster until it returns false.
template <typename Visit>
void for_each_cluster(std::string_view text, Visit visit) {
  if (is_ascii(text)) {
    for (size_t i = 0; i < text.size(); ++i) {
      if (!visit(i, i + 1, uint64_t{1})) return;
    }
    return;
  }
  icu::BreakIterator& breaker = grapheme_breaker();
  UErrorCode code = U_ZERO_ERROR;
  UText utext = UTEXT_INITIALIZER;
  const std::unique_ptr<UText, decltype(&utext_close)> closed(
      utext_openUTF8(&utext, text.data(), static_cast<int64_t>(text.size()), &code), utext_close);
  breaker.setText(&utext, code);
  check(code);
  int32_t begin = breaker.first();
  for (int32_t end = breaker.next(); end != icu::BreakIterator::DONE; end = breaker.next()) {
    const auto from = static_cast<size_t>(begin), to = static_cast<size_t>(end);
    if (!visit(from, to, cluster_width(text.substr(from, to - from)))) break;
    begin = end;
  }
}

// How many bytes of `text` fit into `width` columns, cut back to a word's end if one is in the last
// third.
size_t fitting_bytes(std::string_view text, uint64_t width) {
  size_t fit = 0, word_end = 0;
  uint64_t used = 0;
  for_each_cluster(text, [&](size_t begin, size_t end, uint64_t columns) {
    const bool space = text[begin] == ' ';
    if (space) word_end = begin;
    if (used + columns > width) return false;
    used += columns;
    fit = end;
    return true;
  });
  if (fit < text.size() && word_end > 0 && word_end < fit && word_end * 3 >= fit * 2)
    fit = word_end;
  while (fit > 0 && text[fit - 1] == ' ') --fit;
  return fit;
}

bool is_separator(char c) { return c == '/' || c == ',' || c == ';' || c == '|' || c == '-'; }

// The title without its promoted parts; white space and separators that now separate nothing go,
// too. Promoting is the exception, so that it may allocate.
std::string without_cuts(std::string_view title, std::span<const Prefix> prefixes,
                         const Placed* placed) {
  std::string kept, word;
  const auto end_word = [&] {
    const bool lone = std::ranges::all_of(word, is_separator);
    if (!word.empty() && !(lone && (kept.empty() || is_separator(kept.back())))) {
      if (!kept.empty() && word != ",") kept += ' ';
      kept += word;
    }
    word.clear();
  };
  for (size_t i = 0; i < title.size(); ++i) {
    bool cut = false;
    for (size_t p = 0; p < prefixes.size(); ++p) {
      // What was left out stays in the title.
      const bool is_placed = placed[p].end > placed[p].begin;
      cut |= is_placed && i >= prefixes[p].cut_begin && i < prefixes[p].cut_end;
    }
    if (cut) continue;
    if (title[i] == ' ') {
      end_word();
    } else {
      word += title[i];
    }
  }
  end_word();
  while (!kept.empty() && (kept.back() == ' ' || is_separator(kept.back()))) kept.pop_back();
  return kept;
}

}  // namespace

uint64_t display_width(std::string_view text) {
  uint64_t total = 0;
  for_each_cluster(text, [&](size_t, size_t, uint64_t columns) {
    total += columns;
    return true;
  });
  return total;
}

void rewrite_title(std::string_view title, std::span<const Prefix> prefixes,
                   const TitlePolicy& policy, std::string& out, Placed* placed,
                   uint64_t* replaced_utf8) {
  const size_t start = out.size();
  thread_local std::string buffer;
  std::string& visible = buffer;  // one prefix, then the title; found once, not at every use
  uint64_t left = policy.max_width == 0 ? ~uint64_t{0} : policy.max_width;
  const uint64_t separator_width = policy.max_width == 0 ? 0 : display_width(policy.separator);
  std::fill_n(placed, prefixes.size(), Placed{});
  for (size_t i = 0; i < prefixes.size(); ++i) {
    visible.clear();
    append_visible(prefixes[i].text, visible, replaced_utf8);
    if (visible.find_first_not_of(' ') == std::string::npos) continue;  // nothing to be seen
    if (policy.max_width > 0) {
      const uint64_t width = display_width(visible) + separator_width;
      // A prefix must leave room for some title: at least a third of the budget.
      if (width > left || left - width < policy.max_width / 3) break;
      left -= width;
    }
    out += policy.open;
    placed[i].begin = out.size() - start;
    append_escaped(visible, policy.format, out);
    placed[i].end = out.size() - start;
    out += policy.close;
    append_escaped(policy.separator, policy.format, out);
  }
  bool cuts = false;
  for (size_t i = 0; i < prefixes.size(); ++i) {
    cuts |= placed[i].end > placed[i].begin && prefixes[i].cut_end > prefixes[i].cut_begin;
  }
  visible.clear();
  if (cuts) {
    // Sanitised before it is cut: that is the text in which the cuts were found.
    const std::string valid = sanitize_utf8(title, replaced_utf8);
    append_visible(without_cuts(valid, prefixes, placed), visible, nullptr);
  } else {
    append_visible(title, visible, replaced_utf8);
  }
  if (policy.max_width > 0 && display_width(visible) > left) {
    const uint64_t ellipsis = display_width(policy.ellipsis);
    const size_t fit = fitting_bytes(visible, left > ellipsis ? left - ellipsis : 0);
    append_escaped(std::string_view(visible).substr(0, fit), policy.format, out);
    if (ellipsis <= left) append_escaped(policy.ellipsis, policy.format, out);
    return;
  }
  append_escaped(visible, policy.format, out);
}

}  // namespace barker
