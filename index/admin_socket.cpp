#include "index/admin_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace barker {
namespace {

constexpr size_t kLongestCommand = 4096, kLongestAnswer = 1 << 20;

Status failed(const std::string& path) { return io_error(path + ": " + std::strerror(errno)); }

Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return invalid_argument("\"" + path + "\": expected a path of 1 to " +
                            std::to_string(sizeof address.sun_path - 1) + " bytes");
  }
  std::memcpy(address.sun_path, path.c_str(), path.size());
  return address;
}

// A connected socket, or -1 and errno.
int connect_to(const sockaddr_un& address) {
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -1;
  if (connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    return descriptor;
  }
  const int error = errno;
  close(descriptor);
  errno = error;
  return -1;
}

void wait_at_most(int descriptor, int seconds) {
  const timeval limit = {seconds, 0};
  setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

bool send_line(int descriptor, const std::string& line) {
  const std::string text = line + "\n";
  for (size_t done = 0; done < text.size();) {
    const ssize_t sent = send(descriptor, text.data() + done, text.size() - done, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    done += static_cast<size_t>(sent);
  }
  return true;
}

// False: no whole line came.
bool receive_line(int descriptor, size_t longest, std::string& line) {
  char buffer[4096];
  while (line.find('\n') == std::string::npos && line.size() <= longest) {
    const ssize_t got = recv(descriptor, buffer, sizeof buffer, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    line.append(buffer, static_cast<size_t>(got));
  }
  if (line.find('\n') == std::string::npos) return false;
  line.resize(line.find('\n'));
  return true;
}

}  // namespace

Result<AdminSocket> AdminSocket::listen(const std::string& path) {
  const Result<sockaddr_un> address = address_of(path);
  if (!address.ok()) return address.status();
  struct stat info {};
  if (lstat(path.c_str(), &info) == 0) {
    if (!S_ISSOCK(info.st_mode)) return io_error(path + ": exists and is no socket");
    const int other = connect_to(*address);
    if (other >= 0) {
      close(other);
      return io_error(path + ": another engine answers there");
    }
    if (errno != ECONNREFUSED) return failed(path);
    unlink(path.c_str());
  }
  AdminSocket made(path, socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (made.descriptor_ < 0) return failed(path);
  fchmod(made.descriptor_, 0600);  // before it has a name
  if (bind(made.descriptor_, reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0) {
    const Status status = failed(path);
    made.path_.clear();  // whatever is there is not ours
    return status;
  }
  if (::listen(made.descriptor_, 8) != 0) return failed(path);
  return made;
}

AdminSocket::AdminSocket(AdminSocket&& other) noexcept
    : path_(std::exchange(other.path_, "")), descriptor_(std::exchange(other.descriptor_, -1)) {}

AdminSocket::~AdminSocket() {
  if (descriptor_ >= 0) close(descriptor_);
  if (!path_.empty()) unlink(path_.c_str());
}

void AdminSocket::answer(const std::function<std::string(const std::string&)>& reply) const {
  const int asker = accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC);
  if (asker < 0) return;
  wait_at_most(asker, 1);
  std::string command;
  if (receive_line(asker, kLongestCommand, command)) send_line(asker, reply(command));
  close(asker);
}

Result<std::string> ask_engine(const std::string& path, const std::string& command) {
  const Result<sockaddr_un> address = address_of(path);
  if (!address.ok()) return address.status();
  const int engine = connect_to(*address);
  if (engine < 0) return failed(path);
  wait_at_most(engine, 60);  // it may be loading weights
  std::string answer;
  const bool answered = send_line(engine, command) && receive_line(engine, kLongestAnswer, answer);
  close(engine);
  if (!answered) return io_error(path + ": the engine did not answer");
  return answer;
}

}  // namespace barker
