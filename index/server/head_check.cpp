#include "index/server/head_check.h"

#include <algorithm>
#include <array>
#include <string>

#include "models/base/ascii.h"

namespace barker {
namespace {

Fault bad_request(const std::string& detail) { return {ProblemKind::kBadRequest, detail, ""}; }
Fault bad_framing(const std::string& detail) { return {ProblemKind::kBadFraming, detail, ""}; }

bool same_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, ascii_lower, ascii_lower);
}

// By byte: whether it may stand in a token (RFC 9110, 5.6.2).
constexpr std::array<bool, 256> kOfToken = [] {
  std::array<bool, 256> of{};
  for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789")) {
    of[static_cast<unsigned char>(c)] = true;
  }
  for (char c = 'a'; c <= 'z'; ++c) {
    of[static_cast<unsigned char>(c)] = of[static_cast<unsigned char>(c - 'a' + 'A')] = true;
  }
  return of;
}();

bool is_token(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](char c) { return kOfToken[static_cast<unsigned char>(c)]; });
}

// Without the white space that may stand around the value of a field (RFC 9110, 5.6.3).
std::string_view without_blanks(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// The fields whose number decides how the request is framed and whom it is for.
struct Framing {
  int hosts = 0, lengths = 0, encodings = 0;
  bool is_plain = true;  // neither Connection nor Expect, Upgrade or Proxy-Connection is there
};

std::optional<Fault> check_field(std::string_view line, Framing& framing) {
  if (line[0] == ' ' || line[0] == '\t') return bad_framing("A header line is folded.");
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
    return bad_request("A header line does not begin with a name and a colon.");
  }
  const std::string_view name = line.substr(0, colon),
                         value = without_blanks(line.substr(colon + 1));
  if (same_ignoring_case(name, "host")) {
    ++framing.hosts;
    if (value.find_first_of(" \t,/@\\") != std::string_view::npos) {
      return bad_request("Host is not a host with a port.");
    }
  }
  if (same_ignoring_case(name, "content-length")) {
    ++framing.lengths;
    if (value.empty() || value.find_first_not_of("0123456789") != std::string_view::npos) {
      return bad_framing("Content-Length is not a number.");
    }
  }
  if (same_ignoring_case(name, "connection") || same_ignoring_case(name, "proxy-connection") ||
      same_ignoring_case(name, "expect") || same_ignoring_case(name, "upgrade")) {
    framing.is_plain = false;
  }
  if (same_ignoring_case(name, "transfer-encoding")) {
    ++framing.encodings;
    if (!same_ignoring_case(value, "chunked")) {
      return Fault{ProblemKind::kBadEncoding, "Transfer-Encoding is not \"chunked\".", ""};
    }
  }
  return std::nullopt;
}

std::optional<Fault> check_request_line(std::string_view line, bool& is_1_1) {
  const size_t first = line.find(' '), last = line.rfind(' ');
  if (first == std::string_view::npos || first == last || !is_token(line.substr(0, first)) ||
      line.find(' ', first + 1) != last || last == first + 1) {
    return bad_request("The request line is not a method, a target and a version.");
  }
  const std::string_view version = line.substr(last + 1);
  is_1_1 = version == "HTTP/1.1";
  if (is_1_1 || version == "HTTP/1.0") return std::nullopt;
  if (version.size() == 8 && version.starts_with("HTTP/")) {
    return Fault{ProblemKind::kHttpVersion, "The version is neither HTTP/1.1 nor HTTP/1.0.", ""};
  }
  return bad_request("The request line does not end with a version.");
}

std::optional<Fault> check_bytes(std::string_view text, size_t seen) {
  for (size_t i = seen > 0 ? seen - 1 : 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n' && (i == 0 || text[i - 1] != '\r')) {
      return bad_framing("A line ends with a bare LF.");
    }
    if (c == '\r' && i + 1 < text.size() && text[i + 1] != '\n') {
      return bad_framing("A CR stands alone.");
    }
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\r' && c != '\n' && c != '\t') ||
        c == 0x7f) {
      return bad_request("The header holds a control character.");
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Fault> check_head_start(std::string_view start, size_t seen) {
  if (!start.empty() && !is_token(start.substr(0, 1))) {
    return bad_request("The request does not begin with a method.");
  }
  return check_bytes(start, seen);
}

std::optional<Fault> check_head(std::string_view head) {
  std::optional<PlainHead> plain;
  return check_head(head, plain);
}

std::optional<Fault> check_head(std::string_view head, std::optional<PlainHead>& plain) {
  plain.reset();
  if (auto fault = check_head_start(head)) return fault;
  size_t end = head.find("\r\n");
  if (end == std::string_view::npos) return bad_request("The request line does not end.");
  bool is_1_1 = false;
  if (auto fault = check_request_line(head.substr(0, end), is_1_1)) return fault;
  Framing framing;
  for (size_t begin = end + 2;; begin = end + 2) {
    end = head.find("\r\n", begin);
    if (end == std::string_view::npos) return bad_request("The header does not end.");
    if (end == begin) break;
    if (auto fault = check_field(head.substr(begin, end - begin), framing)) return fault;
  }
  if (framing.lengths > 1) return bad_framing("There are several Content-Length fields.");
  if (framing.encodings > 1) return bad_framing("There are several Transfer-Encoding fields.");
  if (framing.lengths + framing.encodings > 1) {
    return bad_framing("There are both Content-Length and Transfer-Encoding.");
  }
  if (framing.encodings > 0 && !is_1_1) {
    return bad_framing("HTTP/1.0 has no Transfer-Encoding.");
  }
  if (framing.hosts > 1) return bad_request("There are several Host fields.");
  if (is_1_1 && framing.hosts == 0) return bad_request("There is no Host field.");
  if (is_1_1 && framing.is_plain && framing.lengths + framing.encodings == 0) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    const size_t first = line.find(' '), last = line.rfind(' ');
    plain = PlainHead{line.substr(0, first), line.substr(first + 1, last - first - 1)};
  }
  return std::nullopt;
}

}  // namespace barker
