#include "index/server/target.h"

#include <algorithm>

#include "models/base/ascii.h"
#include "models/base/utf8.h"

namespace barker {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Decodes the escapes of a segment, a name or a value. In a query, '+' is a space.
std::optional<Fault> decode(std::string_view text, bool plus_is_space, const std::string& field,
                            std::string& out) {
  out.clear();
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
      if (low < 0) {
        return Fault{ProblemKind::kBadEscape,
                     "Expected two hexadecimal digits behind a percent sign.", field};
      }
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  if (std::ranges::any_of(out, is_ascii_control)) {
    return Fault{ProblemKind::kControlCharacter, "An escape stands for a control character.",
                 field};
  }
  if (!is_valid_utf8(out)) {
    return Fault{ProblemKind::kInvalidUtf8, "The escapes are not those of a UTF-8 text.", field};
  }
  return std::nullopt;
}

std::optional<Fault> parse_path(std::string_view path, std::vector<std::string>& segments) {
  path.remove_prefix(1);
  for (;;) {
    const size_t slash = path.find('/');
    std::string segment;
    if (auto fault = decode(path.substr(0, slash), false, "", segment)) return fault;
    // A slash at the end makes another path, which no route has; it is nothing wrong by itself.
    const bool ends_in_slash = segment.empty() && slash == std::string_view::npos;
    if ((segment.empty() && !ends_in_slash) || segment == "." || segment == "..") {
      return Fault{ProblemKind::kDotSegment,
                   "The path has a segment that is empty, \".\" or \"..\".", ""};
    }
    segments.push_back(std::move(segment));
    if (slash == std::string_view::npos) return std::nullopt;
    path.remove_prefix(slash + 1);
  }
}

std::optional<Fault> parse_query(std::string_view query, RequestTarget& target) {
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    if (target.parameters.size() == kMaxParameters) {
      return Fault{ProblemKind::kBadTarget,
                   "The query has more than " + std::to_string(kMaxParameters) + " parameters.",
                   ""};
    }
    const size_t equals = std::min(pair.find('='), pair.size());
    auto& [name, value] = target.parameters.emplace_back();
    if (auto fault = decode(pair.substr(0, equals), true, "", name)) return fault;
    const std::string_view given = pair.substr(std::min(equals + 1, pair.size()));
    if (auto fault = decode(given, true, name, value)) return fault;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Fault> parse_target(std::string_view text, RequestTarget& target) {
  target = {};
  if (text.size() > kMaxTarget) {
    return Fault{ProblemKind::kTargetTooLong,
                 "The target has " + std::to_string(text.size()) + " bytes; at most " +
                     std::to_string(kMaxTarget) + " are read.",
                 ""};
  }
  for (const char c : text) {
    if (is_ascii_control(c) || c == ' ') {
      return Fault{ProblemKind::kControlCharacter,
                   "The target holds a space or a control character.", ""};
    }
    if (static_cast<unsigned char>(c) >= 0x80) {
      return Fault{ProblemKind::kBadTarget,
                   "The target holds a byte outside of ASCII, which must be escaped.", ""};
    }
    if (c == '\\' || c == '#') {
      return Fault{ProblemKind::kBadTarget,
                   "The target holds a backslash or a number sign, which must be escaped.", ""};
    }
  }
  constexpr std::string_view kScheme = "http://";
  if (text.starts_with(kScheme)) {
    text.remove_prefix(std::min(text.find_first_of("/?", kScheme.size()), text.size()));
  }
  const size_t question = std::min(text.find('?'), text.size());
  const std::string_view path = text.substr(0, question);
  if (!path.starts_with('/')) {
    return Fault{ProblemKind::kBadTarget, "The target does not begin with a slash.", ""};
  }
  if (path.size() > 1) {
    if (auto fault = parse_path(path, target.segments)) return fault;
  }
  return parse_query(text.substr(std::min(question + 1, text.size())), target);
}

}  // namespace barker
