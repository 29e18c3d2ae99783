#include "index/server/http_server.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <boost/asio.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <ctime>
#include <optional>
#include <thread>
#include <unordered_set>

#include "index/server/head_check.h"
#include "index/server/http_date.h"
#include "index/server/listen_address.h"
#include "index/server/open_connections.h"
#include "index/server/problem.h"
#include "index/server/rate_limit.h"
#include "index/server/routes.h"

namespace barker {
namespace {

namespace net = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using Executor = net::io_context::executor_type;
using Socket = net::basic_stream_socket<net::generic::stream_protocol, Executor>;
using Timer = net::basic_waitable_timer<Clock, net::wait_traits<Clock>, Executor>;

constexpr size_t kReadAtOnce = 2048;        // bytes
constexpr size_t kKeptBuffer = 64 << 10;    // a larger one is given back between two requests
constexpr std::chrono::seconds kLinger{1};  // for a client to read why it is cut off

class Connection;

// One I/O thread. It looks at the deadlines of its connections every now and then, which costs a request
// less than a timer of its own.
struct Loop {
  std::unordered_set<Connection*> connections;  // of this thread alone; the context owns them
  net::io_context context{1};
  net::executor_work_guard<Executor> work{context.get_executor()};
  Timer sweep{context};
  Handler handler;
  std::string date;  // for the header of this name
  std::time_t date_time = 0;
  std::thread thread;
};

const std::string& date_of(Loop& loop) {
  const std::time_t now = std::time(nullptr);
  if (now != loop.date_time) {
    loop.date_time = now;
    loop.date = http_date(now);
  }
  return loop.date;
}

std::string head_of(const HttpResponse& response, const std::string& date, bool close,
                    bool is_1_0) {
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " ";
  head += std::string(
      http::obsolete_reason(http::int_to_status(static_cast<unsigned>(response.status))));
  head += "\r\nDate: " + date;
  if (response.status != 204 && response.status != 304) {
    head += "\r\nContent-Type: " + response.content_type +
            "\r\nContent-Length: " + std::to_string(response.body.size());
  }
  head += "\r\nCache-Control: " + response.cache_control + "\r\nX-Content-Type-Options: nosniff";
  for (const auto& [name, value] : response.headers) head += "\r\n" + name + ": " + value;
  if (close) head += "\r\nConnection: close";
  if (is_1_0 && !close) head += "\r\nConnection: keep-alive";
  return head + "\r\n\r\n";
}

Fault fault_of(const error_code& error) {
  if (error == http::error::body_limit) {
    return {ProblemKind::kBodyTooLarge, "The body is larger than this server takes.", ""};
  }
  if (error == http::error::header_limit) {
    return {ProblemKind::kHeaderTooLarge, "The header is larger than this server takes.", ""};
  }
  if (error == http::error::bad_version) {
    return {ProblemKind::kHttpVersion, "The version is neither HTTP/1.1 nor HTTP/1.0.", ""};
  }
  const bool is_framing =
      error == http::error::bad_chunk || error == http::error::bad_chunk_extension ||
      error == http::error::bad_content_length || error == http::error::bad_transfer_encoding ||
      error == http::error::partial_message || error == http::error::bad_line_ending;
  return {is_framing ? ProblemKind::kBadFraming : ProblemKind::kBadRequest,
          "The request cannot be read: " + error.message() + ".", ""};
}

}  // namespace

struct HttpServer::Impl {
  Impl(const ServerOptions& server_options, ServerHooks server_hooks)
      : options(server_options),
        hooks(std::move(server_hooks)),
        rate(options.requests_per_second, options.burst) {}

  Status listen(const std::string& text);
  template <typename Acceptor>
  void accept(Acceptor& acceptor);
  void sweep(Loop& loop);
  void run();

  const ServerOptions options;
  const ServerHooks hooks;
  RateLimit rate;
  std::vector<std::string> addresses, socket_files;
  std::atomic<bool> stopping{false};
  bool stopped = false;
  std::atomic<uint64_t> accepted{0}, refused{0}, shed{0}, rate_limited{0};

  OpenConnections open{options.most_connections, options.most_connections_of_one};

