#include "index/server/http_server.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio.hpp>
#include <cerrno>
#include <cstring>

#include "index/server/http_connection.h"
#include "index/server/listen_address.h"

namespace barker {
namespace {

namespace net = boost::asio;
using boost::system::error_code;

// How often I/O threads look after the sockets while searches take long or wait, and otherwise. To
// wake one costs as much as a fourth of a search.
constexpr std::chrono::milliseconds kOften{1}, kSeldom{4};

}  // namespace

// Some at a time: a client whose requests are all refused must not keep a thread from searching.
bool IoLoop::look() {
  constexpr int kMostAtOnce = 64;
  for (int i = 0; i < kMostAtOnce; ++i) {
    if (context.poll_one() == 0) return false;
  }
  return true;
}

void IoLoop::wait() {
  if (context.run_one() > 0) look();
}

void IoLoop::wake() {
  net::post(context, [] {});
}

struct HttpServer::Impl : ServerState {
  using ServerState::ServerState;

  Status listen(const std::string& text);
  template <typename Acceptor>
  void accept(Acceptor& acceptor);
  void sweep(IoLoop& loop);
  void run();

  std::vector<std::string> addresses, socket_files;
  bool stopped = false;

  // Connections live in the contexts of their loops, and use the state to their ends.
  std::vector<std::unique_ptr<IoLoop>> loops;
  size_t next_loop = 0;
  std::vector<net::basic_socket_acceptor<net::ip::tcp, ServerExecutor>> tcp;
  std::vector<net::basic_socket_acceptor<net::local::stream_protocol, ServerExecutor>> unix_sockets;
};

namespace {

std::string peer_of(const net::ip::tcp::endpoint& endpoint) {
  return endpoint.address().to_string();
}
std::string peer_of(const net::local::stream_protocol::endpoint&) { return "unix"; }

void set_no_delay(net::basic_stream_socket<net::ip::tcp, ServerExecutor>& socket) {
  error_code ignored;
  socket.set_option(net::ip::tcp::no_delay(true), ignored);
}
void set_no_delay(net::basic_stream_socket<net::local::stream_protocol, ServerExecutor>&) {}

// Tells a client for which there is no room, without waiting for it, and closes.
template <typename AnySocket>
void turn_away(AnySocket& socket, ProblemKind kind, const std::string& date) {
  const HttpResponse response = problem(kind, "Connections are closed before they are read.");
  const std::string text = head_of(response, date, true, false) + response.body;
  (void)!::send(socket.native_handle(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  error_code ignored;
  socket.shutdown(AnySocket::shutdown_send, ignored);
  char unread[4096];  // what was read does not reset the connection
  while (::recv(socket.native_handle(), unread, sizeof unread, MSG_DONTWAIT) > 0) {
  }
}

}  // namespace

template <typename Acceptor>
void HttpServer::Impl::accept(Acceptor& acceptor) {
  IoLoop& loop = *loops[next_loop++ % loops.size()];
  using Accepted = net::basic_stream_socket<typename Acceptor::protocol_type, ServerExecutor>;
  const auto take = [this, &acceptor, &loop](error_code error, Accepted socket) {
    if (!acceptor.is_open()) return;
    if (error) {  // such as no free descriptor, which others will give back
      auto timer =
          std::make_shared<ServerTimer>(acceptor.get_executor(), std::chrono::milliseconds(50));
      timer->async_wait([this, &acceptor, timer](error_code) { accept(acceptor); });
      return;
    }
    error_code gone;
    const auto endpoint = socket.remote_endpoint(gone);
    std::string peer = gone ? std::string("gone") : peer_of(endpoint);
    const OpenConnections::Admission admission = open.admit(peer);
    if (admission == OpenConnections::Admission::kAdmitted) {
      ++accepted;
      set_no_delay(socket);
      net::post(loop.context, [this, &loop, stream = ServerSocket(std::move(socket)),
                               peer = std::move(peer)]() mutable {
        std::make_shared<HttpConnection>(*this, loop, std::move(stream), std::move(peer))->next();
      });
    } else {
      ++refused;
      if (hooks.connection_refused) hooks.connection_refused();
      const bool is_one_client = admission == OpenConnections::Admission::kFullForClient;
      turn_away(socket, is_one_client ? ProblemKind::kTooManyConnections : ProblemKind::kOverloaded,
                date_now());
    }
    accept(acceptor);
  };
  acceptor.async_accept(loop.context, take);
}

Status HttpServer::Impl::listen(const std::string& text) {
  const Result<ListenAddress> address = parse_listen_address(text);
  if (!address.ok()) return address.status();
  try {
    if (!address->path.empty()) {
      if (Status s = make_way_for_socket(address->path); !s.ok()) return s;
      auto& acceptor = unix_sockets.emplace_back(loops[0]->context, net::local::stream_protocol());
      acceptor.bind(net::local::stream_protocol::endpoint(address->path));
      socket_files.push_back(address->path);
      // The group may connect, because a proxy runs as another user.
      if (chmod(address->path.c_str(), 0660) != 0) {
        return io_error(address->path + ": " + std::strerror(errno));
      }
      acceptor.listen();
      addresses.push_back("unix:" + address->path);
      return {};
    }
    const net::ip::tcp::endpoint endpoint(net::ip::make_address(address->host), address->port);
    auto& acceptor = tcp.emplace_back(loops[0]->context, endpoint.protocol());
    acceptor.set_option(net::socket_base::reuse_address(true));
    if (endpoint.address().is_v6()) acceptor.set_option(net::ip::v6_only(true));
    acceptor.bind(endpoint);
    acceptor.listen();
    const bool is_v6 = endpoint.address().is_v6();
    addresses.push_back("http://" + (is_v6 ? "[" + address->host + "]" : address->host) + ":" +
                        std::to_string(acceptor.local_endpoint().port()));
    return {};
  } catch (const boost::system::system_error& error) {
    return io_error(text + ": " + error.code().message());
  }
}

void HttpServer::Impl::sweep(IoLoop& loop) {
  const auto least = std::min({options.idle_timeout, options.read_timeout, options.write_timeout});
  loop.sweep.expires_after(std::clamp<ServerClock::duration>(
      least / 4, std::chrono::milliseconds(5), std::chrono::milliseconds(250)));
  loop.sweep.async_wait([this, &loop](error_code error) {
    if (error) return;
    const ServerClock::time_point now = ServerClock::now();
    for (HttpConnection* connection : loop.connections) connection->sweep(now);
    sweep(loop);
  });
}

void HttpServer::Impl::run() {
  for (auto& acceptor : tcp) accept(acceptor);
  for (auto& acceptor : unix_sockets) accept(acceptor);
  for (const std::unique_ptr<IoLoop>& loop : loops) {
    loop->handler = hooks.make_handler();
    sweep(*loop);
  }
  control->start();
  searches->start();
  for (const std::unique_ptr<IoLoop>& loop : loops) {
    loop->thread =
        std::thread([this, source = loop->source] { searches->tend(source, kOften, kSeldom); });
  }
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(const ServerOptions& options,
                                                      ServerHooks hooks) {
  auto impl = std::make_unique<Impl>(options, std::move(hooks));
  std::vector<RequestSource> sources;
  for (size_t i = 0; i < options.io_threads; ++i) {
    IoLoop* const loop = impl->loops.emplace_back(std::make_unique<IoLoop>(i)).get();
    sources.push_back({.look = [loop] { return loop->look(); },
                       .wait = [loop] { loop->wait(); },
                       .wake = [loop] { loop->wake(); }});
  }
  if (options.listen.empty()) return invalid_argument("expected an address, found none");
  impl->tcp.reserve(options.listen.size());  // acceptors stay where they are
  impl->unix_sockets.reserve(options.listen.size());
  for (const std::string& address : options.listen) {
    if (Status s = impl->listen(address); !s.ok()) return s;
  }
  impl->searches.emplace(
      PoolOptions{options.search_threads, options.most_waiting, options.longest_wait},
      impl->hooks.make_handler, std::move(sources));
  constexpr size_t kWaitingAdministrators = 16;
  impl->control.emplace(PoolOptions{1, kWaitingAdministrators, std::chrono::minutes(10)},
                        impl->hooks.make_handler);
  impl->run();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() { stop(); }

const std::vector<std::string>& HttpServer::addresses() const { return impl_->addresses; }

size_t HttpServer::stop() {
  Impl& s = *impl_;
  if (std::exchange(s.stopped, true)) return 0;
  net::post(s.loops[0]->context, [&s] {
    error_code ignored;
    for (auto& acceptor : s.tcp) acceptor.close(ignored);
    for (auto& acceptor : s.unix_sockets) acceptor.close(ignored);
  });
  s.stopping = true;
  const size_t cut_off = s.open.wait_for_none(s.options.stop_timeout);
  s.searches->end();
  s.control->end();
  for (const auto& loop : s.loops) {
    loop->thread.join();
    loop->context.poll();  // answers that were left to the thread that would look next
    loop->context.stop();
    const std::vector<HttpConnection*> left(loop->connections.begin(), loop->connections.end());
    for (HttpConnection* connection : left) connection->let_go();
  }
  for (const std::string& file : s.socket_files) unlink(file.c_str());
  return cut_off;
}

ServerCounts HttpServer::counts() const {
  const Impl& s = *impl_;
  return {s.accepted, s.refused,     s.open.count(), s.searches ? s.searches->waiting() : 0,
          s.shed,     s.rate_limited};
}

}  // namespace barker
