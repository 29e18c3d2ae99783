// The server with raw bytes: what is no request, what comes slowly, too large, together or not at all.
#include "index/server/http_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <semaphore>
#include <thread>

#include "index/server/routes.h"
#include "tests/index/server/fake_service.h"
#include "tests/models/base/temporary_path.h"

namespace barker {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::chrono::seconds kPatience{60};
const std::string kGet = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
const std::string kGetLast = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
const std::string kSearch = "GET /v1/search?q=x HTTP/1.1\r\nHost: x\r\n\r\n";

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

  // All that comes until the server closes.
  std::string read_all() {
    std::string all;
    char bytes[4096];
    for (ssize_t got; (got = recv(socket_, bytes, sizeof bytes, 0)) > 0;) {
      all.append(bytes, static_cast<size_t>(got));
    }
    return all;
  }

  // One response: its head and as much body as it says.
  std::string read_one() {
    for (;;) {
      const size_t end = buffer_.find("\r\n\r\n");
      if (end != std::string::npos) {
        const size_t at = buffer_.find("Content-Length: ");
        const size_t size =
            end + 4 + (at < end ? static_cast<size_t>(std::stoul(buffer_.substr(at + 16))) : 0);
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
        return answer(request, *service);
      };
    };
    hooks.finished = [this](const FinishedRequest& request) {
      ++finished_;
      if (request.response.status == 503) shed_route_ = request.response.route;
    };
    auto started = HttpServer::start(options_, hooks);
    ASSERT_TRUE(started.ok()) << started.status().message();
    server_ = std::move(*started);
  }
  const std::string& address() const { return server_->addresses()[0]; }

  // What a client that sends these bytes gets until the server closes.
  std::string ask(const std::string& bytes) {
    Client client(address());
    client.send(bytes);
    return client.read_all();
  }

  ServerOptions options_;
  std::counting_semaphore<> begun_{0}, held_{0};
  std::atomic<bool> holds_ = false;
  std::atomic<int> finished_ = 0;
  std::string shed_route_;  // of the I/O thread, until the server was stopped
  std::unique_ptr<HttpServer> server_;
};

