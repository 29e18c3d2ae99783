#include "models/text/markup.h"

#include <algorithm>
#include <array>
#include <bitset>

#include "models/base/ascii.h"

namespace barker {
namespace {

// Elements whose tags leave no space between what stands before and behind them.
constexpr auto kInline = std::to_array<std::string_view>(
    {"a",   "abbr", "acronym", "b",    "bdi", "bdo",  "big",   "cite",  "code",   "data",
     "del", "dfn",  "em",      "font", "i",   "ins",  "kbd",   "label", "mark",   "nobr",
     "q",   "rp",   "rt",      "ruby", "s",   "samp", "small", "span",  "strike", "strong",
     "sub", "sup",  "time",    "tt",   "u",   "var",  "wbr"});
static_assert(std::ranges::is_sorted(kInline));

constexpr auto kBlock = std::to_array<std::string_view>(
    {"address",    "area",   "article", "aside",   "audio",    "base",     "blockquote", "body",
     "br",         "button", "canvas",  "caption", "center",   "col",      "colgroup",   "dd",
     "details",    "dialog", "dir",     "div",     "dl",       "dt",       "embed",      "fieldset",
     "figcaption", "figure", "footer",  "form",    "frame",    "frameset", "h1",         "h2",
     "h3",         "h4",     "h5",      "h6",      "head",     "header",   "hgroup",     "hr",
     "html",       "img",    "input",   "legend",  "li",       "link",     "main",       "map",
     "menu",       "meta",   "meter",   "nav",     "ol",       "optgroup", "option",     "output",
     "p",          "param",  "picture", "pre",     "progress", "section",  "select",     "source",
     "summary",    "table",  "tbody",   "td",      "tfoot",    "th",       "thead",      "title",
     "tr",         "track",  "ul",      "video"});
static_assert(std::ranges::is_sorted(kBlock));

// Elements whose content is not for readers. Without an end, "<Math> workbook" is a word in
// brackets to whoever wrote it and loses the tag alone; script and style take the rest of the text,
// as in browsers.
constexpr auto kHidden = std::to_array<std::string_view>(
    {"iframe", "math", "noscript", "object", "script", "style", "svg", "template", "textarea"});
static_assert(std::ranges::is_sorted(kHidden));

constexpr std::string_view kCdata = "<![CDATA[";
constexpr size_t kLongestTag = 4096;  // bytes; what is longer is text with a '<' in it
constexpr size_t kLongestName = 16;   // bytes of an element's name

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

bool equal_but_case(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, {}, ascii_lower, ascii_lower);
}

struct Tag {
  size_t end = 0;      // behind its '>'; 0: no tag begins here
  bool space = false;  // it separates what stands before and behind it
};

// The byte behind the '>' that ends a tag whose attributes begin at `at`; 0 where none ends it. A
// '>' inside of a quoted value does not.
size_t end_of_attributes(std::string_view text, size_t at, size_t begin) {
  const size_t limit = std::min(text.size(), begin + kLongestTag);
  char quote = 0, before = 0;
  for (; at < limit; ++at) {
    const char c = text[at];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '>') {
      return at + 1;
    } else if ((c == '"' || c == '\'') && before == '=') {
      quote = c;
    } else if (c == '<') {
      return 0;
    }
    if (!is_space(c)) before = c;
  }
  return 0;
}

// The place behind the end tag of the element `name`, whose start tag ends at `at`; 0: it never
// ends.
size_t end_of_element(std::string_view text, size_t at, std::string_view name) {
  for (;;) {
    at = text.find("</", at);
    if (at == std::string_view::npos) return 0;
    at += 2;
    if (!equal_but_case(text.substr(at, name.size()), name)) continue;
    const size_t behind = at + name.size();
    if (behind < text.size() && !is_space(text[behind]) && text[behind] != '>' &&
        text[behind] != '/') {
      continue;  // </scripty>
    }
    const size_t close = text.find('>', behind);
    return close == std::string_view::npos ? text.size() : close + 1;
  }
}

