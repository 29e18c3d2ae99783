// How a request is read and handed over. http_answer.cpp has how it is answered.
#include "index/server/http_connection.h"

#include <utility>

#include "index/server/head_check.h"
#include "index/server/routes.h"

namespace barker {
namespace {

namespace net = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::chrono::seconds kLinger{1};  // for a client to read why it is cut off

// The time, up to 10 ms late, by a clock that costs less to read. It is for deadlines that may pass
// late and must not pass early.
ServerClock::time_point soon() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return ServerClock::time_point(std::chrono::seconds(now.tv_sec) +
                                 std::chrono::nanoseconds(now.tv_nsec) +
                                 std::chrono::milliseconds(10));
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
  prepare();
  look_at_head();
}

// There is no request in hand any more.
void HttpConnection::prepare() {
  seen_ = 0;
  parser_.reset();
  method_.clear();
  route_ = "";
  is_1_0_ = close_ = false;
  enter(buffer_.size() == 0 ? State::kIdle : State::kHead);
}

// Ends what takes too long, and when the server stops, what waits for a request that has not begun.
void HttpConnection::sweep(ServerClock::time_point now) {
  if (state_ == State::kAnswering && phase_ == Phase::kAnswered) prepare();  // a pool has answered
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
      deadline_ = soon() + o.idle_timeout;
      break;
    case State::kHead:
    case State::kBody:
      deadline_ = soon() + o.read_timeout;
      break;
    case State::kWriting:
      deadline_ = soon() + o.write_timeout;
      break;
    case State::kLingering:
      deadline_ = soon() + kLinger;
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
  read_some();
}

void HttpConnection::read_some() {
  socket_.async_read_some(buffer_.prepare(kReadAtOnce),
                          [self = shared_from_this()](error_code error, size_t size_read) {
                            self->buffer_.commit(size_read);
                            self->has_read(error);
                          });
}

// Bytes that arrive before the answer was sent are kept until then, and so is the stream's end.
void HttpConnection::has_read(error_code error) {
  if (!socket_.is_open()) return;  // what came nevertheless cannot be answered
  if (state_ == State::kLingering) {
    if (!error) drain();
    return;
  }
  if (phase_ == Phase::kAnswering) {
    read_error_ = error;
    kept_ = shared_from_this();
    Phase expected = Phase::kAnswering;
    if (phase_.compare_exchange_strong(expected, Phase::kMore)) return;
    kept_.reset();
    read_error_ = {};
  }
  if (state_ == State::kAnswering) prepare();
  after_read(error);
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
  std::optional<PlainHead> plain;
  if (const auto fault = check_head(head, plain)) return refuse(*fault);
  received_ = ServerClock::now();
  // Under overload most requests end here: nothing has been made of them yet.
  if (plain && !server_.stopping) {
    const char* const search = search_route_of(plain->method, plain->target);
    if (*search != '\0' && !server_.searches->has_room(received_)) {
      route_ = search;
      method_.assign(plain->method);
      buffer_.consume(head.size());
      return shed();
    }
  }
  parser_.emplace();
  parser_->header_limit(static_cast<uint32_t>(server_.options.most_header));
  parser_->body_limit(server_.options.most_body);
  error_code error;
  const size_t used = parser_->put(net::buffer(head.data(), head.size()), error);
  if (error) return refuse(fault_of(error));
  buffer_.consume(used);
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
  request.content_encoding = std::string(message[http::field::content_encoding]);
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
  hand_over(lane == Lane::kSearch ? *server_.searches : *server_.control, std::move(request));
}

// The job has no share in the connection: the read, or the connection itself, keeps it until it is
// answered, so that it ends in its loop.
void HttpConnection::hand_over(HandlerPool& pool, HttpRequest request) {
  const bool has_more = buffer_.size() > 0;
  if (has_more) kept_ = shared_from_this();
  if (!has_more && buffer_.capacity() > kKeptBuffer) buffer_ = {};
  phase_ = has_more ? Phase::kMore : Phase::kAnswering;
  HandlerPool::Done done = [this](HttpResponse response) { answer(std::move(response)); };
  if (!pool.submit(request, done, loop_.source)) {
    phase_ = Phase::kAnswered;
    kept_.reset();
    return shed();
  }
  if (!has_more) read_some();
}

}  // namespace barker