  // What is below uses what is above, to its end.
  std::vector<std::unique_ptr<Loop>> loops;
  size_t next_loop = 0;
  std::vector<net::basic_socket_acceptor<net::ip::tcp, Executor>> tcp;
  std::vector<net::basic_socket_acceptor<net::local::stream_protocol, Executor>> unix_sockets;
  std::optional<HandlerPool> searches, control;
};

namespace {

// One client's connection. Everything happens on the thread of its loop.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(HttpServer::Impl& server, Loop& loop, Socket socket, std::string peer)
      : server_(server), loop_(loop), socket_(std::move(socket)), peer_(std::move(peer)) {
    loop_.connections.insert(this);
    if (server_.hooks.connections) server_.hooks.connections(1);
  }
  ~Connection() {
    loop_.connections.erase(this);
    if (server_.hooks.connections) server_.hooks.connections(-1);
    server_.open.release(peer_);
  }

  void next() {
    seen_ = 0;
    parser_.reset();
    method_.clear();
    route_ = "";
    is_1_0_ = close_ = false;
    enter(buffer_.size() == 0 ? State::kIdle : State::kHead);
    look_at_head();
  }

  // Ends what takes too long, and when the server stops, what waits for a request that has not begun.
  void sweep(Clock::time_point now) {
    if (state_ == State::kIdle && server_.stopping) return cut_off();
    if (state_ == State::kAnswering || now < deadline_) return;
    if (state_ != State::kHead && state_ != State::kBody) return cut_off();
    if (std::exchange(timed_out_, true)) return;
    error_code ignored;
    socket_.cancel(ignored);
  }

  void cut_off() {
    error_code ignored;
    socket_.close(ignored);
  }

 private:
  enum class State : uint8_t { kIdle, kHead, kBody, kAnswering, kWriting, kLingering };

  void enter(State state) {
    state_ = state;
    const ServerOptions& o = server_.options;
    switch (state) {
      case State::kIdle:
        deadline_ = Clock::now() + o.idle_timeout;
        break;
      case State::kHead:
      case State::kBody:
        deadline_ = Clock::now() + o.read_timeout;
        break;
      case State::kWriting:
        deadline_ = Clock::now() + o.write_timeout;
        break;
      case State::kLingering:
        deadline_ = Clock::now() + kLinger;
        break;
      case State::kAnswering:
        break;
    }
  }

  std::string_view buffered() const {
    return {static_cast<const char*>(buffer_.data().data()), buffer_.size()};
  }

  void look_at_head() {
    const std::string_view bytes = buffered();
    const size_t end = bytes.find("\r\n\r\n", seen_ < 3 ? 0 : seen_ - 3);
    const size_t size = end == std::string_view::npos ? bytes.size() : end + 4;
    if (size > server_.options.most_header) {
      const bool is_target =
          bytes.substr(0, server_.options.most_header).find("\r\n") == std::string_view::npos;
      return refuse({is_target ? ProblemKind::kTargetTooLong : ProblemKind::kHeaderTooLarge,
                     "At most " + std::to_string(server_.options.most_header) +
                         " bytes are read before the body.",
                     ""});
    }
    if (end != std::string_view::npos) return parse_head(bytes.substr(0, size));
    if (const auto fault = check_head_start(bytes, seen_)) return refuse(*fault);
    seen_ = bytes.size();
    socket_.async_read_some(buffer_.prepare(kReadAtOnce),
                            [self = shared_from_this()](error_code error, size_t size_read) {
                              self->buffer_.commit(size_read);
                              self->after_read(error);
                            });
  }

  void after_read(error_code error) {
    if (timed_out_) return refuse_late();
    if (error) {
      const bool has_begun = error == net::error::eof && buffer_.size() > 0;
      if (has_begun) refuse({ProblemKind::kBadFraming, "The request ends in its header.", ""});
      return;
    }
    if (state_ == State::kIdle) enter(State::kHead);
    look_at_head();
  }

  void parse_head(std::string_view head) {
    if (const auto fault = check_head(head)) return refuse(*fault);
    parser_.emplace();
    parser_->header_limit(static_cast<uint32_t>(server_.options.most_header));
    parser_->body_limit(server_.options.most_body);
    error_code error;
    const size_t used = parser_->put(net::buffer(head.data(), head.size()), error);
    if (error) return refuse(fault_of(error));
    buffer_.consume(used);
    received_ = Clock::now();
    method_ = std::string(parser_->get().method_string());
    is_1_0_ = parser_->get().version() < 11;
    const auto expected = parser_->get()[http::field::expect];
    // HTTP/1.0 has no interim responses: its clients would take one for the answer.
    if (expected.empty() || is_1_0_ || parser_->is_done()) return read_body();
    if (!boost::beast::iequals(expected, "100-continue")) {
      return refuse({ProblemKind::kExpectationFailed, "Only 100-continue can be expected.", ""});
    }
    enter(State::kBody);
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    net::async_write(socket_, net::buffer(kContinue),
                     [self = shared_from_this()](error_code failed, size_t) {
                       if (!failed) self->read_body();
                     });
  }

