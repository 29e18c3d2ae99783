// A keyword's 64-bit fingerprint: XXH3 of its normalised UTF-8. Training, indexing and queries name
// keywords by it; vocabularies map it to rows. 0 is reserved for "none" and never returned.
// Collisions: 1e7 keywords share a fingerprint with probability 3e-6; the writer refuses one.
#pragma once

#include <cstdint>
#include <string_view>

namespace barker {

using Fingerprint = uint64_t;

// `keyword` must be normalised (models/text/keywords.h).
Fingerprint fingerprint(std::string_view keyword) noexcept;

// The fingerprint of a feature, which is that of "group=token". A token is taken as it is, byte for
// byte, because it is a name and not language.
Fingerprint feature_fingerprint(std::string_view group, std::string_view token) noexcept;

}  // namespace barker