Tag read_declaration(std::string_view text, size_t begin) {
  const std::string_view rest = text.substr(begin);
  const auto until = [&](std::string_view end) {
    const size_t found = text.find(end, begin + 2);
    return found == std::string_view::npos ? text.size() : found + end.size();
  };
  if (rest.starts_with("<!--")) return {until("-->"), false};
  if (rest.starts_with(kCdata)) return {begin + kCdata.size(), false};  // its content is text
  if (rest.starts_with("<?xml")) return {until(">"), true};
  if (equal_but_case(rest.substr(0, 9), "<!doctype")) return {until(">"), true};
  return {};
}

// `endless` are the elements of kHidden that are known to have no end in the rest of the text, so
// that it is not searched again for every one of them.
Tag read_tag(std::string_view text, size_t begin, std::bitset<kHidden.size()>& endless) {
  size_t at = begin + 1;
  if (at < text.size() && (text[at] == '!' || text[at] == '?'))
    return read_declaration(text, begin);
  const bool closing = at < text.size() && text[at] == '/';
  if (closing) ++at;
  std::string name;
  while (at < text.size() && name.size() <= kLongestName &&
         (is_ascii_letter(text[at]) || (!name.empty() && text[at] >= '0' && text[at] <= '9'))) {
    name += ascii_lower(text[at++]);
  }
  const bool custom = at < text.size() && !name.empty() && (text[at] == '-' || text[at] == ':');
  if (custom) {  // <my-element>, <o:p>
    while (at < text.size() && text[at] != '>' && text[at] != '<' && !is_space(text[at])) ++at;
  }
  if (name.empty() || at >= text.size()) return {};
  if (text[at] != '>' && text[at] != '/' && !is_space(text[at])) return {};
  const auto element =
      static_cast<size_t>(std::ranges::lower_bound(kHidden, name) - kHidden.begin());
  const bool hidden = element < kHidden.size() && kHidden[element] == name;
  const bool block = std::ranges::binary_search(kBlock, name);
  if (!hidden && !block && !custom && !std::ranges::binary_search(kInline, name)) return {};
  const size_t end = end_of_attributes(text, at, begin);
  if (end == 0) return {};
  if (hidden && !closing && text[end - 2] != '/') {
    const size_t close = endless[element] ? 0 : end_of_element(text, end, name);
    endless[element] = close == 0;
    const bool takes_rest = name == "script" || name == "style";
    return {close != 0 ? close : takes_rest ? text.size() : end, true};
  }
  return {end, block || hidden};
}

}  // namespace

std::string drop_html_tags(std::string_view text, uint64_t* dropped) {
  if (text.find('<') == std::string_view::npos) return std::string(text);
  std::string out;
  uint64_t count = 0;
  bool joining = false;  // whether the space at the end of `out` may swallow the next ones
  bool in_cdata = false;
  std::bitset<kHidden.size()> endless;
  for (size_t at = 0; at < text.size();) {
    if (in_cdata && text.substr(at).starts_with("]]>")) {
      in_cdata = false;
      at += 3;
      continue;
    }
    const Tag tag = text[at] == '<' ? read_tag(text, at, endless) : Tag{};
    if (tag.end != 0) {
      ++count;
      in_cdata |= text.substr(at).starts_with(kCdata);
      at = tag.end;
      if (tag.space && !out.empty() && !is_space(out.back())) out += ' ';
      joining = out.empty() || is_space(out.back());
      continue;
    }
    if (!joining || !is_space(text[at])) {
      out += text[at];
      joining = false;
    }
    ++at;
  }
  if (count == 0) return std::string(text);
  while (!out.empty() && is_space(out.back())) out.pop_back();
  out.erase(0, static_cast<size_t>(std::ranges::find_if_not(out, is_space) - out.begin()));
  if (dropped) *dropped += count;
  return out;
}

}  // namespace barker