  void read_body() {
    if (parser_->is_done()) return dispatch();
    enter(State::kBody);
    http::async_read(
        socket_, buffer_, *parser_, [self = shared_from_this()](error_code error, size_t) {
          if (self->timed_out_) return self->refuse_late();
          if (!error) return self->dispatch();
          if (error.category() == http::make_error_code(http::error::end_of_stream).category()) {
            self->refuse(fault_of(error));
          }
        });
  }

  void dispatch() {
    enter(State::kAnswering);
    auto& message = parser_->get();
    close_ = !message.keep_alive();
    HttpRequest request;
    request.method = method_;
    request.peer = peer_;
    request.received = received_;
    const auto target = message.target();
    // Under overload most requests end here: nothing has been made of them yet.
    const char* const search = search_route_of(method_, {target.data(), target.size()});
    if (*search != '\0' && !server_.searches->has_room(received_)) {
      route_ = search;
      return shed();
    }
    if (const auto fault = parse_target({target.data(), target.size()}, request.target)) {
      return respond(problem(*fault));
    }
    request.authorization = std::string(message[http::field::authorization]);
    request.content_type = std::string(message[http::field::content_type]);
    request.accept_encoding = std::string(message[http::field::accept_encoding]);
    request.if_none_match = std::string(message[http::field::if_none_match]);
    request.body = std::move(message.body());
    route_ = route_of(request);
    const Lane lane = lane_of(request);
    if (lane == Lane::kImmediate) return respond(call_handler(loop_.handler, request));
    if (!server_.rate.admits(peer_, received_)) {
      ++server_.rate_limited;
      if (server_.hooks.rate_limited) server_.hooks.rate_limited();
      return respond(problem(ProblemKind::kTooManyRequests, "Ask again in a second."));
    }
    HandlerPool& pool = lane == Lane::kSearch ? *server_.searches : *server_.control;
    HandlerPool::Done done = [self = shared_from_this()](HttpResponse response) mutable {
      net::io_context& context = self->loop_.context;
      net::post(context, [owner = std::move(self), given = std::move(response)]() mutable {
        owner->respond(std::move(given));
      });
    };
    if (!pool.submit(request, done)) shed();
  }

  void shed() {
    static const HttpResponse kOverloaded =
        problem(ProblemKind::kOverloaded, "Ask again in a second.");
    ++server_.shed;
    if (server_.hooks.shed) server_.hooks.shed();
    respond(kOverloaded);
  }

  void refuse_late() {
    timed_out_ = false;
    refuse({ProblemKind::kRequestTimeout, "The request did not come whole in time.", ""});
  }

  // Answers what is no request. Where the next one would begin is then unknown.
  void refuse(const Fault& fault) {
    received_ = Clock::now();
    close_ = true;
    respond(problem(fault));
  }

  void respond(HttpResponse response) {
    close_ = close_ || server_.stopping;
    response_ = std::move(response);
    if (response_.route.empty())
      response_.route = route_;  // what no handler saw, such as what is shed
    head_ = head_of(response_, date_of(loop_), close_, is_1_0_);
    enter(State::kWriting);
    const bool has_body = method_ != "HEAD" && response_.status != 204;
    const std::array<net::const_buffer, 2> parts = {
        net::buffer(head_), has_body ? net::buffer(response_.body) : net::const_buffer()};
    net::async_write(socket_, parts, [self = shared_from_this()](error_code error, size_t) {
      self->after_write(error);
    });
  }

  void after_write(error_code error) {
    if (server_.hooks.finished) {
      const std::chrono::duration<double> took = Clock::now() - received_;
      server_.hooks.finished({method_, peer_, response_, response_.body.size(), took.count()});
    }
    response_ = {};
    if (error) return;
    if (close_) return linger();
    if (buffer_.size() == 0 && buffer_.capacity() > kKeptBuffer) buffer_ = {};
    next();
  }

  // Closing a socket from which not all was read would reset the connection, and the client could lose the
  // response that tells it why.
  void linger() {
    error_code error;
    socket_.shutdown(Socket::shutdown_send, error);
    if (error) return;
    enter(State::kLingering);
    buffer_.clear();
    drain();
  }

