#include "index/server/http_connection.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <utility>

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

const std::string& date_now() {
  thread_local std::time_t written = 0;
  thread_local std::string date;
  const std::time_t now = std::time(nullptr);
  if (now != written) {
    written = now;
    date = http_date(now);
  }
  return date;
}

std::string head_of(const HttpResponse& response, const std::string& date, bool close,
                    bool is_1_0) {
  const auto reason =
      http::obsolete_reason(http::int_to_status(static_cast<unsigned>(response.status)));
  std::string head;
  constexpr size_t kUsualHead = 256;  // bytes
  head.reserve(kUsualHead);
  head.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  head.append(reason.data(), reason.size());
  head.append("\r\nDate: ").append(date);
  if (response.status != 204 && response.status != 304) {
    head.append("\r\nContent-Type: ").append(response.content_type);
    head.append("\r\nContent-Length: ").append(std::to_string(response.body.size()));
  }
  head.append("\r\nCache-Control: ").append(response.cache_control);
  head.append("\r\nX-Content-Type-Options: nosniff");
  for (const auto& [name, value] : response.headers) {
    head.append("\r\n").append(name).append(": ").append(value);
  }
  if (close) head.append("\r\nConnection: close");
  if (is_1_0 && !close) head.append("\r\nConnection: keep-alive");
  head.append("\r\n\r\n");
  return head;
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
  if (!socket_.is_open()) return;  // what came nevertheless has nobody to be answered to
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
// answered, so that it ends on the thread of its loop.
void HttpConnection::hand_over(HandlerPool& pool, HttpRequest request) {
  const bool has_more = buffer_.size() > 0;
  if (has_more) kept_ = shared_from_this();
  if (!has_more && buffer_.capacity() > kKeptBuffer) buffer_ = {};
  phase_ = has_more ? Phase::kMore : Phase::kAnswering;
  HandlerPool::Done done = [this](HttpResponse response) { answer(std::move(response)); };
  if (!pool.submit(request, done)) {
    phase_ = Phase::kAnswered;
    kept_.reset();
    return shed();
  }
  if (!has_more) read_some();
}

void HttpConnection::answer(HttpResponse response) {
  set_response(std::move(response));
  // While the loop rests, it gathers answers: a client on this machine, such as a proxy, is then
  // woken once for several.
  const size_t sent = loop_.rests ? 0 : send_at_once(head_, body());
  if (close_ || sent < head_.size() + body().size()) {
    net::post(loop_.context,
              [this, sent] { write_rest(sent > 0 ? sent : send_at_once(head_, body())); });
    return;
  }
  report(response_);
  response_ = {};
  // Behind this line the connection is the loop's, and may be gone.
  if (phase_.exchange(Phase::kAnswered) != Phase::kMore) return;
  std::shared_ptr<HttpConnection> self = std::move(kept_);
  net::io_context& context = loop_.context;
  net::post(context, [owner = std::move(self)] { owner->go_on(Phase::kMore); });
}

// What is refused costs little more than the kernel's work: its answer is written once a second.
void HttpConnection::shed() {
  static const HttpResponse kOverloaded =
      problem(ProblemKind::kOverloaded, "Ask again in a second.");
  ++server_.shed;
  if (server_.hooks.shed) server_.hooks.shed();
  if (close_ || is_1_0_ || server_.stopping || method_ == "HEAD") return respond(kOverloaded);
  const std::time_t now = std::time(nullptr);
  if (now != loop_.shed_time) {
    loop_.shed_time = now;
    loop_.shed_text = head_of(kOverloaded, date_now(), false, false) + kOverloaded.body;
  }
  const size_t sent = send_at_once(loop_.shed_text, {});
  if (sent == loop_.shed_text.size()) {
    report(kOverloaded);
    return go_on(Phase::kAnswered);
  }
  response_ = kOverloaded;
  head_ = loop_.shed_text.substr(0, loop_.shed_text.size() - response_.body.size());
  write_rest(sent);
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
  set_response(std::move(response));
  write_rest(send_at_once(head_, body()));
}

void HttpConnection::set_response(HttpResponse response) {
  close_ = close_ || server_.stopping;
  response_ = std::move(response);
  head_ = head_of(response_, date_now(), close_, is_1_0_);
}

std::string_view HttpConnection::body() const {
  if (method_ == "HEAD" || response_.status == 204) return {};
  return response_.body;
}

// Returns how many bytes the socket took. An error shows when the rest is written.
size_t HttpConnection::send_at_once(std::string_view head, std::string_view body) const {
  // The handle is read and not changed while the loop waits for what is read.
  const int socket = const_cast<ServerSocket&>(socket_).native_handle();
  constexpr int kFlags = MSG_DONTWAIT | MSG_NOSIGNAL;
  std::array<iovec, 2> parts = {iovec{const_cast<char*>(head.data()), head.size()},
                                iovec{const_cast<char*>(body.data()), body.size()}};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  const ssize_t sent = body.empty() ? ::send(socket, head.data(), head.size(), kFlags)
                                    : ::sendmsg(socket, &message, kFlags);
  return sent < 0 ? 0 : static_cast<size_t>(sent);
}

void HttpConnection::write_rest(size_t sent) {
  enter(State::kWriting);
  const std::string_view head = head_, rest = body();
  if (sent == head.size() + rest.size()) return after_write({});
  const size_t of_head = std::min(sent, head.size());
  const std::array<net::const_buffer, 2> parts = {net::buffer(head.substr(of_head)),
                                                  net::buffer(rest.substr(sent - of_head))};
  net::async_write(socket_, parts, [self = shared_from_this()](error_code error, size_t) {
    self->after_write(error);
  });
}

void HttpConnection::after_write(error_code error) {
  report(response_);
  response_ = {};
  const std::shared_ptr<HttpConnection> self = shared_from_this();
  const Phase phase = phase_.exchange(Phase::kAnswered);
  kept_.reset();
  const bool reads = phase == Phase::kAnswering;
  if (error) {
    if (reads) cut_off();  // ends the read, too, which owns the connection
    return;
  }
  if (close_) return linger(reads);
  go_on(phase);
}

// Goes on with the next request, by what the loop did while a pool had the one before.
void HttpConnection::go_on(Phase phase) {
  if (phase == Phase::kAnswering) return prepare();  // the read waits
  if (buffer_.size() == 0 && buffer_.capacity() > kKeptBuffer) buffer_ = {};
  prepare();
  const error_code error = std::exchange(read_error_, {});
  if (error || buffer_.size() == 0) {
    return error ? after_read(error) : look_at_head();
  }
  // Not at once: a client that pipelines much would need a deep stack.
  net::post(loop_.context, [self = shared_from_this()] { self->look_at_head(); });
}

void HttpConnection::report(const HttpResponse& response) {
  if (!server_.hooks.finished) return;
  const std::chrono::duration<double> took = ServerClock::now() - received_;
  // What no handler saw, such as what is shed, has the route that its connection found.
  std::string_view route = response.route;
  if (route.empty()) route = route_;
  server_.hooks.finished({method_, peer_, response, route, response.body.size(), took.count()});
}

// Closing a socket from which not all was read would reset the connection, and the client could
// lose the response that tells it why. `reads`: a read waits already.
void HttpConnection::linger(bool reads) {
  error_code error;
  socket_.shutdown(ServerSocket::shutdown_send, error);
  if (error) {
    if (reads) cut_off();
    return;
  }
  enter(State::kLingering);
  buffer_.clear();
  if (!reads) drain();
}

void HttpConnection::drain() {
  socket_.async_read_some(buffer_.prepare(kReadAtOnce),
                          [self = shared_from_this()](error_code error, size_t) {
                            if (!error) self->drain();
                          });
}

}  // namespace barker
