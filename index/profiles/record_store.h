// What all stores of records have in common: the queue of clicks, how clicks and imported users
// change a record, and the counters. A store adds where the records lie.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "index/profiles/click_queue.h"
#include "index/profiles/profile_store.h"

namespace barker {

// How one user's record is to change. The function may be called several times, each time with
// what is stored at that moment.
struct RecordChange {
  std::string_view user;
  std::function<bool(StoredProfile&)> apply;  // false: the record stays as it is stored
  bool refused =
      false;  // set by transform(): the new record would be too large, or the old is newer
};

class RecordStore : public ProfileStore {
 public:
  bool record(ProfileClick click) noexcept override;
  Status flush() override { return queue_->flush(); }
  Result<bool> erase(std::string_view user) override;
  Result<std::optional<StoredProfile>> find(std::string_view user) override;
  Status for_each(const std::function<Status(const StoredProfile&)>& take) override;
  Status import(std::span<const StoredProfile> users) override;
  Status add(std::span<const StoredProfile> users, std::string_view file) override;
  Result<ProfileStoreStatus> status() override;
  ProfileCounters counters() const noexcept override;

  // What readers ask and count. [any thread]
  int64_t now() const noexcept { return options_.clock(); }
  const ProfileStoreOptions& options() const noexcept { return options_; }
  void count_unavailable() const noexcept { add(unavailable_); }

  // Reads a record for a search, and counts it where it is malformed.
  ReadOutcome read(std::string_view record, std::string_view user, Profile& into) const;

 protected:
  explicit RecordStore(const ProfileStoreOptions& options) : options_(options) {}

  // To be called at the end of the constructor and at the start of the destructor of each store,
  // because the thread of the queue calls the functions below.
  void start();
  void stop() { queue_.reset(); }

  // Changes the records of users, all of whom are different. All or none of them are durable when
  // this returns. Where the store remembers the file `unless`, nothing changes; empty: no file is
  // looked at.
  virtual Status transform(std::span<RecordChange> changes, std::string_view unless) = 0;
  virtual Result<bool> remove(std::string_view user) = 0;
  virtual Result<std::optional<std::string>> load(std::string_view user) = 0;
  using Visitor = std::function<Status(std::string_view user, std::string_view record)>;
  virtual Status visit(const Visitor& visitor) = 0;
  virtual Status measure(ProfileStoreStatus& status) = 0;  // users and bytes
  virtual void sweep() {}  // removes some expired users, by the queue's thread

  // Makes the new record of a change out of the stored one. False if there is none to be written,
  // because nothing changes or the change is refused.
  bool make_record(std::optional<std::string_view> stored, RecordChange& change,
                   std::string& record) const;
  // Whether the record has expired. A record that cannot be read is kept for a person to look at.
  bool has_expired(std::string_view record) const;
  void count_expired(uint64_t users) const noexcept { add(expired_, users); }

 private:
  static void add(std::atomic<uint64_t>& counter, uint64_t n = 1) noexcept {
    counter.fetch_add(n, std::memory_order_relaxed);
  }
  Status write(std::span<const ProfileClick> clicks);
  bool apply(const ProfileClick& click, int64_t moment, StoredProfile& profile) const;

  const ProfileStoreOptions options_;
  mutable std::atomic<uint64_t> refused_ = 0, malformed_ = 0, unavailable_ = 0, expired_ = 0,
                                untaught_ = 0;
  std::unique_ptr<ClickQueue> queue_;
};

}  // namespace barker