  void drain() {
    socket_.async_read_some(buffer_.prepare(kReadAtOnce),
                            [self = shared_from_this()](error_code error, size_t) {
                              if (!error) self->drain();
                            });
  }

  HttpServer::Impl& server_;
  Loop& loop_;
  Socket socket_;
  const std::string peer_;
  State state_ = State::kIdle;
  Clock::time_point deadline_{}, received_{};
  bool timed_out_ = false, close_ = false, is_1_0_ = false;
  boost::beast::flat_buffer buffer_;
  size_t seen_ = 0;  // bytes of the buffer in which no header ends
  std::optional<http::request_parser<http::string_body>> parser_;
  const char* route_ = "";  // of the table of routes
  std::string method_, head_;
  HttpResponse response_;
};

std::string peer_of(const net::ip::tcp::endpoint& endpoint) {
  return endpoint.address().to_string();
}
std::string peer_of(const net::local::stream_protocol::endpoint&) { return "unix"; }

void set_no_delay(net::basic_stream_socket<net::ip::tcp, Executor>& socket) {
  error_code ignored;
  socket.set_option(net::ip::tcp::no_delay(true), ignored);
}
void set_no_delay(net::basic_stream_socket<net::local::stream_protocol, Executor>&) {}

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
  Loop& loop = *loops[next_loop++ % loops.size()];
  using Accepted = net::basic_stream_socket<typename Acceptor::protocol_type, Executor>;
  const auto take = [this, &acceptor, &loop](error_code error, Accepted socket) {
    if (!acceptor.is_open()) return;
    if (error) {  // such as no free descriptor, which others will give back
      auto timer = std::make_shared<Timer>(acceptor.get_executor(), std::chrono::milliseconds(50));
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
      net::post(loop.context, [this, &loop, stream = Socket(std::move(socket)),
                               peer = std::move(peer)]() mutable {
        std::make_shared<Connection>(*this, loop, std::move(stream), std::move(peer))->next();
      });
    } else {
      ++refused;
      if (hooks.connection_refused) hooks.connection_refused();
      const bool is_one_client = admission == OpenConnections::Admission::kFullForClient;
      turn_away(socket, is_one_client ? ProblemKind::kTooManyConnections : ProblemKind::kOverloaded,
                date_of(*loops[0]));
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
      unix_sockets.emplace_back(loops[0]->context,
                                net::local::stream_protocol::endpoint(address->path));
      socket_files.push_back(address->path);
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
    return io_error("listen: " + text + ": " + error.code().message());
  }
}

void HttpServer::Impl::sweep(Loop& loop) {
  const auto least = std::min({options.idle_timeout, options.read_timeout, options.write_timeout});
  loop.sweep.expires_after(std::clamp<Clock::duration>(least / 4, std::chrono::milliseconds(5),
                                                       std::chrono::milliseconds(250)));
  loop.sweep.async_wait([this, &loop](error_code error) {
    if (error) return;
    const Clock::time_point now = Clock::now();
    for (Connection* connection : loop.connections) connection->sweep(now);
    sweep(loop);
  });
}

void HttpServer::Impl::run() {
  for (auto& acceptor : tcp) accept(acceptor);
  for (auto& acceptor : unix_sockets) accept(acceptor);
  for (const std::unique_ptr<Loop>& each : loops) {
    Loop& loop = *each;
    sweep(loop);
    loop.thread = std::thread([this, &loop] {
      loop.handler = hooks.make_handler();
      loop.context.run();
    });
  }
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(const ServerOptions& options,
                                                      ServerHooks hooks) {
  auto impl = std::make_unique<Impl>(options, std::move(hooks));
  for (size_t i = 0; i < options.io_threads; ++i) impl->loops.push_back(std::make_unique<Loop>());
  impl->tcp.reserve(options.listen.size());  // acceptors stay where they are
  impl->unix_sockets.reserve(options.listen.size());
  for (const std::string& address : options.listen) {
    if (Status s = impl->listen(address); !s.ok()) return s;
  }
  impl->searches.emplace(
      PoolOptions{options.search_threads, options.most_waiting, options.longest_wait},
      impl->hooks.make_handler);
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
  s.searches.reset();
  s.control.reset();
  for (const auto& loop : s.loops) {
    loop->context.stop();
    loop->thread.join();
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
