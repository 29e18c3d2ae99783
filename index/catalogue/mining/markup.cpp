// Markup and addresses, which no claim about a product needs.
#include <algorithm>
#include <array>
#include <cctype>

#include "index/catalogue/mining/clauses.h"

namespace barker {
namespace {

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

// The name of the tag that opens at `at`, in lower case, with the slash of an end tag; "" where the
// bracket opens no tag, as in "size < 40".
std::string tag_name(std::string_view text, size_t at) {
  std::string name;
  size_t i = at + 1;
  if (i < text.size() && (text[i] == '/' || text[i] == '!' || text[i] == '?')) name += text[i++];
  while (i < text.size() && (is_letter(text[i]) || (name.size() > 1 && text[i] == '-'))) {
    name += lower(text[i++]);
  }
  return name == "/" || name == "?" ? std::string() : name;
}

// Whether a tag stands within a line of text, so that the words beside it may be one clause.
bool is_inline(std::string name) {
  static constexpr std::array<std::string_view, 14> kInline = {
      "a",    "b",   "i",   "u",     "strong", "em", "span",
      "font", "sup", "sub", "small", "mark",   "s",  "big"};
  if (!name.empty() && name[0] == '/') name.erase(0, 1);
  return std::ranges::find(kInline, name) != kInline.end();
}

// Where the element that opens at `at` ends, if its content is code and no text; else the end of
// its tag.
size_t end_of_tag(std::string_view text, size_t at, const std::string& name) {
  size_t end = text.find('>', at);
  if (name == "script" || name == "style") {
    const size_t close = text.find("</" + name, at);
    end = close == std::string_view::npos ? close : text.find('>', close);
  } else if (text.substr(at, 4) == "<!--") {
    const size_t close = text.find("-->", at);
    end = close == std::string_view::npos ? close : close + 2;
  }
  return end == std::string_view::npos ? text.size() : end + 1;
}

bool is_address(std::string_view word) {
  if (word.find("://") != std::string_view::npos || word.starts_with("www.")) return true;
  const size_t at = word.find('@');
  if (at != std::string_view::npos && at > 0 && word.find('.', at) != std::string_view::npos)
    return true;
  static constexpr std::array<std::string_view, 8> kEnds = {".com", ".net", ".org", ".de",
                                                            ".fr",  ".jp",  ".cn",  ".io"};
  while (!word.empty() && !std::isalnum(static_cast<unsigned char>(word.back())))
    word.remove_suffix(1);
  const size_t slash = word.find('/');
  const std::string_view host = word.substr(0, slash);
  return std::ranges::any_of(kEnds, [&](std::string_view end) { return host.ends_with(end); });
}

std::string without_addresses(const std::string& text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    size_t end = at;
    while (end < text.size() && static_cast<unsigned char>(text[end]) > ' ') ++end;
    const std::string_view word = std::string_view(text).substr(at, end - at);
    out += is_address(word) ? std::string_view("\n") : word;
    if (end < text.size()) out += text[end++];
    at = end;
  }
  return out;
}

}  // namespace

std::string without_markup(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const std::string name = text[at] == '<' ? tag_name(text, at) : std::string();
    if (name.empty()) {
      out += text[at++];
      continue;
    }
    out += is_inline(name) ? ' ' : '\n';
    at = end_of_tag(text, at, name);
  }
  return without_addresses(out);
}

}  // namespace barker
