#include "models/base/digest.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "models/base/number_text.h"

namespace barker {

struct DigestStream::State {
  XXH3_state_t hash;
};

DigestStream::DigestStream() : state_(std::make_unique<State>()) {
  XXH3_128bits_reset(&state_->hash);
}
DigestStream::~DigestStream() = default;

void DigestStream::add(const void* data, size_t size) {
  XXH3_128bits_update(&state_->hash, data, size);
}

FileDigest DigestStream::digest() const {
  const XXH128_hash_t hash = XXH3_128bits_digest(&state_->hash);
  return {hash.low64, hash.high64};
}

std::string to_text(const FileDigest& digest) {
  return hex_text(digest.high) + hex_text(digest.low);
}

}  // namespace barker
