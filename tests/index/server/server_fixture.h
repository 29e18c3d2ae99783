// A server whose searches tests hold and let go, and a client that sends raw bytes.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <memory>
#include <mutex>
#include <semaphore>
#include <string>
#include <thread>

#include "index/server/http_server.h"
#include "index/server/routes.h"
#include "tests/index/server/fake_service.h"

namespace barker {

inline constexpr std::chrono::seconds kPatience{60};
inline const std::string kGet = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
inline const std::string kGetLast = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
inline const std::string kSearch = "GET /v1/search?q=x HTTP/1.1\r\nHost: x\r\n\r\n";

class Client {
 public:
  explicit Client(const std::string& address) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval patience = {kPatience.count(), 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    EXPECT_EQ(connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  }
  ~Client() { close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool send(const std::string& bytes) {
    return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  }
  void end() { shutdown(socket_, SHUT_WR); }
  // From now on closing resets the connection.
  void reset() {
    const linger at_once = {1, 0};
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }

  // All that comes until the server closes, which it must do before the patience ends.
  std::string read_all() {
    std::string all;
    char bytes[4096];
    ssize_t got;
    while ((got = recv(socket_, bytes, sizeof bytes, 0)) > 0) {
      all.append(bytes, static_cast<size_t>(got));
    }
    EXPECT_FALSE(got < 0 && errno == EAGAIN) << "the server did not close the connection";
    return all;
  }

  // One response: its head and as much body as it says.
  std::string read_one() {
    for (;;) {
      const size_t end = buffer_.find("\r\n\r\n");
      if (end != std::string::npos) {
        const size_t at = buffer_.find("Content-Length: ");
        const size_t size =
            end + 4 + (at < end ? static_cast<size_t>(std::stoul(buffer_.substr(at + 16, 20))) : 0);
        if (buffer_.size() >= size) {
          const std::string one = buffer_.substr(0, size);
          buffer_.erase(0, size);
          return one;
        }
      }
      char bytes[4096];
      const ssize_t got = recv(socket_, bytes, sizeof bytes, 0);
      if (got <= 0) return buffer_;
      buffer_.append(bytes, static_cast<size_t>(got));
    }
  }

 private:
  int socket_;
  std::string buffer_;
};

class Server : public testing::Test {
 protected:
  void SetUp() override { options_.listen = {"127.0.0.1:0"}; }

  void start() {
    ServerHooks hooks;
    hooks.make_handler = [this]() -> Handler {
      return [this, service = std::make_shared<FakeService>()](const HttpRequest& request) {
        if (lane_of(request) == Lane::kSearch) {
          begun_.release();
          if (holds_) held_.acquire();
        }
        HttpResponse response = answer(request, *service);
        if (lane_of(request) == Lane::kSearch) response.body.append(padding_, ' ');
        return response;
      };
    };
    hooks.finished = [this](const FinishedRequest& request) {
      ++finished_;
      const std::lock_guard<std::mutex> lock(mutex_);
      if (request.response.status == 503) shed_route_.assign(request.route);
    };
    auto started = HttpServer::start(options_, hooks);
    ASSERT_TRUE(started.ok()) << started.status().message();
    server_ = std::move(*started);
  }
  const std::string& address() const { return server_->addresses()[0]; }

  // One search runs, until held_ is released, and another one waits behind it. The server must have
  // one thread for searches and hold them.
  void occupy(Client& running, Client& waiting) {
    running.send(kSearch);
    begun_.acquire();
    waiting.send(kSearch);
    while (server_->counts().waiting < 1) std::this_thread::yield();
  }

  // What a client that sends these bytes gets until the server closes.
  std::string ask(const std::string& bytes) {
    Client client(address());
    client.send(bytes);
    return client.read_all();
  }

  ServerOptions options_;
  std::counting_semaphore<> begun_{0}, held_{0};
  std::atomic<bool> holds_ = false;
  std::atomic<size_t> padding_ = 0;  // bytes behind the answers of searches
  std::atomic<int> finished_ = 0;
  std::mutex mutex_;
  std::string shed_route_;  // under the mutex, until the server was stopped
  std::unique_ptr<HttpServer> server_;
};

}  // namespace barker
