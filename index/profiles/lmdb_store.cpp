#include "index/profiles/lmdb_store.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <utility>
#include <vector>

#include "index/profiles/lmdb_environment.h"
#include "index/profiles/record_store.h"

namespace barker {
namespace {

constexpr size_t kUsersOfOneVisit = 256;
constexpr std::string_view kFileKey = "users-file:";  // with a digest, in the table "about"

struct Row {
  std::string user, record;
};

class LmdbStore final : public RecordStore {
 public:
  LmdbStore(std::shared_ptr<const LmdbEnvironment> file, const ProfileStoreOptions& options)
      : RecordStore(options), file_(std::move(file)) {
    start();
  }
  ~LmdbStore() override { stop(); }

  std::unique_ptr<ProfileReader> reader() override;

  Result<bool> remembers_file(std::string_view file) override {
    LmdbTransaction txn;
    if (Status s = begin(txn, MDB_RDONLY); !s.ok()) return s;
    return has_file(txn, file);
  }

  Status remember_file(std::string_view file) override {
    LmdbTransaction txn;
    if (Status s = begin(txn, 0); !s.ok()) return s;
    const std::string name = std::string(kFileKey) + std::string(file);
    MDB_val key = lmdb_value(name), value = lmdb_value("");
    if (const int code = mdb_put(txn.get(), file_->about(), &key, &value, 0)) {
      return failed("cannot be written", code);
    }
    return commit(txn);
  }

 protected:
  Status transform(std::span<RecordChange> changes, std::string_view unless) override {
    LmdbTransaction txn;
    if (Status s = begin(txn, 0); !s.ok()) return s;
    if (!unless.empty()) {
      const Result<bool> is_known = has_file(txn, unless);
      if (!is_known.ok() || *is_known) return is_known.status();
    }
    std::string record;
    for (RecordChange& change : changes) {
      MDB_val key = lmdb_value(change.user), value{};
      const int found = mdb_get(txn.get(), file_->users(), &key, &value);
      if (found != 0 && found != MDB_NOTFOUND) return failed("cannot be read", found);
      std::optional<std::string_view> stored;
      if (found == 0) stored = text_of(value);
      if (!make_record(stored, change, record)) continue;
      value = lmdb_value(record);
      if (const int code = mdb_put(txn.get(), file_->users(), &key, &value, 0)) {
        return failed("cannot be written", code);
      }
    }
    return commit(txn);
  }

  Result<bool> remove(std::string_view user) override {
    LmdbTransaction txn;
    if (Status s = begin(txn, 0); !s.ok()) return s;
    MDB_val key = lmdb_value(user);
    const int code = mdb_del(txn.get(), file_->users(), &key, nullptr);
    if (code == MDB_NOTFOUND) return false;
    if (code != 0) return failed("cannot be written", code);
    if (Status s = commit(txn); !s.ok()) return s;
    return true;
  }

  Result<std::optional<std::string>> load(std::string_view user) override {
    LmdbTransaction txn;
    if (Status s = begin(txn, MDB_RDONLY); !s.ok()) return s;
    MDB_val key = lmdb_value(user), value{};
    const int code = mdb_get(txn.get(), file_->users(), &key, &value);
    if (code == MDB_NOTFOUND) return std::optional<std::string>();
    if (code != 0) return failed("cannot be read", code);
    return std::optional<std::string>(text_of(value));
  }

  // A transaction for every few users, because an open one keeps all pages that it could read.
  Status visit(const Visitor& visitor) override {
    std::vector<Row> rows;
    std::string from;
    do {
      if (Status s = read_rows(from, kUsersOfOneVisit, rows); !s.ok()) return s;
      for (const Row& row : rows) {
        if (Status s = visitor(row.user, row.record); !s.ok()) return s;
      }
    } while (!rows.empty());
    return {};
  }

  Status measure(ProfileStoreStatus& status) override {
    LmdbTransaction txn;
    if (Status s = begin(txn, MDB_RDONLY); !s.ok()) return s;
    MDB_stat users{};
    if (const int code = mdb_stat(txn.get(), file_->users(), &users)) {
      return failed("cannot be read", code);
    }
    struct stat info {};
    if (stat(file_->path().c_str(), &info) != 0) return failed("cannot be read", errno);
    status.users = users.ms_entries;
    status.bytes = static_cast<uint64_t>(info.st_size);
    return {};
  }

  // Errors are left to the next round.
  void sweep() override {
    std::vector<Row> rows;
    if (!read_rows(swept_, options().sweep_users, rows).ok()) return;
    std::erase_if(rows, [&](const Row& row) { return !has_expired(row.record); });
    if (rows.empty()) return;
    LmdbTransaction txn;
    if (!begin(txn, 0).ok()) return;
    size_t removed = 0;
    for (const Row& row : rows) {
      // Another process may have written the record since it was read.
      MDB_val key = lmdb_value(row.user), value{};
      if (mdb_get(txn.get(), file_->users(), &key, &value) != 0) continue;
      if (text_of(value) != row.record) continue;
      if (mdb_del(txn.get(), file_->users(), &key, nullptr) != 0) return;
      ++removed;
    }
    if (commit(txn).ok()) count_expired(removed);
  }

