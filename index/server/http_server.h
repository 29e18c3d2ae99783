// The HTTP/1.1 server: connections, their limits and timeouts, and the threads that answer. It
// knows neither routes' meaning nor the engine. HTTP is parsed by Boost.Beast, which stays behind
// http_connection.h; head_check.h refuses what Beast would let pass.
//
// Searches are answered by one bounded pool, and what administrators ask by another one of a single
// thread. A thread that has no search to do waits for the sockets: it reads what comes, answers by
// itself what is of Lane::kImmediate, and searches next what it has read. So one thread does all
// for a client that asks one thing after the other, and none must be woken. While all threads are
// searching and none waits for the sockets, the I/O threads look after them: after four
// milliseconds at the latest, and every millisecond while searches take long or wait, unless many
// of them wait. The thread that answers also sends, as far as the socket takes it at once. The next
// thread at the sockets sends the rest, and while a search waits for every thread, all of it. A
// connection has one request at a time: what a client pipelines waits in its buffer.
//
// Threads: start() and stop() belong to one thread; the hooks say theirs.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "index/server/handler_pool.h"
#include "models/base/result.h"

namespace barker {

struct ServerOptions {
  // "127.0.0.1:8080", "[::1]:8080" or "unix:PATH"; port 0 takes a free one.
  std::vector<std::string> listen = {"127.0.0.1:8080"};
  size_t io_threads = 1;  // each with a share of the connections
  size_t search_threads = 1;
  size_t most_waiting = 128;  // searches that wait for a thread; more are answered 503
  std::chrono::milliseconds longest_wait{1000};  // of a search for a thread

  size_t most_header = 16 << 10;  // bytes of the request line and the header fields
  size_t most_body = 4 << 20;
  size_t most_connections = 20000, most_connections_of_one = 20000;  // of one address
  double requests_per_second = 0;  // of one client; 0: as many as come
  double burst = 100;

  std::chrono::milliseconds idle_timeout{60000};   // until the first byte of a request
  std::chrono::milliseconds read_timeout{10000};   // for a whole header, and again for a whole body
  std::chrono::milliseconds write_timeout{20000};  // for a whole response
  std::chrono::milliseconds stop_timeout{30000};  // for the requests that run when the server stops
};

// One request that was answered, or refused before it was one.
struct FinishedRequest {
  std::string_view method, peer;
  const HttpResponse& response;
  std::string_view route;  // "/v1/users/{id}"; empty: no route has this path
  size_t bytes;            // of the body
  double seconds;
};

struct ServerHooks {
  // Makes the function that answers requests. Called once for each thread that answers and once for
  // each I/O thread: no handler is called by two threads at once. [any thread]
  std::function<Handler()> make_handler;
  // What is counted. [any thread] Each may be empty.
  std::function<void(const FinishedRequest&)> finished = {};
  std::function<void()> shed = {}, rate_limited = {}, connection_refused = {};
  std::function<void(int64_t change)> connections = {};  // that are open
};

struct ServerCounts {
  uint64_t accepted, refused;  // connections
  uint64_t open;               // connections now
  uint64_t waiting;            // searches now
  uint64_t shed;               // requests that found the queue full
  uint64_t rate_limited;
};

class HttpServer {
 public:
  // Listens and answers. The error names the address that cannot be had.
  static Result<std::unique_ptr<HttpServer>> start(const ServerOptions& options, ServerHooks hooks);
  ~HttpServer();  // stops
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Where it listens, with the ports that it has: "http://127.0.0.1:8080", "unix:PATH".
  const std::vector<std::string>& addresses() const;

  // Takes no new connections, answers what runs, closes all connections, ends the threads. Returns
  // how many connections had to be cut off because stop_timeout passed.
  size_t stop();

  ServerCounts counts() const;  // [any thread]

  struct Impl;  // for http_server.cpp alone

 private:
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace barker
