// The administrator's token, of which only a keyed hash is kept. [any thread]
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "models/base/result.h"

namespace barker {

class AdminToken {
 public:
  // A token of at least 16 bytes; white space around it is passed over.
  static Result<AdminToken> create(std::string_view token);

  // Whether a header "Authorization" is "Bearer " and the token. Takes the same time whatever is
  // wrong with a token, because hashes are compared, and always as a whole.
  bool matches(std::string_view authorization) const;

 private:
  using Hash = std::array<uint8_t, 32>;
  AdminToken() = default;
  Hash hash_of(std::string_view token) const;

  Hash key_{}, hash_{};
};

}  // namespace barker
