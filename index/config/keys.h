// The keys of the configuration: one table, from which the file, the variables, the flags, the help
// and the checks are made. Static data: any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "index/config/service_config.h"

namespace barker {

enum class KeyKind : uint8_t {
  kText,
  kPath,      // relative to the directory of the file in which it stands
  kAddress,   // "HOST:PORT", "[::1]:8080"
  kStore,     // "memory:", "lmdb:PATH", "redis://HOST:PORT/DATABASE", "unix:SOCKET"
  kTimeZone,  // "Europe/Berlin"
  kSecret,    // never printed, and no flag, because every user of the machine sees flags
  kChoice,    // one of some words
  kSwitch,    // true or false
  kInteger,
  kNumber,
  kDuration,  // "250ms", "30s", "15m", "1h", "90d"
  kSize,      // bytes: 4096, "64KiB", "1GiB"
};

// The field of a configuration that a key sets.
using ConfigField = std::variant<std::string*, bool*, uint64_t*, double*>;

struct Key {
  std::string_view name;  // "server.listen": table and key
  KeyKind kind;
  ConfigField (*field)(ServiceConfig& config);
  std::string_view about;       // one sentence: what it does
  double least = 0, most = 0;   // of numbers, durations and sizes, in the unit of the field
  double unit_ms = 1;           // of the field of a duration
  std::string_view alias = {};  // another flag, the same as in other commands: "listen"
  std::vector<std::string_view> choices = {};

  std::string_view table() const { return name.substr(0, name.find('.')); }
  std::string_view leaf() const { return name.substr(name.find('.') + 1); }
  std::string variable() const;  // "BARKER_SERVER_LISTEN"
  std::string flag() const;      // "server-listen", without the hyphens before it
};

// In the order of the file: the keys of a table stand together.
std::span<const Key> config_keys();

// Null where there is none.
const Key* find_key(std::string_view name);

struct ConfigTable {
  std::string_view name;   // "server"
  std::string_view about;  // one sentence
};
std::span<const ConfigTable> config_tables();

}  // namespace barker
