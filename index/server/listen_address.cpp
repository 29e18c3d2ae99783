#include "index/server/listen_address.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace barker {

Result<ListenAddress> parse_listen_address(const std::string& text) {
  ListenAddress address;
  if (text.starts_with("unix:")) {
    address.path = text.substr(5);
    if (!address.path.empty() && address.path.size() < sizeof(sockaddr_un::sun_path)) {
      return address;
    }
    return invalid_argument("the path of a Unix socket has 1 to 107 bytes, found \"" + text + "\"");
  }
  const size_t colon = text.rfind(':');
  const std::string port = colon == std::string::npos ? "" : text.substr(colon + 1);
  const auto parsed = std::from_chars(port.data(), port.data() + port.size(), address.port);
  const bool is_number = parsed.ec == std::errc() && parsed.ptr == port.data() + port.size();
  address.host = text.substr(0, std::min(colon, text.size()));
  if (address.host.starts_with('[') && address.host.ends_with(']')) {
    address.host = address.host.substr(1, address.host.size() - 2);
  } else if (address.host.find(':') != std::string::npos) {
    address.host.clear();  // an IPv6 address without brackets, whose end could be a port
  }
  if (address.host == "localhost") address.host = "127.0.0.1";
  if (is_number && !port.empty() && !address.host.empty()) return address;
  return invalid_argument("expected ADDRESS:PORT, [IPv6]:PORT or unix:PATH, found \"" + text +
                          "\"");
}

Status make_way_for_socket(const std::string& path) {
  struct stat info;
  if (lstat(path.c_str(), &info) != 0) return {};
  if (!S_ISSOCK(info.st_mode)) {
    return invalid_argument(path + " is there and is no socket");
  }
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return io_error(path + ": " + std::strerror(errno));
  const int connected = connect(probe, reinterpret_cast<sockaddr*>(&address), sizeof address);
  const int error = errno;
  close(probe);
  if (connected == 0) return io_error("another process serves on " + path);
  if (error != ECONNREFUSED) return io_error(path + ": " + std::strerror(error));
  unlink(path.c_str());
  return {};
}

}  // namespace barker
