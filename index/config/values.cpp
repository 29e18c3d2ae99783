#include "index/config/values.h"

#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <optional>
#include <set>

#include "index/auction/days.h"
#include "index/profiles/redis_address.h"
#include "models/base/fields.h"
#include "models/base/plain_number.h"
#include "models/base/toml_text.h"

namespace barker {
namespace {

struct Unit {
  std::string_view name;
  double size;  // milliseconds or bytes
};
// The largest first, so that a value is written in the largest unit of which it is a whole
// multiple.
constexpr Unit kTimes[] = {
    {"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}};
constexpr Unit kSizes[] = {{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"GB", 1e9},
                           {"MB", 1e6},      {"kB", 1e3},      {"B", 1}};

constexpr size_t kShortestSecret = 16;
constexpr std::string_view kLmdbScheme = "lmdb:", kUnixScheme = "unix:";

std::string with_unit(double value, std::span<const Unit> units) {
  if (value == 0) return "0";
  for (const Unit& unit : units) {
    const double count = value / unit.size;
    if (count == std::floor(count)) return plain_number_text(count) + std::string(unit.name);
  }
  return plain_number_text(value) + std::string(units.back().name);
}

std::span<const Unit> binary_sizes() { return std::span(kSizes).first(3); }

// Bytes are written without a unit where they are no whole number of KiB, and then as an integer,
// because a size with an exponent would be a number with a point to TOML.
std::string size_text(double bytes) {
  const double kib = bytes / 1024;
  return kib >= 1 && kib == std::floor(kib) ? with_unit(bytes, binary_sizes())
                                            : std::to_string(static_cast<uint64_t>(bytes));
}

std::string number_of(const Key& key, double value) {
  switch (key.kind) {
    case KeyKind::kDuration:
      return with_unit(value * key.unit_ms, kTimes);
    case KeyKind::kSize:
      return size_text(value);
    case KeyKind::kInteger:
      return std::to_string(static_cast<uint64_t>(value));
    default:
      return plain_number_text(value);
  }
}

// A number and what follows it. Nothing where the text does not begin with a finite number.
std::optional<std::pair<double, std::string_view>> split_number(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || !std::isfinite(number)) return std::nullopt;
  return std::pair(number, text.substr(static_cast<size_t>(end - text.data())));
}

// The number that a text stands for, in the unit of the key's field.
std::optional<double> parse_number(const Key& key, std::string_view text) {
  const auto split = split_number(text);
  if (!split) return std::nullopt;
  const auto [number, unit] = *split;
  const bool is_duration = key.kind == KeyKind::kDuration, is_size = key.kind == KeyKind::kSize;
  if (unit.empty()) {
    if (is_duration && number != 0) return std::nullopt;  // nobody knows of what
    return number;
  }
  if (!is_duration && !is_size) return std::nullopt;
  const std::span<const Unit> units =
      is_duration ? std::span<const Unit>(kTimes) : std::span<const Unit>(kSizes);
  const auto found = std::ranges::find(units, unit, &Unit::name);
  if (found == units.end()) return std::nullopt;
  return number * found->size / (is_duration ? key.unit_ms : 1);
}

bool is_one_listen_address(std::string_view text) {
  if (text.starts_with(kUnixScheme)) return text.size() > kUnixScheme.size();
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view host = text.substr(0, colon), port = text.substr(colon + 1);
  const bool is_bracketed = host.front() == '[' && host.back() == ']' && host.size() > 2;
  if (!is_bracketed && host.find_first_of("[]:/ ") != std::string_view::npos) return false;
  unsigned number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  return error == std::errc() && end == port.data() + port.size() && number <= 65'535;
}

// One address, or several with commas between them.
bool is_listen_address(std::string_view text) {
  const std::vector<std::string> items = items_of(text);
  return !items.empty() && std::ranges::all_of(items, is_one_listen_address);
}

// The system takes no longer path of a Unix socket.
Status check_socket_path(std::string_view path) {
  constexpr size_t kLongest = sizeof(sockaddr_un::sun_path) - 1;
  if (path.size() <= kLongest) return {};
  return {Code::kBadConfiguration, "expected a path of a Unix socket of at most " +
                                       std::to_string(kLongest) + " bytes, found " +
                                       std::to_string(path.size())};
}

// An error where one address stands twice in the list. Port 0 is another port each time.
Status check_listen_addresses(std::string_view text) {
  std::set<std::string> seen;
  for (const std::string& one : items_of(text)) {
    if (one.starts_with(kUnixScheme)) {
      if (Status s = check_socket_path(one.substr(kUnixScheme.size())); !s.ok()) return s;
    }
    if (!seen.insert(one).second && !one.ends_with(":0")) {
      return {Code::kBadConfiguration, "expected different addresses, found " + one + " twice"};
    }
  }
  return {};
}

bool is_redis(std::string_view store) {
  return store.starts_with("redis://") || store.starts_with(kUnixScheme);
}

bool is_store(std::string_view text) {
  return text == "memory:" || (text.starts_with(kLmdbScheme) && text.size() > kLmdbScheme.size()) ||
         is_redis(text);
}

// A token goes into a header as it is.
bool is_secret(std::string_view text) {
  return text.empty() || (text.size() >= kShortestSecret &&
                          std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; }));
}

std::string resolved(std::string_view path, const std::string& directory) {
  if (path.empty() || path == "-" || directory.empty()) return std::string(path);
  return (std::filesystem::path(directory) / path).lexically_normal().string();
}

// Quotes what was found, but never a secret: the URL of a store may hold a password.
Status refused(const Key& key, const std::string& found) {
  const bool is_private = key.kind == KeyKind::kSecret || key.kind == KeyKind::kStore;
  return {Code::kBadConfiguration,
          "expected " + expected_value(key) + (is_private ? "" : ", found " + found)};
}

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

std::string basic_string(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

Status set_number(const Key& key, std::string_view text, ServiceConfig& config) {
  const std::optional<double> value = parse_number(key, text);
  if (!value || !(*value >= key.least && *value <= key.most)) return refused(key, quoted(text));
  const ConfigField field = key.field(config);
  if (double* const* number = std::get_if<double*>(&field)) {
    **number = *value;
    return {};
  }
  if (*value != std::floor(*value)) return refused(key, quoted(text));
  *std::get<uint64_t*>(field) = static_cast<uint64_t>(*value);
  return {};
}

Status set_switch(const Key& key, std::string_view text, ServiceConfig& config) {
  const bool is_true = text == "true" || text == "1";
  if (!is_true && text != "false" && text != "0") return refused(key, quoted(text));
  *std::get<bool*>(key.field(config)) = is_true;
  return {};
}

bool is_number(KeyKind kind) {
  return kind == KeyKind::kInteger || kind == KeyKind::kNumber || kind == KeyKind::kDuration ||
         kind == KeyKind::kSize;
}

}  // namespace

std::vector<std::string> items_of(std::string_view list) {
  std::vector<std::string> items;
  for (const std::string_view field : split_fields(list, ',')) {
    std::string item = trimmed(field);
    if (!item.empty()) items.push_back(std::move(item));
  }
  return items;
}

std::string expected_value(const Key& key) {
  const std::string range =
      " from " + number_of(key, key.least) + " to " + number_of(key, key.most);
  switch (key.kind) {
    case KeyKind::kText:
      return "a text";
    case KeyKind::kPath:
      return "a path";
    case KeyKind::kAddress:
      return "ADDRESS:PORT, such as 127.0.0.1:8080 or [::1]:8080, or unix:PATH, or several of "
             "these "
             "with commas between them";
    case KeyKind::kStore:
      return "memory:, lmdb:PATH, redis://HOST:PORT/DATABASE or unix:SOCKET";
    case KeyKind::kTimeZone:
      return "a name such as Europe/Berlin";
    case KeyKind::kSecret:
      return "at least " + std::to_string(kShortestSecret) + " ASCII letters without spaces";
    case KeyKind::kSwitch:
      return "true or false";
    case KeyKind::kInteger:
      return "an integer" + range;
    case KeyKind::kNumber:
      return "a number" + range;
    case KeyKind::kDuration: {
      const bool is_days = key.unit_ms > 1000;
      return "a duration" + range + (is_days ? ", such as \"7d\"" : ", such as \"30s\"");
    }
    case KeyKind::kSize:
      return "a size" + range + ", such as \"64KiB\"";
    case KeyKind::kChoice:
      break;
  }
  std::string words = "one of ";
  for (const std::string_view word : key.choices) {
    words += (word == key.choices.front() ? "" : ", ") + quoted(word);
  }
  return words;
}

Status set_value(const Key& key, std::string_view text, const std::string& directory,
                 ServiceConfig& config) {
  if (is_number(key.kind)) return set_number(key, text, config);
  if (key.kind == KeyKind::kSwitch) return set_switch(key, text, config);
  if ((key.kind == KeyKind::kAddress && !is_listen_address(text)) ||
      (key.kind == KeyKind::kStore && !is_store(text)) ||
      (key.kind == KeyKind::kSecret && !is_secret(text)) ||
      (key.kind == KeyKind::kTimeZone && !check_time_zone(std::string(text)).ok()) ||
      (key.kind == KeyKind::kChoice && !std::ranges::count(key.choices, text)) ||
      text.find('\0') != std::string_view::npos) {
    return refused(key, quoted(text));
  }
  if (key.kind == KeyKind::kAddress) {
    if (Status s = check_listen_addresses(text); !s.ok()) return s;
  }
  std::string value(text);
  if (key.kind == KeyKind::kStore && is_redis(text)) {
    // Its errors never quote the password.
    if (const auto redis = parse_redis_address(value); !redis.ok()) return redis.status();
  }
  if (key.kind == KeyKind::kPath) value = resolved(text, directory);
  if (key.name == "server.admin_socket") {
    if (Status status = check_socket_path(value); !status.ok()) return status;
  }
  for (const std::string_view scheme : {kLmdbScheme, kUnixScheme}) {
    if (key.kind != KeyKind::kStore || !text.starts_with(scheme)) continue;
    const std::string path = resolved(text.substr(scheme.size()), directory);
    if (scheme == kUnixScheme) {
      if (Status status = check_socket_path(path); !status.ok()) return status;
    }
    value = std::string(scheme) + path;
  }
  *std::get<std::string*>(key.field(config)) = std::move(value);
  return {};
}

Status set_value(const Key& key, const toml::node& node, const std::string& directory,
                 ServiceConfig& config) {
  const bool is_text = !is_number(key.kind) && key.kind != KeyKind::kSwitch;
  const bool has_unit = key.kind == KeyKind::kDuration || key.kind == KeyKind::kSize;
  if (const auto text = node.as_string(); text && (is_text || has_unit)) {
    return set_value(key, text->get(), directory, config);
  }
  if (const auto flag = node.as_boolean(); flag && key.kind == KeyKind::kSwitch) {
    return set_value(key, flag->get() ? "true" : "false", directory, config);
  }
  if (const auto integer = node.as_integer(); integer && is_number(key.kind)) {
    return set_value(key, std::to_string(integer->get()), directory, config);
  }
  if (const auto number = node.as_floating_point(); number && key.kind == KeyKind::kNumber) {
    return set_value(key, plain_number_text(number->get()), directory, config);
  }
  return refused(
      key, "a value of type " +
               std::string(toml::impl::node_type_friendly_names[static_cast<size_t>(node.type())]));
}

std::vector<std::string> paths_of(const Key& key, const ServiceConfig& config) {
  ServiceConfig copy = config;  // fields are handed out for writing
  const ConfigField field = key.field(copy);
  const auto* const value = std::get_if<std::string*>(&field);
  std::vector<std::string> paths;
  if (!value || (*value)->empty()) return paths;
  if (key.kind == KeyKind::kPath && **value != "-") paths.push_back(**value);
  if (key.kind != KeyKind::kStore && key.kind != KeyKind::kAddress) return paths;
  const bool is_list = key.kind == KeyKind::kAddress;
  for (const std::string& one : is_list ? items_of(**value) : std::vector{**value}) {
    for (const std::string_view scheme : {kLmdbScheme, kUnixScheme}) {
      if (one.starts_with(scheme)) paths.push_back(one.substr(scheme.size()));
    }
  }
  return paths;
}

Status with_key(std::string_view key, const Status& error) {
  const bool is_wrong_value = error.code() == Code::kInvalidArgument;
  return {is_wrong_value ? Code::kBadConfiguration : error.code(),
          std::string(key) + ": " + error.message()};
}

Status with_key_of_path(const ServiceConfig& config, const Status& error) {
  constexpr std::string_view kPlugin = "plugin ";  // stands before the path of one
  const std::string& message = error.message();
  size_t longest = 0;
  std::string_view named;
  for (const Key& key : config_keys()) {
    for (const std::string& path : paths_of(key, config)) {
      const size_t begin =
          message.starts_with(kPlugin) && key.name == "server.plugin_library" ? kPlugin.size() : 0;
      const size_t end = begin + path.size();
      if (path.size() <= longest || message.compare(begin, path.size(), path) != 0) continue;
      if (message.find_first_of(":/.-", end) != end) continue;
      longest = path.size();
      named = key.name;
    }
  }
  return named.empty() ? error : with_key(named, error);
}

std::string value_text(const Key& key, const ServiceConfig& config) {
  ServiceConfig copy = config;  // fields are handed out for writing
  const ConfigField field = key.field(copy);
  if (const auto* text = std::get_if<std::string*>(&field)) return basic_string(**text);
  if (const auto* flag = std::get_if<bool*>(&field)) return **flag ? "true" : "false";
  const auto* number = std::get_if<double*>(&field);
  const double value = number ? **number : static_cast<double>(*std::get<uint64_t*>(field));
  const std::string text = number_of(key, value);
  const bool is_plain = text.find_first_not_of("0123456789.e+-") == std::string::npos;
  return is_plain ? text : "\"" + text + "\"";
}

}  // namespace barker
