#include "index/commands/ready_notice.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace barker {

Result<bool> notify_ready() {
  constexpr std::string_view kReady = "READY=1";
  const char* const named = std::getenv("NOTIFY_SOCKET");
  if (!named) return false;
  const std::string path = named;
  const auto failed = [&](const char* why) {
    return io_error("NOTIFY_SOCKET: " + path + ": " + why);
  };
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return failed("expected a path of 1 to 107 bytes");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  if (path[0] == '@') address.sun_path[0] = '\0';  // a name that is no file
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  const int sender = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (sender < 0) return failed(std::strerror(errno));
  const ssize_t sent = sendto(sender, kReady.data(), kReady.size(), MSG_NOSIGNAL,
                              reinterpret_cast<const sockaddr*>(&address), size);
  const int error = errno;
  close(sender);
  if (sent < 0) return failed(std::strerror(error));
  return true;
}

}  // namespace barker
