// The server with more connections and requests than it takes, and when it stops.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/index/server/server_fixture.h"

namespace barker {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;

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
  occupy(running, waiting);
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

TEST_F(Server, ShedsPipelinedSearchesInTheirOrderAndClosesWhereItIsAsked) {
  options_.search_threads = 1;
  options_.most_waiting = 1;
  holds_ = true;
  start();
  Client running(address()), waiting(address()), shed(address());
  occupy(running, waiting);
  constexpr int kMany = 2000;
  std::string requests;
  for (int i = 0; i < kMany; ++i) requests += kSearch;
  requests +=
      "HEAD /v1/search?q=x HTTP/1.1\r\nHost: x\r\n\r\n"
      "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
      "GET /v1/search?q=x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  std::thread sender([&] { EXPECT_TRUE(shed.send(requests)); });
  const std::string got = shed.read_all();
  sender.join();
  const auto refusals_in = [](const std::string& text) {
    size_t refusals = 0;
    for (size_t at = 0; (at = text.find("HTTP/1.1 503 ", at)) != std::string::npos; ++at) {
      ++refusals;
    }
    return refusals;
  };
  const size_t healthy = got.find("HTTP/1.1 200 ");
  ASSERT_NE(healthy, std::string::npos);
  EXPECT_EQ(refusals_in(got.substr(0, healthy)), kMany + 1u) << "HEAD is refused, too";
  const std::string rest = got.substr(healthy);
  EXPECT_EQ(refusals_in(rest), 1u);
  EXPECT_THAT(rest.substr(rest.find("HTTP/1.1 503 ")), HasSubstr("Connection: close\r\n"));
  held_.release(2);
  EXPECT_THAT(running.read_one(), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(waiting.read_one(), StartsWith("HTTP/1.1 200 "));
}

TEST_F(Server, ASlowSearchHoldsUpNobodyElse) {
  options_.search_threads = 1;
  holds_ = true;
  start();
  Client asking(address()), other(address());
  for (int i = 0; i < 2; ++i) {
    asking.send(kSearch);
    begun_.acquire();
    other.send(kGet);
    EXPECT_THAT(other.read_one(), HasSubstr("healthy"));
    EXPECT_THAT(ask(kGetLast), HasSubstr("healthy")) << "over a new connection";
    held_.release();
    EXPECT_THAT(asking.read_one(), HasSubstr("request_id"));
    std::this_thread::sleep_for(milliseconds(50));  // until the I/O thread sleeps
  }
}

TEST_F(Server, OfSeveralIoThreadsNoneKeepsASearchFromAThreadThatIsFree) {
  options_.search_threads = 2;
  options_.io_threads = 2;
  holds_ = true;
  start();
  Client first(address()), of_the_other(address()), second(address());  // in turn
  for (Client* client : {&first, &second}) {                            // of the same I/O thread
    client->send(kSearch);
    begun_.acquire();
  }
  of_the_other.send(kGet);
  EXPECT_THAT(of_the_other.read_one(), HasSubstr("healthy"));
  held_.release(2);
  EXPECT_THAT(first.read_one(), HasSubstr("request_id"));
  EXPECT_THAT(second.read_one(), HasSubstr("request_id"));
}

TEST_F(Server, AnswersWhereThereAreMoreIoThreadsThanThreadsThatSearch) {
  options_.search_threads = 1;
  options_.io_threads = 3;
  start();
  Client clients[] = {Client(address()), Client(address()), Client(address())};
  for (int i = 0; i < 20; ++i) {
    for (Client& client : clients) client.send(i % 2 == 0 ? kSearch : kGet);
    for (Client& client : clients) EXPECT_THAT(client.read_one(), StartsWith("HTTP/1.1 200 "));
  }
}

TEST_F(Server, AnswersAllOfManyThatWait) {
  options_.search_threads = 2;
  start();
  std::vector<std::thread> clients;
  for (int i = 0; i < 32; ++i) {
    clients.emplace_back([this] {
      Client client(address());
      for (int n = 0; n < 50; ++n) {
        EXPECT_TRUE(client.send(kSearch));
        EXPECT_THAT(client.read_one(), StartsWith("HTTP/1.1 200 "));
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(server_->stop(), 0u);
  EXPECT_EQ(finished_, 32 * 50);
}

TEST_F(Server, DoesNotSearchForWhatWaitedTooLong) {
  options_.search_threads = 1;
  options_.longest_wait = milliseconds(20);
  holds_ = true;
  start();
  Client running(address()), late(address());
  occupy(running, late);
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
  occupy(running, late);
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
}  // namespace
}  // namespace barker
