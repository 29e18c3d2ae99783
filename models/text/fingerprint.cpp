#include "models/text/fingerprint.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace barker {
namespace {

Fingerprint never_zero(XXH64_hash_t hash) { return hash == 0 ? 1 : hash; }

}  // namespace

Fingerprint fingerprint(std::string_view keyword) noexcept {
  return never_zero(XXH3_64bits(keyword.data(), keyword.size()));
}

Fingerprint feature_fingerprint(std::string_view group, std::string_view token) noexcept {
  XXH3_state_t state;
  XXH3_64bits_reset(&state);
  XXH3_64bits_update(&state, group.data(), group.size());
  XXH3_64bits_update(&state, "=", 1);
  XXH3_64bits_update(&state, token.data(), token.size());
  return never_zero(XXH3_64bits_digest(&state));
}

}  // namespace barker
