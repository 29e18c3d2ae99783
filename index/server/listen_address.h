// Where a server listens, as people write it. Pure. [any thread]
#pragma once

#include <cstdint>
#include <string>

#include "models/base/result.h"

namespace barker {

struct ListenAddress {
  std::string host;  // a numeric address without brackets; empty: a Unix socket
  uint16_t port = 0;
  std::string path;  // of the Unix socket
};

// "127.0.0.1:8080", "[::1]:8080", "localhost:8080", "unix:PATH".
Result<ListenAddress> parse_listen_address(const std::string& text);

// A file in the way of a Unix socket is removed where it is a socket that nobody listens on. The
// error says what else is there.
Status make_way_for_socket(const std::string& path);

}  // namespace barker