TEST_F(Server, AnswersRequestsOfOneConnectionInTheirOrder) {
  start();
  Client client(address());
  client.send(kGet);
  EXPECT_THAT(client.read_one(), StartsWith("HTTP/1.1 200 OK\r\n"));
  client.send(kSearch + "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n" + kGetLast);  // at once
  EXPECT_THAT(client.read_one(), HasSubstr("request_id"));
  EXPECT_THAT(client.read_one(), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(client.read_one(), HasSubstr("healthy"));
  EXPECT_EQ(client.read_all(), "");
}

TEST_F(Server, TakesARequestByteByByte) {
  start();
  Client client(address());
  const std::string request =
      "POST /v1/search HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nConnection: close\r\n\r\n"
      "{\"q\":\"x\"}";
  for (const char byte : request) ASSERT_TRUE(client.send(std::string(1, byte)));
  EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 200 "));
}

TEST_F(Server, ReadsChunkedBodiesAndMeetsExpectations) {
  start();
  Client client(address());
  client.send(
      "POST /v1/search HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nExpect: "
      "100-continue\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(client.read_one(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("4\r\n{\"q\"\r\n5\r\n:\"x\"}\r\n0\r\n\r\n");
  EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 200 "));
}

TEST_F(Server, SendsNoInterimResponseToAClientOfHttp10) {
  start();
  EXPECT_THAT(ask("POST /v1/search HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n"
                  "{\"q\":\"x\"}"),
              StartsWith("HTTP/1.1 200 "));
}

TEST_F(Server, AnswersAClientThatClosedItsSide) {
  start();
  Client client(address());
  client.send(kSearch);
  client.end();
  EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 200 "));
}

TEST_F(Server, LeavesTheBodyOutOfTheAnswerToHead) {
  start();
  const std::string got = ask("HEAD /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(got, HasSubstr("Content-Length: 21\r\n"));
  EXPECT_TRUE(got.ends_with("\r\n\r\n"));
}

TEST_F(Server, RefusesWhatIsNoRequestEachWithItsStatus) {
  options_.most_header = 1024;
  options_.most_body = 100;
  start();
  const std::string post = "POST /v1/search HTTP/1.1\r\nHost: x\r\n";
  const std::pair<std::string, int> kWrong[] = {
      {"\x16\x03\x01\x02", 400},  // the beginning of TLS
      {"GET /healthz HTTP/1.1\nHost: x\n\n", 400},
      {"GET /healthz HTTP/1.1\r\n\r\n", 400},
      {post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400},
      {post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
      {post + "Transfer-Encoding: gzip\r\n\r\n", 501},
      {post + "Content-Length: 101\r\n\r\n", 413},
      {post + "Transfer-Encoding: chunked\r\n\r\nff\r\n" + std::string(255, 'x'), 413},
      {post + "A: " + std::string(1100, 'x'), 431},
      {"GET /" + std::string(1100, 'x'), 414},
      {post + "Expect: a-pony\r\nContent-Length: 2\r\n\r\n", 417},
      {"GET /healthz HTTP/3.0\r\nHost: x\r\n\r\n", 505}};
  for (const auto& [bytes, status] : kWrong) {
    EXPECT_THAT(ask(bytes), StartsWith("HTTP/1.1 " + std::to_string(status) + " ")) << bytes;
  }
  Client half(address());
  half.send("GET /heal");
  half.end();
  EXPECT_THAT(half.read_all(), StartsWith("HTTP/1.1 400 "));
}

TEST_F(Server, EndsWhatComesTooSlowly) {
  options_.read_timeout = milliseconds(100);
  start();
  EXPECT_THAT(ask("GET /healthz HT"), StartsWith("HTTP/1.1 408 "));
  EXPECT_THAT(ask("POST /v1/search HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{"),
              StartsWith("HTTP/1.1 408 "));
}

TEST_F(Server, ClosesConnectionsThatAreIdle) {
  options_.idle_timeout = milliseconds(100);
  start();
  EXPECT_EQ(ask(""), "");
  EXPECT_THAT(ask(kGet), StartsWith("HTTP/1.1 200 "));
}

TEST_F(Server, AnswersBesideAThousandIdleConnections) {
  start();
  std::vector<std::unique_ptr<Client>> idle;
  for (int i = 0; i < 1000; ++i) idle.push_back(std::make_unique<Client>(address()));
  EXPECT_THAT(ask(kGetLast), StartsWith("HTTP/1.1 200 "));
  idle[500]->send(kGet);
  EXPECT_THAT(idle[500]->read_one(), StartsWith("HTTP/1.1 200 "));
  EXPECT_GE(server_->counts().open, 1000u);
  idle.clear();
  while (server_->counts().open > 0) std::this_thread::yield();
}

TEST_F(Server, TurnsAwayMoreConnectionsThanItMayHave) {
  options_.most_connections = 2;
  start();
  Client first(address()), second(address());
  first.send(kGet);
  second.send(kGet);
  EXPECT_THAT(first.read_one(), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(second.read_one(), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(ask(""), StartsWith("HTTP/1.1 503 "));
  EXPECT_EQ(server_->counts().refused, 1u);
}

TEST_F(Server, TurnsAwayMoreConnectionsThanOneAddressMayHave) {
  options_.most_connections_of_one = 1;
  start();
  Client first(address());
  first.send(kGet);
  EXPECT_THAT(first.read_one(), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(ask(""), StartsWith("HTTP/1.1 429 "));
}

TEST_F(Server, RefusesWhoAsksTooOften) {
  options_.requests_per_second = 0.001;
  options_.burst = 2;
  start();
  Client client(address());
  for (const int status : {200, 200, 429, 429}) {
    client.send(kSearch);
    EXPECT_THAT(client.read_one(), StartsWith("HTTP/1.1 " + std::to_string(status)));
  }
  client.send(kGet);  // is no work
  EXPECT_THAT(client.read_one(), StartsWith("HTTP/1.1 200 "));
}

TEST_F(Server, ShedsWhatFindsTheQueueFull) {
  options_.search_threads = 1;
  options_.most_waiting = 1;
  holds_ = true;
  start();
  Client running(address()), waiting(address()), shed(address());
  running.send(kSearch);
  begun_.acquire();
  waiting.send(kSearch);
  while (server_->counts().waiting < 1) std::this_thread::yield();
  shed.send(kSearch);
  const std::string refused = shed.read_one();
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(refused, HasSubstr("Retry-After: "));
  shed.send(kGet);  // the same connection, beside the full queue
  EXPECT_THAT(shed.read_one(), StartsWith("HTTP/1.1 200 "));
  held_.release(2);
  EXPECT_THAT(running.read_one(), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(waiting.read_one(), StartsWith("HTTP/1.1 200 "));
  server_->stop();
  EXPECT_EQ(shed_route_, "/v1/search") << "the counters tell which requests were shed";
}

TEST_F(Server, DoesNotSearchForWhatWaitedTooLong) {
  options_.search_threads = 1;
  options_.longest_wait = milliseconds(20);
  holds_ = true;
  start();
  Client running(address()), late(address());
  running.send(kSearch);
  begun_.acquire();
  late.send(kSearch);
  while (server_->counts().waiting < 1) std::this_thread::yield();
  std::this_thread::sleep_for(milliseconds(40));
  held_.release();
  EXPECT_THAT(late.read_one(), HasSubstr("deadline-passed"));
  EXPECT_FALSE(begun_.try_acquire());
}

TEST_F(Server, ShedsWhatWouldWaitBehindARequestThatWaitedTooLong) {
  options_.search_threads = 1;
  options_.longest_wait = milliseconds(20);
  holds_ = true;
  start();
  Client running(address()), late(address()), behind(address());
  running.send(kSearch);
  begun_.acquire();
  late.send(kSearch);
  while (server_->counts().waiting < 1) std::this_thread::yield();
  std::this_thread::sleep_for(milliseconds(40));
  behind.send(kSearch);
  EXPECT_THAT(behind.read_one(), HasSubstr("overloaded"));
  held_.release();
  EXPECT_THAT(late.read_one(), HasSubstr("deadline-passed"));
}

TEST_F(Server, AnswersWhatRunsWhenItStops) {
  options_.search_threads = 2;
  holds_ = true;
  start();
  Client first(address()), second(address()), idle(address());
  first.send(kSearch);
  second.send(kSearch);
  begun_.acquire();
  begun_.acquire();
  std::thread stopper([this] { EXPECT_EQ(server_->stop(), 0u); });
  EXPECT_EQ(idle.read_all(), "");  // it is closed at once
  held_.release(2);
  for (Client* client : {&first, &second}) {
    const std::string got = client->read_all();
    EXPECT_THAT(got, StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(got, HasSubstr("Connection: close\r\n"));
  }
  stopper.join();
  EXPECT_EQ(finished_, 2);
}

TEST_F(Server, StopsUnderLoadAndLosesNoRequestThatItHasTaken) {
  options_.search_threads = 2;
  start();
  std::atomic<int> halves = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([this, &halves] {
      Client client(address());
      for (;;) {
        if (!client.send(kSearch)) return;
        const std::string got = client.read_one();
        if (got.empty()) return;
        if (!got.starts_with("HTTP/1.1 200 ") || !got.ends_with("}\n")) ++halves;
        if (got.find("Connection: close") != std::string::npos) return;
      }
    });
  }
  for (int i = 0; i < 200; ++i) begun_.acquire();
  EXPECT_EQ(server_->stop(), 0u);
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(halves, 0);
}

TEST_F(Server, CutsOffWhatDoesNotEnd) {
  options_.stop_timeout = milliseconds(50);
  holds_ = true;
  start();
  Client client(address());
  client.send(kSearch);
  begun_.acquire();
  std::thread late([this] {
    std::this_thread::sleep_for(milliseconds(200));
    held_.release();
  });
  EXPECT_EQ(server_->stop(), 1u);
  late.join();
}

TEST_F(Server, ListensOnIpv6AndOnUnixSockets) {
  const std::string path = temporary_path("server.sock");
  options_.listen = {"[::1]:0", "unix:" + path};
  start();
  EXPECT_THAT(server_->addresses()[0], StartsWith("http://[::1]:"));
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  path.copy(to.sun_path, sizeof to.sun_path - 1);
  const int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(connect(client, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  ASSERT_EQ(::send(client, kGet.data(), kGet.size(), 0), static_cast<ssize_t>(kGet.size()));
  char bytes[12];
  ASSERT_EQ(recv(client, bytes, sizeof bytes, MSG_WAITALL), 12);
  EXPECT_EQ(std::string(bytes, 12), "HTTP/1.1 200");
  close(client);
  ServerHooks hooks;
  hooks.make_handler = []() -> Handler {
    return [](const HttpRequest&) { return HttpResponse(); };
  };
  EXPECT_FALSE(HttpServer::start(options_, hooks).ok()) << "another server has the socket";
  server_->stop();
  EXPECT_NE(access(path.c_str(), F_OK), 0);
}

TEST(HttpServer, SaysWhichAddressItCannotHave) {
  ServerHooks hooks;
  hooks.make_handler = []() -> Handler {
    return [](const HttpRequest&) { return HttpResponse(); };
  };
  for (const char* address : {"8080", "::1:8080", "host.invalid:1", "127.0.0.1:x",
                              "unix:", "127.0.0.1:70000", "192.0.2.1:0"}) {
    ServerOptions options;
    options.listen = {address};
    const auto started = HttpServer::start(options, hooks);
    ASSERT_FALSE(started.ok()) << address;
    EXPECT_THAT(started.status().message(), HasSubstr(address));
  }
}

}  // namespace
}  // namespace barker
