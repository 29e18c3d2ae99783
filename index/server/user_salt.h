// Users in logs: hashes with a salt that each installation has for itself, so that a log tells
// which requests are of one user and not which user that is. [any thread]
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "models/base/result.h"

namespace barker {

class UserSalt {
 public:
  // A new salt, which ends with the process.
  static Result<UserSalt> create();

  // Reads the salt in `file`, or makes it with mode 0600 where there is none.
  static Result<UserSalt> open(const std::string& file);

  // 32 hexadecimal digits; empty for an empty id.
  std::string hash(std::string_view user) const;

 private:
  UserSalt() = default;
  std::array<uint8_t, 32> salt_{};
};

}  // namespace barker
