// A client that sends requests at a fixed rate, whatever is answered, as many clients do that know
// nothing of each other. A request that is refused is not sent again, and the next one comes all
// the same. wrk sends the next request when the last one was answered, so that it slows down
// together with the server.
//
//   overload_client http://127.0.0.1:PORT PATHS RATE SECONDS [CONNECTIONS]
//
// PATHS is a file with one target a line, and the targets are asked for in turn. The client prints
// "answered N refused N other N skipped N p50_us N p99_us N refusal_bytes N". The first three count
// the responses by their status, 200, 503 or another one, and `other` counts lost connections, too.
// A request is skipped if all connections still wait for a response when it is due. The times are
// those of the answered requests. They begin when a request is due, not when it is sent, so that a
// client that falls behind does not report times that are too short. The bytes are those of the
// last response that was not 200.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Connection {
  int socket = -1;
  Clock::time_point due;  // the request that it waits for
  std::string got;
};

int connect_to(uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(socket, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) return -1;
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  fcntl(socket, F_SETFL, O_NONBLOCK);
  return socket;
}

// Whether a whole response has come, by its Content-Length.
bool is_whole(const std::string& got) {
  const size_t end = got.find("\r\n\r\n");
  if (end == std::string::npos) return false;
  const size_t at = got.find("Content-Length: ");
  if (at >= end) return true;
  return got.size() >= end + 4 + std::strtoul(got.c_str() + at + 16, nullptr, 10);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fputs("usage: overload_client ADDRESS PATHS RATE SECONDS [CONNECTIONS]\n", stderr);
    return 64;
  }
  const std::string address = argv[1];
  const auto port =
      static_cast<uint16_t>(std::atoi(address.substr(address.rfind(':') + 1).c_str()));
  std::vector<std::string> requests;
  std::ifstream paths(argv[2]);
  for (std::string path; std::getline(paths, path);) {
    requests.push_back("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  }
  const double rate = std::atof(argv[3]), seconds = std::atof(argv[4]);
  if (!(rate > 0) || !(seconds > 0)) {
    std::fputs("overload_client: expected a RATE and SECONDS above 0\n", stderr);
    return 64;
  }
  std::vector<Connection> connections(argc > 5 ? static_cast<size_t>(std::atoi(argv[5])) : 512);
  const int poll = epoll_create1(EPOLL_CLOEXEC);
  std::vector<size_t> idle;
  for (size_t i = 0; i < connections.size(); ++i) {
    connections[i].socket = connect_to(port);
    epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
    if (requests.empty() || connections[i].socket < 0 ||
        epoll_ctl(poll, EPOLL_CTL_ADD, connections[i].socket, &event) != 0) {
      std::fprintf(stderr, "overload_client: cannot ask %s\n", address.c_str());
      return 66;
    }
    idle.push_back(i);
  }
  size_t asked = 0, refused = 0, other = 0, skipped = 0, refusal_bytes = 0;
  std::vector<double> answered;
  const Clock::time_point start = Clock::now();
  for (;;) {
    const double passed = std::chrono::duration<double>(Clock::now() - start).count();
    if (passed >= seconds) break;
    for (; static_cast<double>(asked) <= passed * rate; ++asked) {
      if (idle.empty()) {
        ++skipped;
        continue;
      }
      Connection& connection = connections[idle.back()];
      const std::string& request = requests[asked % requests.size()];
      const std::chrono::duration<double> due_after(static_cast<double>(asked) / rate);
      connection.due = start + std::chrono::duration_cast<Clock::duration>(due_after);
      connection.got.clear();
      idle.pop_back();
      if (send(connection.socket, request.data(), request.size(), MSG_NOSIGNAL) < 0) ++other;
    }
    epoll_event events[256];
    const int ready = epoll_wait(poll, events, 256, 0);
    for (int i = 0; i < ready; ++i) {
      Connection& connection = connections[events[i].data.u64];
      char bytes[16384];
      const ssize_t size = recv(connection.socket, bytes, sizeof bytes, 0);
      if (size <= 0) {
        epoll_ctl(poll, EPOLL_CTL_DEL, connection.socket, nullptr);
        ++other;
        continue;
      }
      connection.got.append(bytes, static_cast<size_t>(size));
      if (!is_whole(connection.got)) continue;
      const int status = std::atoi(connection.got.c_str() + sizeof "HTTP/1.1");
      if (status == 200) {
        answered.push_back(std::chrono::duration<double>(Clock::now() - connection.due).count());
      } else {
        ++(status == 503 ? refused : other);
        refusal_bytes = connection.got.size();
      }
      idle.push_back(events[i].data.u64);
    }
  }
  std::sort(answered.begin(), answered.end());
  const auto quantile = [&answered](double of) {
    return answered.empty()
               ? 0.0
               : answered[static_cast<size_t>(of * static_cast<double>(answered.size() - 1))] * 1e6;
  };
  std::printf(
      "answered %zu refused %zu other %zu skipped %zu p50_us %.0f p99_us %.0f refusal_bytes %zu\n",
      answered.size(), refused, other, skipped, quantile(0.5), quantile(0.99), refusal_bytes);
  return 0;
}
