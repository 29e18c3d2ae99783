#include "index/server/user_salt.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "models/base/atomic_file.h"
#include "models/base/file_bytes.h"

namespace barker {

Result<UserSalt> UserSalt::create() {
  if (sodium_init() < 0) return io_error("libsodium has no source of random numbers");
  UserSalt salt;
  randombytes_buf(salt.salt_.data(), salt.salt_.size());
  return salt;
}

Result<UserSalt> UserSalt::open(const std::string& file) {
  Result<UserSalt> made_salt = create();
  if (!made_salt.ok()) return made_salt.status();
  UserSalt salt = *made_salt;
  char text[2 * sizeof salt.salt_ + 1];
  struct stat info;
  if (stat(file.c_str(), &info) != 0) {
    sodium_bin2hex(text, sizeof text, salt.salt_.data(), salt.salt_.size());
    Result<AtomicFile> made = AtomicFile::create(file);
    if (!made.ok()) return made.status();
    if (fchmod(made->descriptor(), 0600) != 0) return made->failed(errno);
    if (Status s = made->write(text, sizeof text - 1); !s.ok()) return s;
    if (Status s = made->commit(); !s.ok()) return s;
    return salt;
  }
  if ((info.st_mode & 077) != 0) {
    return Status(Code::kBadConfiguration,
                  file + ": others may read or write it; expected mode 0600");
  }
  const Result<std::string> found = read_small_file(file, 1024);
  if (!found.ok()) return found.status();
  size_t size = 0;
  if (sodium_hex2bin(salt.salt_.data(), salt.salt_.size(), found->data(), found->size(), "\r\n",
                     &size, nullptr) != 0 ||
      size != salt.salt_.size()) {
    return bad_data(file + ": expected 64 hexadecimal digits");
  }
  return salt;
}

std::string UserSalt::hash(std::string_view user) const {
  if (user.empty()) return {};
  uint8_t hash[16];
  crypto_generichash(hash, sizeof hash, reinterpret_cast<const uint8_t*>(user.data()), user.size(),
                     salt_.data(), salt_.size());
  char text[2 * sizeof hash + 1];
  sodium_bin2hex(text, sizeof text, hash, sizeof hash);
  return {text, 2 * sizeof hash};
}

}  // namespace barker
