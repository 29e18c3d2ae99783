// Ed25519 signatures of weight files. A checksum proves that a file is whole; a signature proves
// that it was written with a certain secret key.
//
//   FILE.sig   one line: "barker-ed25519ph KEY SIGNATURE", in hexadecimal; KEY is the public one
//   NAME.key   one line: the secret key, 64 hexadecimal digits; readable by its owner alone
//   NAME.pub   one line: the public key, 64 hexadecimal digits, as `trusted_keys` lists it
//
// The signature is over all bytes of the file, which are hashed first (Ed25519ph, RFC 8032), so
// that a gigabyte is read once. The bytes begin with the magic of the format, so that a signature
// of a weight file cannot be taken for one of anything else.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "models/base/result.h"

namespace barker {

using PublicKey = std::array<uint8_t, 32>;

// 64 hexadecimal digits; white space around them is passed over.
Result<PublicKey> parse_public_key(std::string_view text);
std::string to_text(const PublicKey& key);

// Makes NAME.key and NAME.pub, never over a file that is there. Returns the public key.
Result<PublicKey> generate_key_pair(const std::string& name);

// Writes `file`.sig over `bytes`, which should be those of `file`. Refuses a key file that others
// may read. Returns the public key.
Result<PublicKey> sign_bytes(std::span<const std::byte> bytes, const std::string& file,
                             const std::string& key_file);

// Whether `file`.sig is a signature of `bytes` by one of `trusted`. Returns that key. The error
// says what is missing or wrong.
Result<PublicKey> check_signature(std::span<const std::byte> bytes, const std::string& file,
                                  std::span<const PublicKey> trusted);

// Inline, so that hosts, which only look whether it changed, need no libsodium.
inline std::string signature_path(const std::string& file) { return file + ".sig"; }

}  // namespace barker
