#include "index/profiles/memory_store.h"

#include <array>
#include <exception>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "index/profiles/record_store.h"

namespace barker {
namespace {

struct Hash {
  using is_transparent = void;
  size_t operator()(std::string_view user) const noexcept {
    return std::hash<std::string_view>()(user);
  }
};
using Records = std::unordered_map<std::string, std::string, Hash, std::equal_to<>>;

// A write holds the lock of one part for one user, and a sweep while it looks at some users, so
// that reads wait for microseconds at most.
struct Part {
  mutable std::shared_mutex mutex;
  Records records;
};

class MemoryStore final : public RecordStore {
 public:
  explicit MemoryStore(const ProfileStoreOptions& options) : RecordStore(options) { start(); }
  ~MemoryStore() override { stop(); }

  std::unique_ptr<ProfileReader> reader() override;

  Result<bool> remembers_file(std::string_view) override { return false; }
  Status remember_file(std::string_view) override { return {}; }
  bool outlives_process() const noexcept override { return false; }

  const Part& part_of(std::string_view user) const { return parts_[Hash()(user) % kParts]; }

 protected:
  Status transform(std::span<RecordChange> changes, std::string_view) override {
    std::string record;
    for (RecordChange& change : changes) {
      Part& part = part_of(change.user);
      const std::unique_lock lock(part.mutex);
      const auto known = part.records.find(change.user);
      std::optional<std::string_view> stored;
      if (known != part.records.end()) stored = known->second;
      if (!make_record(stored, change, record)) continue;
      if (known != part.records.end()) {
        known->second = record;
      } else {
        part.records.emplace(change.user, record);
      }
    }
    return {};
  }

  Result<bool> remove(std::string_view user) override {
    Part& part = part_of(user);
    const std::unique_lock lock(part.mutex);
    const auto known = part.records.find(user);
    if (known == part.records.end()) return false;
    part.records.erase(known);
    return true;
  }

  Result<std::optional<std::string>> load(std::string_view user) override {
    const Part& part = part_of(user);
    const std::shared_lock lock(part.mutex);
    const auto known = part.records.find(user);
    return known == part.records.end() ? std::nullopt : std::optional(known->second);
  }

  // A part is copied before its users are given, because the visitor may take its time.
  Status visit(const Visitor& visitor) override {
    for (const Part& part : parts_) {
      std::vector<std::pair<std::string, std::string>> copy;
      {
        const std::shared_lock lock(part.mutex);
        copy.assign(part.records.begin(), part.records.end());
      }
      for (const auto& [user, record] : copy) {
        if (Status s = visitor(user, record); !s.ok()) return s;
      }
    }
    return {};
  }

  Status measure(ProfileStoreStatus& status) override {
    for (const Part& part : parts_) {
      const std::shared_lock lock(part.mutex);
      status.users += part.records.size();
      for (const auto& [user, record] : part.records) status.bytes += user.size() + record.size();
    }
    return {};
  }

  // Goes on where the last sweep ended. Where a part was given more buckets meanwhile, some users
  // wait for the next round.
  void sweep() override {
    for (size_t looked = 0, parts = 0; looked < options().sweep_users && parts < kParts; ++parts) {
      Part& part = parts_[swept_part_];
      const std::unique_lock lock(part.mutex);
      std::vector<std::string> expired;
      for (; swept_bucket_ < part.records.bucket_count() && looked < options().sweep_users;
           ++swept_bucket_) {
        for (auto it = part.records.begin(swept_bucket_); it != part.records.end(swept_bucket_);
             ++it, ++looked) {
          if (has_expired(it->second)) expired.push_back(it->first);
        }
      }
      for (const std::string& user : expired) part.records.erase(user);
      count_expired(expired.size());
      if (swept_bucket_ >= part.records.bucket_count()) {
        swept_bucket_ = 0;
        swept_part_ = (swept_part_ + 1) % kParts;
      }
    }
  }

 private:
  static constexpr size_t kParts = 64;

  Part& part_of(std::string_view user) { return parts_[Hash()(user) % kParts]; }

  std::array<Part, kParts> parts_;
  size_t swept_part_ = 0, swept_bucket_ = 0;  // of the queue's thread
};

class MemoryReader final : public ProfileReader {
 public:
  explicit MemoryReader(const MemoryStore& store) : store_(store) {}

  ReadOutcome read(std::string_view user, std::chrono::steady_clock::time_point,
                   Profile& into) noexcept override {
    try {
      const Part& part = store_.part_of(user);
      const std::shared_lock lock(part.mutex);
      const auto known = part.records.find(user);
      if (known != part.records.end()) return store_.read(known->second, user, into);
      into.user.assign(user);
      into.forget();
      return ReadOutcome::kUnknown;
    } catch (const std::exception&) {  // there is no memory
      into = {};
      store_.count_unavailable();
      return ReadOutcome::kUnavailable;
    }
  }

 private:
  const MemoryStore& store_;
};

std::unique_ptr<ProfileReader> MemoryStore::reader() {
  return std::make_unique<MemoryReader>(*this);
}

}  // namespace

Result<std::unique_ptr<ProfileStore>> open_memory_store(const std::string& users,
                                                        const ProfileStoreOptions& options) {
  std::unique_ptr<ProfileStore> store = std::make_unique<MemoryStore>(options);
  if (users.empty()) return store;
  const Result<ProfileImport> imported = import_profiles(*store, users);
  if (!imported.ok()) return imported.status();
  if (imported->bad.count() > 0) {
    const BadLines::Entry& first = imported->bad.first().front();
    return bad_data(users + ":" + std::to_string(first.line) + ": " + first.reason + " (" +
                    std::to_string(imported->bad.count()) + " bad lines)");
  }
  return store;
}

}  // namespace barker
