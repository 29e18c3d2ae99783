// An open LMDB file of profiles. Only lmdb_environment.cpp and lmdb_store.cpp include this header,
// because lmdb.h stays behind them.
#pragma once

#include <lmdb.h>
#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "models/base/result.h"

namespace barker {

// The error of a call of LMDB, with the name of the file.
Status lmdb_error(const std::string& path, const char* what, int code);

// A transaction that is aborted unless it is committed.
class LmdbTransaction {
 public:
  LmdbTransaction() = default;
  ~LmdbTransaction() { abort(); }
  LmdbTransaction(const LmdbTransaction&) = delete;
  LmdbTransaction& operator=(const LmdbTransaction&) = delete;

  int begin(MDB_env* environment, unsigned flags) {
    return mdb_txn_begin(environment, nullptr, flags, &txn_);
  }
  int commit() { return mdb_txn_commit(std::exchange(txn_, nullptr)); }
  void abort() {
    if (txn_ != nullptr) mdb_txn_abort(std::exchange(txn_, nullptr));
  }
  MDB_txn* get() const { return txn_; }

 private:
  MDB_txn* txn_ = nullptr;
};

inline MDB_val lmdb_value(std::string_view text) {
  return {text.size(), const_cast<char*>(text.data())};  // LMDB does not write to keys and values
}
inline std::string_view text_of(const MDB_val& value) {
  return {static_cast<const char*>(value.mv_data), value.mv_size};
}

class LmdbEnvironment {
 public:
  static Result<std::shared_ptr<LmdbEnvironment>> open(const std::string& path, uint64_t map_bytes,
                                                       bool create);
  ~LmdbEnvironment();
  LmdbEnvironment(const LmdbEnvironment&) = delete;
  LmdbEnvironment& operator=(const LmdbEnvironment&) = delete;

  const std::string& path() const { return path_; }
  MDB_env* get() const { return environment_; }
  MDB_dbi users() const { return users_; }  // user id to record
  MDB_dbi about() const { return about_; }  // what concerns the file as a whole

 private:
  explicit LmdbEnvironment(std::string path) : path_(std::move(path)) {}
  Status open_file(uint64_t map_bytes);
  Status open_tables();
  Status check_pages() const;

  const std::string path_;
  MDB_env* environment_ = nullptr;
  MDB_dbi users_ = 0, about_ = 0;
  std::pair<dev_t, ino_t> file_{};  // in the list of the process's open files, if not {0, 0}
};

}  // namespace barker
