// The server with raw bytes: what is no request, what comes slowly, too large, together or not at
// all.
#include "index/server/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "tests/index/server/server_fixture.h"
#include "tests/models/base/temporary_path.h"

namespace barker {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(Server, TellsTheRoutesHowABodyIsEncoded) {
  start();
  const std::string head = "POST /v1/search HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
  EXPECT_THAT(ask(head + "Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08"),
              AllOf(StartsWith("HTTP/1.1 415 "), HasSubstr("Content-Encoding")));
  EXPECT_THAT(ask(head + "Content-Length: 9\r\n\r\n{\"q\":\"x\"}"), StartsWith("HTTP/1.1 200 "));
}

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

TEST_F(Server, KeepsWhatComesWhileASearchRuns) {
  holds_ = true;
  start();
  Client client(address());
  client.send(kSearch);
  begun_.acquire();
  client.send(kGet.substr(0, 7));  // the loop reads it now or together with the rest
  std::this_thread::sleep_for(milliseconds(20));
  held_.release();
  EXPECT_THAT(client.read_one(), HasSubstr("request_id"));
  client.send(kGet.substr(7));
  EXPECT_THAT(client.read_one(), HasSubstr("healthy"));
  client.send(kSearch);  // a second search on the same connection
  held_.release();
  EXPECT_THAT(client.read_one(), HasSubstr("request_id"));
}

TEST_F(Server, SendsWhatDoesNotFitTheSocketAtOnce) {
  padding_ = 16 << 20;
  start();
  Client client(address());
  client.send(kSearch);
  begun_.acquire();
  std::this_thread::sleep_for(milliseconds(50));  // the socket is full
  client.send(kSearch + kGetLast);
  const std::string first = client.read_one(), second = client.read_one();
  for (const std::string& got : {first, second}) {
    EXPECT_THAT(got, StartsWith("HTTP/1.1 200 "));
    EXPECT_GT(got.size(), padding_);
  }
  EXPECT_THAT(client.read_one(), HasSubstr("healthy"));
  EXPECT_EQ(client.read_all(), "");
}

TEST_F(Server, ForgetsAClientThatLeavesWhileItsSearchRuns) {
  holds_ = true;
  padding_ = 16 << 20;  // more than a socket takes that nobody reads
  start();
  for (const bool resets : {false, true}) {
    {
      Client client(address());
      client.send(kSearch);
      if (resets) client.reset();
      begun_.acquire();
    }
    held_.release();
    while (server_->counts().open > 0) std::this_thread::yield();
  }
  EXPECT_EQ(server_->stop(), 0u);
  EXPECT_EQ(finished_, 2);
}

TEST_F(Server, ClosesAConnectionThatIsIdleBehindASearch) {
  options_.idle_timeout = milliseconds(100);
  start();
  EXPECT_THAT(ask(kSearch), StartsWith("HTTP/1.1 200 "));
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

TEST_F(Server, ListensOnIpv6AndOnUnixSockets) {
  const std::string path = temporary_path("server.sock");
  options_.listen = {"[::1]:0", "unix:" + path};
  start();
  EXPECT_THAT(server_->addresses()[0], StartsWith("http://[::1]:"));
  struct stat socket_file {};
  ASSERT_EQ(stat(path.c_str(), &socket_file), 0);
  EXPECT_EQ(socket_file.st_mode & 0777, 0660u) << "a proxy of the server's group may connect";
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
