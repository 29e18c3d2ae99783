#include "index/profiles/profile_store.h"

#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <vector>

#include "index/profiles/lmdb_store.h"
#include "index/profiles/memory_store.h"
#include "index/profiles/redis_store.h"
#include "models/base/digest.h"
#include "models/base/input_file.h"

namespace barker {
namespace {

constexpr size_t kUsersOfOneImport = 1000;

Status check(const ProfileStoreOptions& o) {
  const auto wrong = [](const std::string& what) {
    return Status(Code::kBadConfiguration, "profiles: " + what);
  };
  for (const size_t limit : {o.limits.keywords, o.limits.sfs}) {
    if (limit == 0 || limit > kMostHistory) {
      return wrong("a history keeps 1 to " + std::to_string(kMostHistory) + " keywords, found " +
                   std::to_string(limit));
    }
  }
  if (o.limits.seconds_to_live <= 0) return wrong("the time to live must be positive");
  if (o.queue_clicks == 0 || o.batch_clicks == 0 || o.sweep_users == 0) {
    return wrong("the queue, a batch and a sweep take at least one");
  }
  if (o.batch_interval.count() < 0 || o.sweep_interval.count() <= 0 || o.redis_read.count() <= 0 ||
      o.redis_write.count() <= 0) {
    return wrong("times must be positive");
  }
  return {};
}

// The part of `address` behind `scheme`, if it begins so.
std::optional<std::string> behind(const std::string& address, std::string_view scheme) {
  if (!address.starts_with(scheme)) return std::nullopt;
  return address.substr(scheme.size());
}

// What makes a user of a file unfit for every store.
std::string fault_of(const StoredProfile& user) {
  if (!is_user_id(user.user)) {
    return "user: expected 1 to " + std::to_string(kMostUserIdBytes) + " bytes, found " +
           std::to_string(user.user.size());
  }
  std::string record;
  if (!write_record(user, record)) return "the user has texts that are too long, or too many";
  return "";
}

// Reads the users of a file and gives them to `put`, some at a time.
Result<ProfileImport> read_in(
    const std::string& path,
    const std::function<Status(std::span<const StoredProfile> users)>& put_some) {
  ProfileImport result;
  std::vector<StoredProfile> users;
  const auto put = [&] {
    const Status status = users.empty() ? Status() : put_some(users);
    if (status.ok()) result.users += users.size();
    users.clear();
    return status;
  };
  const auto take = [&](StoredProfile&& user, uint64_t line) {
    if (const std::string fault = fault_of(user); !fault.empty()) {
      result.bad.add(line, fault);
      return Status();
    }
    users.push_back(std::move(user));
    return users.size() < kUsersOfOneImport ? Status() : put();
  };
  if (Status s = for_each_profile(path, result.bad, take); !s.ok()) return s;
  if (Status s = put(); !s.ok()) return s;
  return result;
}

Result<std::string> digest_of_file(const std::string& path) {
  std::error_code error;
  const bool is_there = path == "-" || std::filesystem::exists(path, error);
  if (is_there && !std::filesystem::is_regular_file(path, error)) {
    return invalid_argument(input_name(path) +
                            ": expected a regular file, because it is read twice");
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) return not_found(path + ": cannot be opened");
  DigestStream digest;
  std::vector<char> piece(size_t{1} << 20);
  while (file) {
    file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    digest.add(piece.data(), static_cast<size_t>(file.gcount()));
  }
  if (file.bad()) return io_error(path + ": cannot be read");
  return to_text(digest.digest());
}

}  // namespace

int64_t profile_seconds_now() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);  // to a tick of the kernel, for a few nanoseconds
  return now.tv_sec;
}

Result<std::unique_ptr<ProfileStore>> open_profile_store(const ProfileStoreOptions& options) {
  if (Status s = check(options); !s.ok()) return s;
  if (const auto path = behind(options.store, "lmdb:"); path && !path->empty()) {
    return open_lmdb_store(*path, options);
  }
  if (options.store.starts_with("redis:") || options.store.starts_with("unix:")) {
    return open_redis_store(options);
  }
  if (const auto path = behind(options.store, "memory:")) return open_memory_store(*path, options);
  return Status(Code::kBadConfiguration,
                "profiles: expected lmdb:PATH, redis://HOST:PORT/DB, unix:SOCKET, memory: or "
                "memory:FILE, found \"" +
                    options.store + "\"");
}

Result<ProfileImport> import_profiles(ProfileStore& store, const std::string& path) {
  return read_in(path, [&](std::span<const StoredProfile> users) { return store.import(users); });
}

Result<ProfileImport> fill_profiles(ProfileStore& store, const std::string& path) {
  std::string digest;
  if (store.outlives_process()) {
    Result<std::string> of_file = digest_of_file(path);
    if (!of_file.ok()) return of_file.status();
    digest = *std::move(of_file);
    const Result<bool> is_known = store.remembers_file(digest);
    if (!is_known.ok()) return is_known.status();
    if (*is_known) return ProfileImport();
  }
  Result<ProfileImport> filled =
      read_in(path, [&](std::span<const StoredProfile> users) { return store.add(users, digest); });
  if (!filled.ok() || digest.empty()) return filled;
  // Of a file that was replaced meanwhile, the store has other users than those of the digest.
  const Result<std::string> now = digest_of_file(path);
  if (!now.ok()) return now.status();
  if (*now != digest) return filled;
  if (Status s = store.remember_file(digest); !s.ok()) return s;
  return filled;
}

}  // namespace barker
