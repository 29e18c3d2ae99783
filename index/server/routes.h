// The HTTP interface as functions from a request to a response, without sockets. What each route
// takes and answers stands in openapi.json, which a test holds against this table and against real
// answers. Threads: any, each with a Service of its own.
#pragma once

#include <span>
#include <string_view>

#include "index/server/http_message.h"
#include "index/server/service.h"

namespace barker {

// Where a request is answered. Nothing that is answered at the sockets may wait.
enum class Lane : uint8_t { kImmediate, kSearch, kControl };

struct Route {
  const char* method;
  const char* path;  // "{id}" stands for one segment
  Lane lane;
  bool is_for_administrators;
  HttpResponse (*answer)(const HttpRequest&, Service&);
};

std::span<const Route> routes();

// The lane of the route that the request takes; kImmediate where there is none.
Lane lane_of(const HttpRequest& request);

// The path of the route that the request's path leads to, such as "/v1/users/{id}"; empty: none.
const char* route_of(const HttpRequest& request);

// The path of the search-lane route that a target as it was sent names letter by letter; empty
// where it is another's, or is escaped. It costs next to nothing, for a server that refuses what it
// cannot answer now.
const char* search_route_of(std::string_view method, std::string_view target);

// Finds the route and answers. HEAD is answered as GET; the server drops the body.
HttpResponse answer(const HttpRequest& request, Service& service);

// index/server/openapi.json, as it was when the program was built.
std::string_view openapi_text();

}  // namespace barker
