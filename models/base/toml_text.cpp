// The implementation of toml++ is compiled in this unit alone.
#define TOML_IMPLEMENTATION

#include "models/base/toml_text.h"

#include <algorithm>
#include <string>
#include <utility>

#include "models/base/utf8.h"

namespace barker {
namespace {

constexpr char kMark = '~';
constexpr std::string_view kDigits = "0123456789ABCDEF";

Status at_line(size_t line, std::string_view problem) {
  return invalid_argument("line " + std::to_string(line) + ": " + std::string(problem));
}

// "u007e" or "U0000007e": an escape of the mark itself, which decoding would take for a mark.
bool escapes_mark(std::string_view after_backslash) {
  for (std::string_view name : {"u007e", "U0000007e"}) {
    const std::string_view found = after_backslash.substr(0, name.size());
    if (found.size() == name.size() && found[0] == name[0] &&
        std::ranges::equal(found, name, [](char a, char b) { return (a | 0x20) == (b | 0x20); })) {
      return true;
    }
  }
  return false;
}

Status check_line(std::string_view line, size_t number) {
  if (!is_valid_utf8(line)) return at_line(number, "expected UTF-8");
  if (static_cast<size_t>(std::ranges::count(line, '.')) > kMaxTomlDots) {
    return at_line(number, "expected at most " + std::to_string(kMaxTomlDots) + " dots");
  }
  for (size_t at = line.find('\\'); at != std::string_view::npos; at = line.find('\\', at + 1)) {
    if (escapes_mark(line.substr(at + 1))) return at_line(number, "write ~ itself, not its escape");
  }
  return {};
}

std::string encode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && c != kMark) {
      out += c;
    } else {
      out += {kMark, kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return out;
}

void decode(std::string& text) {
  size_t end = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    char c = text[at];
    if (c == kMark) {
      c = static_cast<char>(kDigits.find(text[at + 1]) * 16 + kDigits.find(text[at + 2]));
      at += 2;
    }
    text[end++] = c;
  }
  text.resize(end);
}

Status decode_strings(toml::node& node);

Status decode_table(toml::table& table) {
  for (auto&& [key, node] : table) {
    if (!is_ascii(key.str()) || key.str().find(kMark) != std::string_view::npos) {
      return at_line(node.source().begin.line, "expected ASCII keys without ~");
    }
    if (Status s = decode_strings(node); !s.ok()) return s;
  }
  return {};
}

Status decode_strings(toml::node& node) {
  if (toml::value<std::string>* text = node.as_string()) {
    decode(text->get());
  } else if (toml::table* table = node.as_table()) {
    return decode_table(*table);
  } else if (toml::array* array = node.as_array()) {
    for (toml::node& entry : *array) {
      if (Status s = decode_strings(entry); !s.ok()) return s;
    }
  }
  return {};
}

}  // namespace

Result<toml::table> parse_toml(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // a byte order mark
  std::vector<std::string_view> lines;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    if (Status s = check_line(lines.back(), lines.size()); !s.ok()) return s;
    begin = end + 1;
  }
  toml::parse_result parsed = toml::parse(encode(text));
  if (!parsed) {
    const size_t line = parsed.error().source().begin.line;
    std::string problem(parsed.error().description());
    if (line >= 1 && line <= lines.size() && !is_ascii(lines[line - 1])) {
      problem += " (outside of strings and comments only ASCII may stand)";
    }
    return at_line(line, problem);
  }
  toml::table table = std::move(parsed).table();
  if (Status s = decode_table(table); !s.ok()) return s;
  return table;
}

}  // namespace barker
