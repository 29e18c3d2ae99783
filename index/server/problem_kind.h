// The kinds of errors that the server answers, each with its status and title.
#pragma once

#include <cstdint>
#include <span>

namespace barker {

enum class ProblemKind : uint8_t {
  kBadRequest,
  kBadFraming,
  kBadTarget,
  kBadEscape,
  kControlCharacter,
  kDotSegment,
  kInvalidUtf8,
  kMissing,
  kUnknownName,
  kRepeated,
  kBadValue,
  kBadJson,
  kUnauthorized,
  kAdminOff,
  kNotFound,
  kNoSuchUser,
  kMethodNotAllowed,
  kRequestTimeout,
  kConflict,
  kBodyTooLarge,
  kTargetTooLong,
  kUnsupportedMediaType,
  kExpectationFailed,
  kRefusedRequest,
  kTooManyRequests,
  kTooManyConnections,
  kHeaderTooLarge,
  kInternal,
  kNotImplemented,
  kBadEncoding,
  kOverloaded,
  kDeadlinePassed,
  kNotReady,
  kUnavailable,
  kHttpVersion,
};

struct ProblemType {
  ProblemKind kind;
  int status;
  const char* name;   // the type of the problem document is "urn:barker:problem:NAME"
  const char* title;  // the same for all problems of a kind
};

// All kinds, in the order of the enumeration. [any thread]
std::span<const ProblemType> problem_types();

}  // namespace barker
