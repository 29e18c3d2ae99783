#include "index/profiles/lmdb_environment.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <mutex>
#include <set>

#include "index/profiles/lmdb_check.h"

namespace barker {
namespace {

constexpr char kUsersTable[] = "users";
constexpr char kAboutTable[] = "about";
constexpr std::string_view kFormatKey = "format";
constexpr std::string_view kFormat = "barker.profiles/1";
constexpr unsigned kMostReaders = 1024;  // threads of all processes together

// The files that this process has open. A second opening is refused, because closing it would give
// up the locks of the first one, as POSIX has it.
std::mutex open_files_mutex;
std::set<std::pair<dev_t, ino_t>>& open_files() {
  static std::set<std::pair<dev_t, ino_t>> files;
  return files;
}

}  // namespace

Status lmdb_error(const std::string& path, const char* what, int code) {
  const std::string text = path + ": " + what + ": " + mdb_strerror(code);
  switch (code) {
    case MDB_INVALID:
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
      return bad_data(path + ": is no LMDB file, or is damaged (" + mdb_strerror(code) + ")");
    case MDB_VERSION_MISMATCH:
      return {Code::kUnsupported, text};
    case MDB_MAP_FULL:
      return io_error(text + "; lmdb_map_bytes is its limit");
    case ENOENT:
      return not_found(text);
    default:
      return io_error(text);
  }
}

Result<std::shared_ptr<LmdbEnvironment>> LmdbEnvironment::open(const std::string& path,
                                                               uint64_t map_bytes, bool create) {
  const std::lock_guard one_at_a_time(open_files_mutex);
  struct stat info {};
  if (stat(path.c_str(), &info) == 0) {
    if (!S_ISREG(info.st_mode)) return bad_data(path + ": is not a regular file");
    if (open_files().contains({info.st_dev, info.st_ino})) {
      return io_error(path + ": is open in this process already");
    }
  } else if (errno == ENOENT && !create) {
    return not_found(path + ": does not exist");
  }
  const std::shared_ptr<LmdbEnvironment> opened(new LmdbEnvironment(path));
  Status status = opened->open_file(map_bytes);
  if (status.ok()) status = opened->check_pages();
  if (status.ok()) status = opened->open_tables();
  if (!status.ok()) {
    // The destructor takes the lock that is held here, for the list of open files alone.
    mdb_env_close(std::exchange(opened->environment_, nullptr));
    return status;
  }
  if (stat(path.c_str(), &info) == 0) {
    opened->file_ = {info.st_dev, info.st_ino};
    open_files().insert(opened->file_);
  }
  return opened;
}

LmdbEnvironment::~LmdbEnvironment() {
  if (environment_ == nullptr) return;
  const std::lock_guard one_at_a_time(open_files_mutex);
  mdb_env_close(environment_);
  open_files().erase(file_);
}

// Without MDB_NOTLS, a thread could not have two readers. Slots of processes that were killed are
// taken back, because the pages that they read would be kept for ever.
Status LmdbEnvironment::open_file(uint64_t map_bytes) {
  if (const int code = mdb_env_create(&environment_)) {
    return lmdb_error(path_, "cannot be opened", code);
  }
  int code = mdb_env_set_mapsize(environment_, map_bytes);
  if (code == 0) code = mdb_env_set_maxdbs(environment_, 2);
  if (code == 0) code = mdb_env_set_maxreaders(environment_, kMostReaders);
  if (code == 0) {
    code = mdb_env_open(environment_, path_.c_str(), MDB_NOSUBDIR | MDB_NOTLS | MDB_NORDAHEAD,
                        S_IRUSR | S_IWUSR);
  }
  if (code == 0) code = mdb_reader_check(environment_, nullptr);
  return code == 0 ? Status() : lmdb_error(path_, "cannot be opened", code);
}

// The transaction keeps the pages as they are while they are looked at. Where another process has
// changed both metas meanwhile, none has its number, and the next transaction is asked.
Status LmdbEnvironment::check_pages() const {
  Status status;
  for (int attempt = 0; attempt < 3; ++attempt) {
    LmdbTransaction txn;
    if (const int code = txn.begin(environment_, MDB_RDONLY)) {
      return lmdb_error(path_, "cannot be read", code);
    }
    status = check_lmdb_file(path_, mdb_txn_id(txn.get()));
    if (status.ok()) break;
  }
  return status;
}

// The table "about" says whose file it is. A file with tables and without this one is foreign.
Status LmdbEnvironment::open_tables() {
  LmdbTransaction txn;
  int code = txn.begin(environment_, 0);
  if (code != 0) return lmdb_error(path_, "cannot be read", code);
  MDB_dbi root = 0;
  MDB_stat all{};
  code = mdb_dbi_open(txn.get(), nullptr, 0, &root);
  if (code == 0) code = mdb_stat(txn.get(), root, &all);
  if (code != 0) return lmdb_error(path_, "cannot be read", code);
  const bool is_new = all.ms_entries == 0;
  code = mdb_dbi_open(txn.get(), kAboutTable, is_new ? MDB_CREATE : 0, &about_);
  if (code == MDB_NOTFOUND || code == MDB_INCOMPATIBLE) {
    return bad_data(path_ + ": is an LMDB file of another program");
  }
  if (code != 0) return lmdb_error(path_, "cannot be read", code);
  MDB_val key = lmdb_value(kFormatKey), value = lmdb_value(kFormat);
  if (is_new) {
    code = mdb_put(txn.get(), about_, &key, &value, 0);
    if (code != 0) return lmdb_error(path_, "cannot be written", code);
  } else if (mdb_get(txn.get(), about_, &key, &value) != 0) {
    return bad_data(path_ + ": is an LMDB file of another program");
  } else if (text_of(value) != kFormat) {
    return {Code::kUnsupported, path_ + ": format: expected " + std::string(kFormat) + ", found " +
                                    std::string(text_of(value))};
  }
  code = mdb_dbi_open(txn.get(), kUsersTable, is_new ? MDB_CREATE : 0, &users_);
  if (code == 0) code = txn.commit();
  return code == 0 ? Status() : lmdb_error(path_, "cannot be opened", code);
}

}  // namespace barker
