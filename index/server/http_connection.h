// One client's connection, and what all connections of a server share. A part of http_server.h's
// insides, which http_server.cpp and http_connection.cpp alone include, because Asio's headers are
// large.
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

// One I/O thread. It looks at the deadlines of its connections every now and then, which costs a
// request less than a timer of its own.
struct IoLoop {
  std::unordered_set<HttpConnection*> connections;  // of this thread alone; the context owns them
  boost::asio::io_context context{1};
  boost::asio::executor_work_guard<ServerExecutor> work{context.get_executor()};
  ServerTimer sweep{context};
  Handler handler;
  std::string date;  // for the header of this name, see date_of()
  std::time_t date_time = 0;
  std::thread thread;
};

// Now, as the header Date has it. Written once a second. [the loop's thread]
const std::string& date_of(IoLoop& loop);

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
  std::optional<HandlerPool> searches, control;  // while the server runs
};

// The status line and the header fields of a response, to the empty line.
std::string head_of(const HttpResponse& response, const std::string& date, bool close, bool is_1_0);

// Reads requests and writes their answers, one after the other, until one side ends the connection.
// Everything happens on the thread of its loop. What waits for the socket owns the connection.
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

 private:
  enum class State : uint8_t { kIdle, kHead, kBody, kAnswering, kWriting, kLingering };

  void enter(State state);
  std::string_view buffered() const;

  // In the order of a request.
  void look_at_head();
  void after_read(boost::system::error_code error);
  void parse_head(std::string_view head);
  void read_body();
  void dispatch();
  void respond(HttpResponse response);
  void after_write(boost::system::error_code error);
  void linger();
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
};

}  // namespace barker
