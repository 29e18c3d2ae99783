// One HTTP request as the routes read it and one response as they write it. Plain values without
// sockets, which own their texts.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "index/server/target.h"

namespace barker {

struct HttpRequest {
  std::string method;  // "GET"
  RequestTarget target;
  // The headers of these names; empty: not sent.
  std::string authorization, content_type;
  std::string content_encoding = {}, accept_encoding = {}, if_none_match = {};
  std::string body;
  std::string peer;  // "127.0.0.1", "::1", or "unix" for a Unix socket
  std::chrono::steady_clock::time_point received{};  // when its header was complete
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string cache_control = "no-store";
  std::string body = {};
  std::vector<std::pair<std::string, std::string>> headers = {};  // besides type and length

  // What the access log and the counters say of the request. Not sent.
  std::string route = {};       // "/v1/users/{id}"; empty: no route has this path
  std::string request_id = {};  // of a search
  std::string user = {};
};

}  // namespace barker
