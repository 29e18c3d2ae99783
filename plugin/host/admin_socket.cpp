#include "plugin/host/admin_socket.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
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

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kPatience = std::chrono::seconds(1);

// Closes a descriptor at the end of its scope.
struct Descriptor {
  const int number;
  ~Descriptor() {
    if (number >= 0) close(number);
  }
};

// A connected socket, or -1 and errno: EAGAIN where the other side did not accept in time.
int connect_to(const sockaddr_un& address, milliseconds patience) {
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -1;
  const timeval limit = {patience.count() / 1000, patience.count() % 1000 * 1000};
  setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);  // limits connect, too
  if (connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    return descriptor;
  }
  const int error = errno;
  close(descriptor);
  errno = error;
  return -1;
}

// Waits until the socket is ready or the time is up. The time limits a whole line and not a byte,
// so that a client cannot stretch it by sending or taking a byte now and then.
bool is_ready(int descriptor, short events, Clock::time_point until) {
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(until - Clock::now()).count();
    pollfd wait = {descriptor, events, 0};
    const int ready = poll(&wait, 1, static_cast<int>(std::max<int64_t>(left, 0)));
    if (ready >= 0 || errno != EINTR) return ready > 0;
  }
}

bool send_line(int descriptor, const std::string& line, Clock::time_point until) {
  const std::string text = line + "\n";
  for (size_t done = 0; done < text.size();) {
    if (!is_ready(descriptor, POLLOUT, until)) return false;
    const ssize_t sent =
        send(descriptor, text.data() + done, text.size() - done, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (sent <= 0) return false;
    done += static_cast<size_t>(sent);
  }
  return true;
}

// Returns false where no whole line came in time.
bool receive_line(int descriptor, size_t longest, std::string& line, Clock::time_point until) {
  char buffer[4096];
  while (line.find('\n') == std::string::npos && line.size() <= longest) {
    if (!is_ready(descriptor, POLLIN, until)) return false;
    const ssize_t got = recv(descriptor, buffer, sizeof buffer, MSG_DONTWAIT);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got <= 0) return false;
    line.append(buffer, static_cast<size_t>(got));
  }
  if (line.find('\n') == std::string::npos) return false;
  line.resize(line.find('\n'));
  return true;
}

// Removes the socket that a dead engine left at `path`. Refuses to remove anything else.
Status remove_dead_socket(const std::string& path, const sockaddr_un& address) {
  struct stat info {};
  if (lstat(path.c_str(), &info) != 0) return {};
  if (!S_ISSOCK(info.st_mode)) return io_error(path + ": exists and is no socket");
  const int other = connect_to(address, kPatience);
  if (other >= 0 || errno == EAGAIN) {
    if (other >= 0) close(other);
    return io_error(path + ": another engine answers there");
  }
  if (errno != ECONNREFUSED) return failed(path);
  unlink(path.c_str());
  return {};
}

}  // namespace

Result<AdminSocket> AdminSocket::listen(const std::string& path) {
  const Result<sockaddr_un> address = address_of(path);
  if (!address.ok()) return address.status();
  // The lock is held from before the old socket is removed until after the new one is.
  const std::string lock = path + ".lock";
  AdminSocket made(open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (made.lock_ < 0) return failed(lock);
  if (flock(made.lock_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return failed(lock);
    return io_error(path + ": another engine answers there: it holds " + lock);
  }
  if (Status s = remove_dead_socket(path, *address); !s.ok()) return s;
  made.descriptor_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (made.descriptor_ < 0) return failed(path);
  fchmod(made.descriptor_, 0600);  // before it has a name by which others could open it
  if (bind(made.descriptor_, reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0) {
    return failed(path);
  }
  made.path_ = path;
  if (::listen(made.descriptor_, 8) != 0) return failed(path);
  return made;
}

AdminSocket::AdminSocket(AdminSocket&& other) noexcept
    : path_(std::exchange(other.path_, "")),
      lock_(std::exchange(other.lock_, -1)),
      descriptor_(std::exchange(other.descriptor_, -1)) {}

AdminSocket::~AdminSocket() {
  if (descriptor_ >= 0) close(descriptor_);
  if (!path_.empty()) unlink(path_.c_str());
  if (lock_ >= 0) close(lock_);
}

bool AdminSocket::answer(const std::function<std::string(const std::string&)>& reply) const {
  const Descriptor client = {accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC)};
  if (client.number < 0) return false;
  std::string command;
  if (receive_line(client.number, kLongestCommand, command, Clock::now() + kPatience)) {
    const std::string answer = reply(command);
    send_line(client.number, answer, Clock::now() + kPatience);
  }
  return true;
}

Result<std::string> ask_engine(const std::string& path, const std::string& command,
                               milliseconds patience) {
  const Result<sockaddr_un> address = address_of(path);
  if (!address.ok()) return address.status();
  const Clock::time_point until = Clock::now() + patience;
  const Descriptor engine = {connect_to(*address, patience)};
  if (engine.number < 0 && errno != EAGAIN) return failed(path);
  std::string answer;
  const bool answered = engine.number >= 0 && send_line(engine.number, command, until) &&
                        receive_line(engine.number, kLongestAnswer, answer, until);
  if (!answered) return io_error(path + ": the engine did not answer");
  return answer;
}

}  // namespace barker
