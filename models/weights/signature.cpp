#include "models/weights/signature.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sstream>
#include <vector>

#include "models/base/atomic_file.h"
#include "models/base/file_bytes.h"

namespace barker {
namespace {

constexpr std::string_view kScheme = "barker-ed25519ph";
constexpr size_t kMaxKeyFile = 4096;  // of a line of at most 210 characters
static_assert(std::tuple_size_v<PublicKey> == crypto_sign_PUBLICKEYBYTES);

using Seed = std::array<uint8_t, crypto_sign_SEEDBYTES>;
using SignatureBytes = std::array<uint8_t, crypto_sign_BYTES>;

Status start_sodium() {
  return sodium_init() < 0 ? io_error("libsodium: no source of random numbers") : Status();
}

template <size_t N>
std::string to_hex(const std::array<uint8_t, N>& bytes) {
  std::string text(2 * N + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), bytes.data(), N);
  text.resize(2 * N);
  return text;
}

template <size_t N>
bool from_hex(std::string_view text, std::array<uint8_t, N>& bytes) {
  size_t size = 0;
  return text.size() == 2 * N &&
         sodium_hex2bin(bytes.data(), N, text.data(), text.size(), nullptr, &size, nullptr) == 0 &&
         size == N;
}

std::string_view trimmed(std::string_view text) {
  const auto space = " \t\r\n";
  const size_t begin = std::min(text.find_first_not_of(space), text.size());
  const size_t end = text.find_last_not_of(space) + 1;
  return text.substr(begin, end > begin ? end - begin : 0);
}

// A state that has taken all the bytes.
crypto_sign_state hashed(std::span<const std::byte> bytes) {
  crypto_sign_state state;
  crypto_sign_init(&state);
  crypto_sign_update(&state, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  return state;
}

// Made new and whole: a key that is there is never replaced.
Status write_new(const std::string& path, const std::string& line, mode_t mode) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (file < 0) return io_error(path + ": " + std::strerror(errno));
  const bool written = write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size()) &&
                       fsync(file) == 0;
  const int error = errno;
  close(file);
  if (written) return {};
  unlink(path.c_str());
  return io_error(path + ": " + std::strerror(error));
}

Result<Seed> read_secret_key(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) == 0 && (info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return bad_data(path + ": expected a secret key that its owner alone can read (chmod 600)");
  }
  Result<std::string> text = read_small_file(path, kMaxKeyFile);
  if (!text.ok()) return text.status();
  Seed seed;
  const bool read = from_hex(trimmed(*text), seed);
  sodium_memzero(text->data(), text->size());
  if (!read) return bad_data(path + ": expected a secret key, 64 hexadecimal digits");
  return seed;
}

}  // namespace

std::string to_text(const PublicKey& key) { return to_hex(key); }

Result<PublicKey> parse_public_key(std::string_view text) {
  PublicKey key;
  if (from_hex(trimmed(text), key)) return key;
  return invalid_argument("expected a public key, 64 hexadecimal digits");
}

Result<PublicKey> generate_key_pair(const std::string& name) {
  if (Status s = start_sodium(); !s.ok()) return s;
  Seed seed;
  PublicKey key;
  std::array<uint8_t, crypto_sign_SECRETKEYBYTES> secret;
  randombytes_buf(seed.data(), seed.size());
  crypto_sign_seed_keypair(key.data(), secret.data(), seed.data());
  sodium_memzero(secret.data(), secret.size());
  std::string line = to_hex(seed) + "\n";
  sodium_memzero(seed.data(), seed.size());
  Status s = write_new(name + ".key", line, 0600);
  sodium_memzero(line.data(), line.size());
  if (!s.ok()) return s;
  s = write_new(name + ".pub", to_text(key) + "\n", 0644);
  if (s.ok()) return key;
  unlink((name + ".key").c_str());
  return s;
}

Result<PublicKey> sign_bytes(std::span<const std::byte> bytes, const std::string& file,
                             const std::string& key_file) {
  if (Status s = start_sodium(); !s.ok()) return s;
  Result<Seed> seed = read_secret_key(key_file);
  if (!seed.ok()) return seed.status();
  PublicKey key;
  std::array<uint8_t, crypto_sign_SECRETKEYBYTES> secret;
  crypto_sign_seed_keypair(key.data(), secret.data(), seed->data());
  SignatureBytes signature;
  crypto_sign_state state = hashed(bytes);
  crypto_sign_final_create(&state, signature.data(), nullptr, secret.data());
  sodium_memzero(secret.data(), secret.size());
  sodium_memzero(seed->data(), seed->size());
  Result<AtomicFile> out = AtomicFile::create(signature_path(file));
  if (!out.ok()) return out.status();
  const std::string line =
      std::string(kScheme) + " " + to_text(key) + " " + to_hex(signature) + "\n";
  Status s = out->write(line.data(), line.size());
  if (s.ok()) s = out->commit();
  if (!s.ok()) return s;
  return key;
}

Result<PublicKey> check_signature(std::span<const std::byte> bytes, const std::string& file,
                                  std::span<const PublicKey> trusted) {
  if (Status s = start_sodium(); !s.ok()) return s;
  const std::string path = signature_path(file);
  const Result<std::string> text = read_small_file(path, kMaxKeyFile);
  if (text.status().code() == Code::kNotFound) {
    return bad_data("expected a signature by a trusted key in " + path + ", found none");
  }
  if (!text.ok()) return text.status();
  std::istringstream in(*text);
  std::string scheme, signer, hex, rest;
  in >> scheme >> signer >> hex;
  PublicKey key;
  SignatureBytes signature;
  if (scheme != kScheme || (in >> rest) || !from_hex(signer, key) || !from_hex(hex, signature)) {
    return bad_data(path + ": expected \"" + std::string(kScheme) +
                    " KEY SIGNATURE\" in hexadecimal digits");
  }
  if (std::ranges::find(trusted, key) == trusted.end()) {
    return bad_data("expected a signature by a trusted key, found one by " + to_text(key));
  }
  crypto_sign_state state = hashed(bytes);
  if (crypto_sign_final_verify(&state, signature.data(), key.data()) != 0) {
    return bad_data(path + ": is no signature of these bytes by " + to_text(key));
  }
  return key;
}

}  // namespace barker
