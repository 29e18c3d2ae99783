#include "index/server/admin_token.h"

#include <sodium.h>

#include "models/base/ascii.h"

namespace barker {
namespace {

constexpr size_t kShortest = 16;  // bytes

}  // namespace

AdminToken::Hash AdminToken::hash_of(std::string_view token) const {
  Hash hash;
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const uint8_t*>(token.data()),
                     token.size(), key_.data(), key_.size());
  return hash;
}

Result<AdminToken> AdminToken::create(std::string_view token) {
  if (sodium_init() < 0) return io_error("libsodium has no source of random numbers");
  constexpr std::string_view kWhite = " \t\r\n";
  const size_t first = token.find_first_not_of(kWhite);
  token = first == std::string_view::npos
              ? std::string_view()
              : token.substr(first, token.find_last_not_of(kWhite) - first + 1);
  if (token.size() < kShortest) {
    return Status(Code::kBadConfiguration,
                  "the administrator's token has " + std::to_string(token.size()) +
                      " bytes; expected at least " + std::to_string(kShortest));
  }
  AdminToken made;
  randombytes_buf(made.key_.data(), made.key_.size());
  made.hash_ = made.hash_of(token);
  return made;
}

bool AdminToken::matches(std::string_view authorization) const {
  constexpr std::string_view kScheme = "bearer ";
  if (authorization.size() < kScheme.size()) return false;
  for (size_t i = 0; i < kScheme.size(); ++i) {  // the scheme's case does not matter
    if (ascii_lower(authorization[i]) != kScheme[i]) return false;
  }
  const Hash given = hash_of(authorization.substr(kScheme.size()));
  return sodium_memcmp(given.data(), hash_.data(), hash_.size()) == 0;
}

}  // namespace barker
