#include "index/profiles/redis_address.h"

#include <charconv>
#include <optional>
#include <string_view>

namespace barker {
namespace {

constexpr std::string_view kTcp = "redis://", kUnix = "unix:", kDatabase = "?db=";
constexpr int kMostPort = 65535, kMostDatabase = 1'000'000;

Status wrong(const std::string& what) {
  return {Code::kBadConfiguration,
          "profiles: the address of Redis: " + what +
              "; expected redis://[:PASSWORD@]HOST[:PORT][/DB] or unix:SOCKET[?db=DB]"};
}

std::optional<int> number_of(std::string_view text, int most) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value >= 0 && value <= most ? std::optional(value) : std::nullopt;
}

// Replaces %2F and its like.
std::optional<std::string> decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    unsigned byte = 0;
    const std::string_view digits = text.substr(i + 1, 2);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (digits.size() != 2 || error != std::errc() || end != digits.data() + 2) {
      return std::nullopt;
    }
    out.push_back(static_cast<char>(byte));
    i += 2;
  }
  return out;
}

Result<RedisAddress> parse_unix(std::string_view text) {
  RedisAddress address;
  if (const size_t query = text.rfind(kDatabase); query != std::string_view::npos) {
    const std::optional<int> database =
        number_of(text.substr(query + kDatabase.size()), kMostDatabase);
    if (!database) return wrong("the database is no number");
    address.database = *database;
    text = text.substr(0, query);
  }
  if (text.empty()) return wrong("the path of the socket is missing");
  if (text.size() > 107) return wrong("the path of the socket is longer than 107 bytes");
  address.socket = text;
  return address;
}

// Takes USER:PASSWORD@ off the front.
Status parse_credentials(std::string_view& text, RedisAddress& address) {
  const size_t at = text.rfind('@');
  if (at == std::string_view::npos) return {};
  const std::string_view credentials = text.substr(0, at);
  const size_t colon = credentials.find(':');
  if (colon == std::string_view::npos) return wrong("there is no : before the password");
  const std::optional<std::string> user = decoded(credentials.substr(0, colon));
  const std::optional<std::string> password = decoded(credentials.substr(colon + 1));
  if (!user || !password) return wrong("% in user or password needs two hexadecimal digits");
  address.user = *user;
  address.password = *password;
  text = text.substr(at + 1);
  return {};
}

Result<RedisAddress> parse_tcp(std::string_view text) {
  RedisAddress address;
  if (Status s = parse_credentials(text, address); !s.ok()) return s;
  if (const size_t slash = text.find('/'); slash != std::string_view::npos) {
    const std::string_view database = text.substr(slash + 1);
    const std::optional<int> number = number_of(database, kMostDatabase);
    if (!database.empty() && !number) return wrong("the database is no number");
    address.database = number.value_or(0);
    text = text.substr(0, slash);
  }
  if (text.starts_with('[')) {  // an address of IPv6
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return wrong("there is no ] behind the host");
    address.host = text.substr(1, end - 1);
    text = text.substr(end + 1);
    if (!text.empty() && text[0] != ':') return wrong("the port is no number");
  } else {
    const size_t colon = text.find(':');
    address.host = text.substr(0, colon);
    text = colon == std::string_view::npos ? "" : text.substr(colon);
  }
  if (address.host.empty()) return wrong("the host is missing");
  if (text.empty()) return address;
  const std::optional<int> port = number_of(text.substr(1), kMostPort);
  if (!port || *port == 0) return wrong("the port is no number from 1 to 65535");
  address.port = *port;
  return address;
}

}  // namespace

std::string RedisAddress::name() const {
  const std::string place = socket.empty() ? "redis://" + host + ":" + std::to_string(port) + "/"
                                           : "unix:" + socket + "?db=";
  return place + std::to_string(database);
}

Result<RedisAddress> parse_redis_address(const std::string& text) {
  const std::string_view all = text;
  if (all.starts_with(kUnix)) return parse_unix(all.substr(kUnix.size()));
  if (all.starts_with(kTcp)) return parse_tcp(all.substr(kTcp.size()));
  return wrong("it begins with neither redis:// nor unix:");
}

}  // namespace barker
