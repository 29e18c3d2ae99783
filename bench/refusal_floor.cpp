// A server that refuses every request and does nothing else: it receives what has come and sends
// the same bytes, without a look at the request. What it takes for that is the least that a refusal
// costs on this machine, and bounds what a server can still answer beside its refusals
// (bench/overload.sh).
//
//   refusal_floor BYTES
//
// BYTES is the size of a refusal, with its header. Prints "http://127.0.0.1:PORT" and serves until
// it is killed.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

// "HTTP/1.1 503 ..." of as many bytes. Empty: it does not fit.
std::string refusal_of(size_t bytes) {
  constexpr const char* kHead = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: %05zu\r\n\r\n";
  char head[128];
  const auto size = static_cast<size_t>(std::snprintf(head, sizeof head, kHead, size_t{0}));
  if (bytes < size || bytes > 65536) return {};
  std::snprintf(head, sizeof head, kHead, bytes - size);
  return head + std::string(bytes - size, ' ');
}

int listen_anywhere(sockaddr_in& address) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  const bool listens = bind(listener, any, size) == 0 && listen(listener, 1024) == 0 &&
                       getsockname(listener, any, &size) == 0;
  return listens ? listener : -1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string refusal = argc == 2 ? refusal_of(std::strtoul(argv[1], nullptr, 10)) : "";
  if (refusal.empty()) {
    std::fputs("usage: refusal_floor BYTES, at least those of a header\n", stderr);
    return 64;
  }
  sockaddr_in address{};
  const int listener = listen_anywhere(address), poll = epoll_create1(EPOLL_CLOEXEC);
  epoll_event event{.events = EPOLLIN, .data = {.fd = listener}};
  if (listener < 0 || epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event) != 0) {
    std::fputs("refusal_floor: cannot listen on 127.0.0.1\n", stderr);
    return 71;
  }
  std::printf("http://127.0.0.1:%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  for (;;) {
    epoll_event events[256];
    const int ready = epoll_wait(poll, events, 256, -1);
    for (int i = 0; i < ready; ++i) {
      const int from = events[i].data.fd;
      if (from == listener) {
        const int client = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        const int on = 1;
        setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        event = {.events = EPOLLIN, .data = {.fd = client}};
        epoll_ctl(poll, EPOLL_CTL_ADD, client, &event);
        continue;
      }
      char request[2048];
      if (recv(from, request, sizeof request, 0) <= 0 ||
          send(from, refusal.data(), refusal.size(), MSG_NOSIGNAL) < 0) {
        close(from);
      }
    }
  }
}
