#include "index/profiles/redis_connection.h"

#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace barker {

void FreeRedisReply::operator()(redisReply* reply) const noexcept { freeReplyObject(reply); }
void FreeRedisReader::operator()(redisReader* reader) const noexcept { redisReaderFree(reader); }

Result<std::unique_ptr<RedisConnection>> RedisConnection::connect(const RedisAddress& address,
                                                                  Time deadline) {
  std::unique_ptr<RedisConnection> connection(new RedisConnection);
  connection->reader_.reset(redisReaderCreate());
  if (connection->reader_ == nullptr) return io_error(address.name() + ": there is no memory");
  if (Status s = connection->open(address, deadline); !s.ok()) return s;
  if (Status s = connection->log_in(address, deadline); !s.ok()) return s;
  return connection;
}

RedisConnection::~RedisConnection() {
  if (socket_ >= 0) close(socket_);
}

bool RedisConnection::fail(std::string error) {
  error_ = std::move(error);
  return false;
}

bool RedisConnection::wait(short events, Time deadline) {
  for (;;) {
    const auto left = deadline - std::chrono::steady_clock::now();
    if (left.count() <= 0) return fail("no answer in time");
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    const timespec timeout{seconds.count(), std::chrono::nanoseconds(left - seconds).count()};
    pollfd waited{socket_, events, 0};
    const int ready = ppoll(&waited, 1, &timeout, nullptr);
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return fail(std::strerror(errno));
  }
}

bool RedisConnection::open_socket(int family, const void* address, unsigned size, Time deadline) {
  if (socket_ >= 0) close(std::exchange(socket_, -1));
  socket_ = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket_ < 0) return fail(std::strerror(errno));
  if (::connect(socket_, static_cast<const sockaddr*>(address), size) == 0) return true;
  // A Unix socket whose queue is full says EAGAIN, and cannot be waited for.
  if (errno != EINPROGRESS) return fail(std::strerror(errno));
  if (!wait(POLLOUT, deadline)) return false;
  int error = 0;
  socklen_t length = sizeof error;
  if (getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
  return error == 0 || fail(std::strerror(error));
}

Status RedisConnection::open(const RedisAddress& address, Time deadline) {
  const auto failed = [&](const std::string& why) {
    return io_error(address.name() + ": cannot connect: " + why);
  };
  if (!address.socket.empty()) {
    sockaddr_un place{};
    place.sun_family = AF_UNIX;
    std::memcpy(place.sun_path, address.socket.data(),
                std::min(address.socket.size(), sizeof place.sun_path - 1));
    return open_socket(AF_UNIX, &place, sizeof place, deadline) ? Status() : failed(error_);
  }
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  const int code =
      getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (code != 0) return failed(gai_strerror(code));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> places(found, freeaddrinfo);
  error_ = "the host has no address";
  for (const addrinfo* place = found; place != nullptr; place = place->ai_next) {
    if (!open_socket(place->ai_family, place->ai_addr, place->ai_addrlen, deadline)) continue;
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(socket_, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    return {};
  }
  return failed(error_);
}

Status RedisConnection::log_in(const RedisAddress& address, Time deadline) {
  if (!address.user.empty()) {
    add({"AUTH", address.user, address.password});
  } else if (!address.password.empty()) {
    add({"AUTH", address.password});
  }
  add({"SELECT", std::to_string(address.database)});
  if (!exchange(deadline)) return io_error(address.name() + ": cannot log in: " + error_);
  if (const redisReply* reply = refusal()) {
    return io_error(address.name() + ": cannot log in: " + std::string(reply->str, reply->len));
  }
  return {};
}

void RedisConnection::add(std::initializer_list<std::string_view> words) {
  add(std::span(words.begin(), words.size()));
}

void RedisConnection::add(std::span<const std::string_view> words) {
  out_.append("*").append(std::to_string(words.size())).append("\r\n");
  for (const std::string_view word : words) {
    out_.append("$").append(std::to_string(word.size())).append("\r\n");
    out_.append(word).append("\r\n");
  }
  ++commands_;
}

bool RedisConnection::exchange(Time deadline) {
  replies_.clear();
  error_.clear();
  const bool sent = send_all(deadline);
  out_.clear();
  const size_t count = std::exchange(commands_, 0);
  return sent && receive(count, deadline);
}

bool RedisConnection::send_all(Time deadline) {
  for (size_t sent = 0; sent < out_.size();) {
    const ssize_t n = send(socket_, out_.data() + sent, out_.size() - sent, MSG_NOSIGNAL);
    if (n >= 0) {
      sent += static_cast<size_t>(n);
    } else if (errno == EAGAIN) {
      if (!wait(POLLOUT, deadline)) return false;
    } else if (errno != EINTR) {
      return fail(std::strerror(errno));
    }
  }
  return true;
}

bool RedisConnection::receive(size_t count, Time deadline) {
  char buffer[16384];
  while (replies_.size() < count) {
    void* reply = nullptr;
    if (redisReaderGetReply(reader_.get(), &reply) != REDIS_OK) return fail(reader_->errstr);
    if (reply != nullptr) {
      replies_.emplace_back(static_cast<redisReply*>(reply));
      continue;
    }
    const ssize_t n = recv(socket_, buffer, sizeof buffer, 0);
    if (n > 0) {
      if (redisReaderFeed(reader_.get(), buffer, static_cast<size_t>(n)) != REDIS_OK) {
        return fail(reader_->errstr);
      }
      // A sender that never pauses must not outlast the deadline, either.
      if (std::chrono::steady_clock::now() > deadline) return fail("no answer in time");
    } else if (n == 0) {
      return fail("the connection was closed");
    } else if (errno == EAGAIN) {
      if (!wait(POLLIN, deadline)) return false;
    } else if (errno != EINTR) {
      return fail(std::strerror(errno));
    }
  }
  return true;
}

const redisReply* RedisConnection::refusal() const {
  for (const RedisReply& reply : replies_) {
    if (reply->type == REDIS_REPLY_ERROR) return reply.get();
  }
  return nullptr;
}

}  // namespace barker
