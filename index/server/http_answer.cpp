// How a connection answers a request and goes on. http_connection.cpp has how it reads one.
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <utility>

#include "index/server/http_connection.h"
#include "index/server/http_date.h"

namespace barker {
namespace {

namespace net = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

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

void HttpConnection::answer(HttpResponse response) {
  set_response(std::move(response));
  // While all threads have enough to do, the loop gathers answers: a client on this machine, such
  // as a proxy, is then woken once for several.
  const size_t sent = server_.searches->is_busy() ? 0 : send_at_once(head_, body());
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
