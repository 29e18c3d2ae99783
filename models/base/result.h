// Status and Result<T>: how a thing that can fail says so, inside barker.
//
// A Status is a code of a small closed set and a message that names what and where: file, field,
// expected, found. Nothing on the query path makes one (it would allocate); the query path is
// noexcept. std::expected is C++23, hence these few lines. Both types are plain values.
#pragma once

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace barker {

enum class Code {
  kOk = 0,
  kInvalidArgument,     // the caller's words are wrong (flag, value)
  kBadConfiguration,    // a configuration or rules that are wrong
  kNotFound,            // a file or name that is not there
  kBadData,             // bytes that are not what they claim to be
  kUnsupported,         // right bytes, but of another version or for another machine
  kFailedPrecondition,  // right call, wrong moment (no weights loaded, nothing to roll back to)
  kIoError,             // the operating system said no
};

class [[nodiscard]] Status {
 public:
  Status() = default;  // ok
  Status(Code code, std::string message) : code_(code), message_(std::move(message)) {
    assert(code != Code::kOk);
  }

  bool ok() const { return code_ == Code::kOk; }
  Code code() const { return code_; }
  const std::string& message() const { return message_; }

 private:
  Code code_ = Code::kOk;
  std::string message_;
};

inline Status bad_data(std::string message) { return {Code::kBadData, std::move(message)}; }
inline Status invalid_argument(std::string message) {
  return {Code::kInvalidArgument, std::move(message)};
}
inline Status io_error(std::string message) { return {Code::kIoError, std::move(message)}; }
inline Status not_found(std::string message) { return {Code::kNotFound, std::move(message)}; }

// Either a T or the Status that says why there is none. value() of a failed Result is a bug in the
// caller and asserts.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(*-explicit-*)
  Result(Status status) : state_(std::in_place_index<1>, std::move(status)) {  // NOLINT
    assert(!std::get<1>(state_).ok());
  }

  bool ok() const { return state_.index() == 0; }
  const Status& status() const {
    static const Status kOk;
    return ok() ? kOk : std::get<1>(state_);
  }

  T& value() & {
    assert(ok());
    return std::get<0>(state_);
  }
  const T& value() const& {
    assert(ok());
    return std::get<0>(state_);
  }
  T&& value() && {
    assert(ok());
    return std::get<0>(std::move(state_));
  }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }

 private:
  std::variant<T, Status> state_;
};

}  // namespace barker
