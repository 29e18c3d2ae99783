#include "index/server/http_connection.h"

#include <array>

#include "index/server/head_check.h"
#include "index/server/http_date.h"
#include "index/server/routes.h"

namespace barker {
namespace {

namespace net = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr size_t kReadAtOnce = 2048;        // bytes
constexpr size_t kKeptBuffer = 64 << 10;    // a larger one is given back between two requests
constexpr std::chrono::seconds kLinger{1};  // for a client to read why it is cut off

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

const std::string& date_of(IoLoop& loop) {
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

HttpConnection::HttpConnection(ServerState& server, IoLoop& loop, ServerSocket socket,
                               std::string peer)
    : server_(server), loop_(loop), socket_(std::move(socket)), peer_(std::move(peer)) {
  loop_.connections.insert(this);
  if (server_.hooks.connections) server_.hooks.connections(1);
}

HttpConnection::~HttpConnection() {
  loop_.connections.erase(this);
  if (server_.hooks.connections) server_.hooks.connections(-1);
  server_.open.release(peer_);
}

void HttpConnection::next() {
  seen_ = 0;
  parser_.reset();
  method_.clear();
  route_ = "";
  is_1_0_ = close_ = false;
  enter(buffer_.size() == 0 ? State::kIdle : State::kHead);
  look_at_head();
}

// Ends what takes too long, and when the server stops, what waits for a request that has not begun.
void HttpConnection::sweep(ServerClock::time_point now) {
  if (state_ == State::kIdle && server_.stopping) return cut_off();
  if (state_ == State::kAnswering || now < deadline_) return;
  if (state_ != State::kHead && state_ != State::kBody) return cut_off();
  if (std::exchange(timed_out_, true)) return;
  error_code ignored;
  socket_.cancel(ignored);
}

void HttpConnection::cut_off() {
  error_code ignored;
  socket_.close(ignored);
}

void HttpConnection::enter(State state) {
  state_ = state;
  const ServerOptions& o = server_.options;
  switch (state) {
    case State::kIdle:
      deadline_ = ServerClock::now() + o.idle_timeout;
      break;
    case State::kHead:
    case State::kBody:
      deadline_ = ServerClock::now() + o.read_timeout;
      break;
    case State::kWriting:
      deadline_ = ServerClock::now() + o.write_timeout;
      break;
    case State::kLingering:
      deadline_ = ServerClock::now() + kLinger;
      break;
    case State::kAnswering:
      break;
  }
}

std::string_view HttpConnection::buffered() const {
  return {static_cast<const char*>(buffer_.data().data()), buffer_.size()};
}

void HttpConnection::look_at_head() {
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

void HttpConnection::after_read(error_code error) {
  if (timed_out_) return refuse_late();
  if (error) {
    const bool has_begun = error == net::error::eof && buffer_.size() > 0;
    if (has_begun) refuse({ProblemKind::kBadFraming, "The request ends in its header.", ""});
    return;
  }
  if (state_ == State::kIdle) enter(State::kHead);
  look_at_head();
}

void HttpConnection::parse_head(std::string_view head) {
  if (const auto fault = check_head(head)) return refuse(*fault);
  parser_.emplace();
  parser_->header_limit(static_cast<uint32_t>(server_.options.most_header));
  parser_->body_limit(server_.options.most_body);
  error_code error;
  const size_t used = parser_->put(net::buffer(head.data(), head.size()), error);
  if (error) return refuse(fault_of(error));
  buffer_.consume(used);
  received_ = ServerClock::now();
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

void HttpConnection::read_body() {
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

void HttpConnection::dispatch() {
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

void HttpConnection::shed() {
  static const HttpResponse kOverloaded =
      problem(ProblemKind::kOverloaded, "Ask again in a second.");
  ++server_.shed;
  if (server_.hooks.shed) server_.hooks.shed();
  respond(kOverloaded);
}

void HttpConnection::refuse_late() {
  timed_out_ = false;
  refuse({ProblemKind::kRequestTimeout, "The request did not come whole in time.", ""});
}

// Answers what is no request. Where the next one would begin is then unknown.
void HttpConnection::refuse(const Fault& fault) {
  received_ = ServerClock::now();
  close_ = true;
  respond(problem(fault));
}

void HttpConnection::respond(HttpResponse response) {
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

void HttpConnection::after_write(error_code error) {
  if (server_.hooks.finished) {
    const std::chrono::duration<double> took = ServerClock::now() - received_;
    server_.hooks.finished({method_, peer_, response_, response_.body.size(), took.count()});
  }
  response_ = {};
  if (error) return;
  if (close_) return linger();
  if (buffer_.size() == 0 && buffer_.capacity() > kKeptBuffer) buffer_ = {};
  next();
}

// Closing a socket from which not all was read would reset the connection, and the client could
// lose the response that tells it why.
void HttpConnection::linger() {
  error_code error;
  socket_.shutdown(ServerSocket::shutdown_send, error);
  if (error) return;
  enter(State::kLingering);
  buffer_.clear();
  drain();
}

void HttpConnection::drain() {
  socket_.async_read_some(buffer_.prepare(kReadAtOnce),
                          [self = shared_from_this()](error_code error, size_t) {
                            if (!error) self->drain();
                          });
}

}  // namespace barker
