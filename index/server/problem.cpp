#include "index/server/problem.h"

#include <cassert>
#include <nlohmann/json.hpp>

namespace barker {
namespace {

using Kind = ProblemKind;

constexpr ProblemType kTypes[] = {
    {Kind::kBadRequest, 400, "bad-request", "The request is not HTTP/1.1."},
    {Kind::kBadFraming, 400, "bad-framing",
     "The request does not say in one way where it begins and ends."},
    {Kind::kBadTarget, 400, "bad-target", "The target is not a path with a query."},
    {Kind::kBadEscape, 400, "bad-escape", "A percent sign does not begin an escape."},
    {Kind::kControlCharacter, 400, "control-character", "The target holds a control character."},
    {Kind::kDotSegment, 400, "dot-segment", "The path has an empty segment or a dot segment."},
    {Kind::kInvalidUtf8, 400, "invalid-utf8", "A text is not valid UTF-8."},
    {Kind::kMissing, 400, "missing", "A parameter or field is missing."},
    {Kind::kUnknownName, 400, "unknown-name", "A parameter or field of this name is not known."},
    {Kind::kRepeated, 400, "repeated", "A parameter or field is given more than once."},
    {Kind::kBadValue, 400, "bad-value", "A value is not of the expected kind."},
    {Kind::kBadJson, 400, "bad-json", "The body is not JSON."},
    {Kind::kUnauthorized, 401, "unauthorized", "The token is missing or wrong."},
    {Kind::kAdminOff, 403, "admin-off", "No administrator's token is configured."},
    {Kind::kNotFound, 404, "not-found", "There is nothing at this path."},
    {Kind::kNoSuchUser, 404, "no-such-user", "Nothing is stored of this user."},
    {Kind::kMethodNotAllowed, 405, "method-not-allowed", "This path has other methods."},
    {Kind::kRequestTimeout, 408, "request-timeout", "The request did not come in time."},
    {Kind::kConflict, 409, "conflict", "The engine is not in a state that allows this."},
    {Kind::kBodyTooLarge, 413, "body-too-large", "The body is too large."},
    {Kind::kTargetTooLong, 414, "target-too-long", "The target is too long."},
    {Kind::kUnsupportedMediaType, 415, "unsupported-media-type", "The body is of another type."},
    {Kind::kExpectationFailed, 417, "expectation-failed",
     "The server cannot meet the expectation."},
    {Kind::kRefusedRequest, 422, "refused", "The engine refuses the request."},
    {Kind::kTooManyRequests, 429, "too-many-requests", "This client asks too often."},
    {Kind::kTooManyConnections, 429, "too-many-connections",
     "This client has too many connections."},
    {Kind::kHeaderTooLarge, 431, "header-too-large", "The header is too large."},
    {Kind::kInternal, 500, "internal", "The server failed."},
    {Kind::kNotImplemented, 501, "not-implemented", "This engine lacks the function."},
    {Kind::kBadEncoding, 501, "bad-encoding", "The server does not read this transfer encoding."},
    {Kind::kOverloaded, 503, "overloaded", "The server has as many requests as it can answer."},
    {Kind::kDeadlinePassed, 503, "deadline-passed",
     "The deadline passed before the request could be answered."},
    {Kind::kNotReady, 503, "not-ready", "The server is about to stop."},
    {Kind::kUnavailable, 503, "unavailable", "A part of the service cannot be reached."},
    {Kind::kHttpVersion, 505, "http-version", "The server speaks HTTP/1.1 and HTTP/1.0."},
};

Kind kind_of(Code code) {
  switch (code) {
    case Code::kInvalidArgument:
    case Code::kBadData:
    case Code::kBadConfiguration:
      return Kind::kRefusedRequest;
    case Code::kUnsupported:
      return Kind::kNotImplemented;
    case Code::kNotFound:  // of what the call needs, such as a label; the path itself is a route
    case Code::kFailedPrecondition:
      return Kind::kConflict;
    case Code::kIoError:
      return Kind::kUnavailable;
    case Code::kOk:
      break;
  }
  return Kind::kInternal;
}

}  // namespace

std::span<const ProblemType> problem_types() { return kTypes; }

HttpResponse problem(ProblemKind kind, const std::string& detail, const std::string& field) {
  using Json = nlohmann::ordered_json;
  const ProblemType& type = kTypes[static_cast<size_t>(kind)];
  assert(type.kind == kind);
  Json json = {{"type", std::string("urn:barker:problem:") + type.name},
               {"title", type.title},
               {"status", type.status},
               {"detail", detail}};
  if (!field.empty()) json["field"] = field;
  HttpResponse response;
  response.status = type.status;
  response.content_type = "application/problem+json";
  response.body = json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  if (type.status == 503 || type.status == 429) response.headers.emplace_back("Retry-After", "1");
  if (type.status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

HttpResponse problem(const Fault& fault) { return problem(fault.kind, fault.detail, fault.field); }

HttpResponse problem(const Status& status, const std::string& field) {
  return problem(kind_of(status.code()), status.message(), field);
}

}  // namespace barker
