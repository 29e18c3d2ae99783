// One client's connection, and what all connections of a server share. A part of http_server.h's
// insides, which http_server.cpp, http_connection.cpp and http_answer.cpp alone include, because
// Asio's headers are large.
#pragma once

// Asio 1.74 uses std::exchange without its header.
// clang-format off
#include <utility>
// clang-format on

#include <atomic>
#include <boost/asio.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_set>

#include "index/server/handler_pool.h"
#include "index/server/http_server.h"
#include "index/server/open_connections.h"
#include "index/server/problem.h"
#include "index/server/rate_limit.h"

namespace barker {

using ServerExecutor = boost::asio::io_context::executor_type;
using ServerClock = std::chrono::steady_clock;
using ServerSocket =
    boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol, ServerExecutor>;
using ServerTimer =
    boost::asio::basic_waitable_timer<ServerClock, boost::asio::wait_traits<ServerClock>,
                                      ServerExecutor>;

class HttpConnection;

// Connections that one thread at a time serves: a thread of the pool that searches, or the I/O
// thread while those are busy (HandlerPool::tend()). Their deadlines are looked at every now and
// then, which costs a request less than a timer of its own.
struct IoLoop {
  explicit IoLoop(size_t source_number) : source(source_number) {}

  // RequestSource's functions.
  bool look();
  void wait();
  void wake();

  const size_t source;                              // its number among the pool's sources
  std::unordered_set<HttpConnection*> connections;  // of the loop alone; the context owns them
  boost::asio::io_context context{1};
  boost::asio::executor_work_guard<ServerExecutor> work{context.get_executor()};
  ServerTimer sweep{context};
  Handler handler;
  std::string shed_text;  // see HttpConnection::shed()
  std::time_t shed_time = 0;
  std::thread thread;
};

// Now, as the header Date has it. Each thread writes it once a second, and has its own.
const std::string& date_now();

// What all connections use. It outlives them.
struct ServerState {
  ServerState(const ServerOptions& server_options, ServerHooks server_hooks)
      : options(server_options),
        hooks(std::move(server_hooks)),
        rate(options.requests_per_second, options.burst) {}

  const ServerOptions options;
  const ServerHooks hooks;
  RateLimit rate;
  OpenConnections open{options.most_connections, options.most_connections_of_one};
  std::atomic<bool> stopping{false};
  std::atomic<uint64_t> accepted{0}, refused{0}, shed{0}, rate_limited{0};
  std::optional<HandlerPool> searches, control;  // from start() on
};

// The status line and the header fields of a response, to the empty line.
std::string head_of(const HttpResponse& response, const std::string& date, bool close, bool is_1_0);

// Reads requests and writes their answers, one after the other, until one side ends the connection.
// What waits for the socket owns the connection.
//
// Threads: the one that is in the loop, but for answer(), which a pool's thread calls. While a
// request is with a pool, the next read already waits in the loop, so that no thread must be woken
// when the answer was sent. `phase_` says which thread may touch what: until it is kAnswered, the
// request and its answer belong to the pool's thread, and the loop only keeps what it reads.
class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(ServerState& server, IoLoop& loop, ServerSocket socket, std::string peer);
  ~HttpConnection();

  // Begins to read a request.
  void next();
  // Ends what takes too long, and when the server stops, what waits for a request that has not
  // begun.
  void sweep(ServerClock::time_point now);
  void cut_off();
  // Lets go of itself, when its loop runs no more.
  void let_go() { const std::shared_ptr<HttpConnection> last = std::move(kept_); }

 private:
  enum class State : uint8_t { kIdle, kHead, kBody, kAnswering, kWriting, kLingering };
  enum class Phase : uint8_t {
    kAnswered,   // the loop's: there is no request in hand, or the loop answers it
    kAnswering,  // a request is with a pool, and a read waits, which owns the connection
    kMore        // a request is with a pool, and no read waits; the connection owns itself
  };

  static constexpr size_t kReadAtOnce = 2048;      // bytes
  static constexpr size_t kKeptBuffer = 64 << 10;  // a larger one is given back between requests

  void enter(State state);
  std::string_view buffered() const;

  // In the order of a request. http_connection.cpp:
  void prepare();
  void look_at_head();
  void read_some();
  void has_read(boost::system::error_code error);
  void after_read(boost::system::error_code error);
  void parse_head(std::string_view head);
  void read_body();
  void dispatch();
  void hand_over(HandlerPool& pool, HttpRequest request);
  // http_answer.cpp:
  void answer(HttpResponse response);  // [a pool's thread]
  void respond(HttpResponse response);
  void set_response(HttpResponse response);  // [the thread that answers]
  std::string_view body() const;
  size_t send_at_once(std::string_view head,
                      std::string_view body) const;  // [the thread that answers]
  void write_rest(size_t sent);
  void after_write(boost::system::error_code error);
  void go_on(Phase phase);
  void report(const HttpResponse& response);  // [the thread that answers]
  void linger(bool reads);
  void drain();

  // Answers that no handler gives.
  void shed();
  void refuse_late();
  void refuse(const Fault& fault);

  ServerState& server_;
  IoLoop& loop_;
  ServerSocket socket_;
  const std::string peer_;
  State state_ = State::kIdle;
  ServerClock::time_point deadline_{}, received_{};
  bool timed_out_ = false, close_ = false, is_1_0_ = false;
  boost::beast::flat_buffer buffer_;
  size_t seen_ = 0;  // bytes of the buffer in which no header ends
  std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
  const char* route_ = "";  // of the table of routes
  std::string method_, head_;
  HttpResponse response_;

  std::atomic<Phase> phase_{Phase::kAnswered};
  // What the loop leaves for when the request is answered: set before phase_ becomes kMore.
  std::shared_ptr<HttpConnection> kept_;
  boost::system::error_code read_error_;
};

}  // namespace barker
