// Status and Result<T>: what functions inside of barker return if they can fail.
//
// A Status is a code of a small closed set and a message that names the file, the field, what was
// expected and what was found. The query path makes none, because a Status allocates; it is
// noexcept. std::expected would serve as well, but is C++23. Both types are plain values.
#pragma once

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace barker {

enum class Code {
  kOk = 0,
  kInvalidArgument,     // an argument of the caller is wrong (a flag, a value)
  kBadConfiguration,    // a configuration or rules are wrong
  kNotFound,            // a file or name does not exist
  kBadData,             // bytes are not what they claim to be
  kUnsupported,         // the bytes are right, but of another version or for another machine
  kFailedPrecondition,  // the call comes at a wrong moment (no weights are loaded)
  kIoError,             // the operating system refused
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
// Bad data: "WHERE: expected EXPECTED, found FOUND".
inline Status unexpected(const std::string& where, const std::string& expected,
                         const std::string& found) {
  return bad_data(where + ": expected " + expected + ", found " + found);
}
inline Status invalid_argument(std::string message) {
  return {Code::kInvalidArgument, std::move(message)};
}
inline Status io_error(std::string message) { return {Code::kIoError, std::move(message)}; }
inline Status not_found(std::string message) { return {Code::kNotFound, std::move(message)}; }

// Either a T or the Status that says why there is none. A call of value() on a failed Result is a
// bug of the caller, which an assertion reports.
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