 private:
  Status failed(const char* what, int code) const { return lmdb_error(file_->path(), what, code); }
  Status begin(LmdbTransaction& txn, unsigned flags) const {
    const int code = txn.begin(file_->get(), flags);
    return code == 0 ? Status() : failed("cannot be read", code);
  }
  Status commit(LmdbTransaction& txn) const {
    const int code = txn.commit();
    return code == 0 ? Status() : failed("cannot be written", code);
  }

  Result<bool> has_file(LmdbTransaction& txn, std::string_view file) const {
    const std::string name = std::string(kFileKey) + std::string(file);
    MDB_val key = lmdb_value(name), value{};
    const int code = mdb_get(txn.get(), file_->about(), &key, &value);
    if (code != 0 && code != MDB_NOTFOUND) return failed("cannot be read", code);
    return code == 0;
  }

  // Copies the first rows whose user is `from` or behind it, and moves `from` behind them. After
  // the last row, there are none and `from` is empty, so that the next call begins again.
  Status read_rows(std::string& from, size_t most, std::vector<Row>& rows) const {
    rows.clear();
    LmdbTransaction txn;
    if (Status s = begin(txn, MDB_RDONLY); !s.ok()) return s;
    MDB_cursor* cursor = nullptr;
    if (const int code = mdb_cursor_open(txn.get(), file_->users(), &cursor)) {
      return failed("cannot be read", code);
    }
    MDB_val key = lmdb_value(from), value{};
    int code = mdb_cursor_get(cursor, &key, &value, from.empty() ? MDB_FIRST : MDB_SET_RANGE);
    while (code == 0 && rows.size() < most) {
      rows.push_back({std::string(text_of(key)), std::string(text_of(value))});
      code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    if (code != 0 && code != MDB_NOTFOUND) return failed("cannot be read", code);
    from.clear();
    if (!rows.empty()) from = rows.back().user + '\0';
    return {};
  }

  const std::shared_ptr<const LmdbEnvironment> file_;
  std::string swept_;  // where the next sweep begins; of the queue's thread
};

// Keeps one transaction and renews it for every read, which costs no allocation.
class LmdbReader final : public ProfileReader {
 public:
  LmdbReader(const LmdbStore& store, std::shared_ptr<const LmdbEnvironment> file)
      : store_(store), file_(std::move(file)) {}

  ReadOutcome read(std::string_view user, std::chrono::steady_clock::time_point,
                   Profile& into) noexcept override {
    try {
      return look_up(user, into);
    } catch (const std::exception&) {  // there is no memory
      if (is_open_) reset();
      return fail(into);
    }
  }

 private:
  bool renew() {
    const int code =
        txn_.get() == nullptr ? txn_.begin(file_->get(), MDB_RDONLY) : mdb_txn_renew(txn_.get());
    is_open_ = code == 0;
    return is_open_;
  }
  void reset() {
    mdb_txn_reset(txn_.get());
    is_open_ = false;
  }

  ReadOutcome look_up(std::string_view user, Profile& into) {
    into.user.assign(user);
    if (user.empty() || user.size() > kMostUserIdBytes) return empty(into, ReadOutcome::kUnknown);
    if (!renew()) return fail(into);
    MDB_val key = lmdb_value(user), value{};
    const int code = mdb_get(txn_.get(), file_->users(), &key, &value);
    ReadOutcome outcome = ReadOutcome::kUnknown;
    if (code == 0) {
      outcome = store_.read(text_of(value), user, into);
    } else if (code == MDB_NOTFOUND) {
      empty(into, outcome);
    } else {
      outcome = fail(into);
    }
    reset();
    return outcome;
  }

  static ReadOutcome empty(Profile& into, ReadOutcome outcome) {
    into.forget();
    return outcome;
  }
  ReadOutcome fail(Profile& into) {
    store_.count_unavailable();
    return empty(into, ReadOutcome::kUnavailable);
  }

  const LmdbStore& store_;
  const std::shared_ptr<const LmdbEnvironment> file_;  // before the transaction, which it outlives
  LmdbTransaction txn_;
  bool is_open_ = false;
};

std::unique_ptr<ProfileReader> LmdbStore::reader() {
  return std::make_unique<LmdbReader>(*this, file_);
}

}  // namespace

Result<std::unique_ptr<ProfileStore>> open_lmdb_store(const std::string& path,
                                                      const ProfileStoreOptions& options) {
  Result<std::shared_ptr<LmdbEnvironment>> file =
      LmdbEnvironment::open(path, options.lmdb_map_bytes, options.create);
  if (!file.ok()) return file.status();
  std::unique_ptr<ProfileStore> store = std::make_unique<LmdbStore>(std::move(*file), options);
  return store;
}

}  // namespace barker
