// Where histories are kept: the clicks of each user, read by every search and written by every
// click.
//
//   Result<std::unique_ptr<ProfileStore>> store = open_profile_store(options);
//   const std::unique_ptr<ProfileReader> reader = (*store)->reader();  // one for each thread
//   Profile user;                                                      // kept from query to query
//   if (reader->read("anna", deadline, user) == ReadOutcome::kFound) ...
//   (*store)->record({"anna", ClickKind::kSf, {"waterproof"}});
//
// A read takes about a microsecond where the store is a file on this machine, and never longer than
// its budget where the store is a server. A click waits in a bounded queue until one thread of the
// store writes it, in a batch with others. What flush() acknowledged survives the end of the
// process, however it ends; of the rest, at most what stood in the queue is lost.
//
// Threads: any thread may call any function of a store. A reader belongs to one thread at a time
// and must not outlive its store.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "index/profiles/profile_record.h"
#include "index/profiles/profiles.h"
#include "models/base/outage.h"
#include "models/base/result.h"

namespace barker {

enum class ReadOutcome : uint8_t {
  kFound,
  kUnknown,      // nobody of this id, or the time to live has passed
  kUnavailable,  // the store is dead or slow: the search goes on without a history
};

class ProfileReader {
 public:
  virtual ~ProfileReader() = default;

  // Puts the user into `into` and reuses the memory of its texts. Where nothing is found, `into`
  // has the id and nothing else. A store on this machine does not look at the deadline.
  virtual ReadOutcome read(std::string_view user, std::chrono::steady_clock::time_point deadline,
                           Profile& into) noexcept = 0;
};

// What happened since the store was opened, by this process.
struct ProfileCounters {
  uint64_t recorded = 0;     // clicks, and pages without one, that record() took
  uint64_t written = 0;      // clicks that are durable
  uint64_t waiting = 0;      // clicks that are not yet
  uint64_t dropped = 0;      // clicks that found the queue full, or were left when the store closed
  uint64_t refused = 0;      // clicks without a usable user id, or whose record would be too large
  uint64_t malformed = 0;    // records that were damaged or of another version when they were read
  uint64_t unavailable = 0;  // reads that ended with kUnavailable
  uint64_t write_errors = 0;  // batches that failed; they are tried again
  uint64_t expired = 0;       // users that the sweep removed
  uint64_t untaught = 0;      // lessons that taught nothing; without weights, for example
};

struct ProfileStoreStatus {
  uint64_t users = 0;
  uint64_t bytes = 0;  // that the store takes: of memory, of its file, of the whole Redis server
  ProfileCounters counters;
  std::string last_error;  // of a batch that failed; empty if none did
};

class ProfileStore {
 public:
  virtual ~ProfileStore() = default;

  // Never null. If the store has no room for another reader, the reads of this one are kUnavailable
  // until there is some.
  virtual std::unique_ptr<ProfileReader> reader() = 0;

  // Remembers a click soon, and learns from its lesson. False if it was dropped or refused, which
  // is counted. Waits for nothing but a mutex that is held while a click is moved.
  virtual bool record(ProfileClick click) noexcept = 0;

  // Waits until every click that was recorded before is durable. The error is that of the write;
  // the clicks stay in the queue and are tried again.
  virtual Status flush() = 0;

  // Removes a user and the user's clicks that wait in this process. True if there was anything.
  // Clicks that another process has taken and not yet written come after it and stay.
  virtual Result<bool> erase(std::string_view user) = 0;

  // All that is stored of a user, expired or not. Clicks that wait are not looked at:
  // a caller that wants them calls flush() first.
  virtual Result<std::optional<StoredProfile>> find(std::string_view user) = 0;

  // Calls `take` with each stored user, in no particular order, and stops with its first error.
  // Takes bounded memory and stops neither reads nor writes. Users that change meanwhile are given
  // as they were or as they are. Redis may give a user twice.
  virtual Status for_each(const std::function<Status(const StoredProfile&)>& take) = 0;

  // Merges users into those that are stored (merge_profile() in profile_record.h); they are durable
  // when this returns. Where one of them cannot be stored, the error names it, and the others are.
  virtual Status import(std::span<const StoredProfile> users) = 0;

  // Stores those of the users whom the store does not know; all others keep what they have. Nothing
  // is stored once the store remembers `file`, so that of several engines which read one file at
  // once, none brings back a user whom another one has removed since. Of several users with one id
  // the first counts. They are durable when this returns.
  virtual Status add(std::span<const StoredProfile> users, std::string_view file) = 0;

  // Which files of users were read in, by the digests of their contents. Both are kept for as long
  // as the store; in memory, they are not kept at all.
  virtual Result<bool> remembers_file(std::string_view file) = 0;
  virtual Status remember_file(std::string_view file) = 0;

  // False: it is empty whenever it is opened.
  virtual bool outlives_process() const noexcept { return true; }

  // May count all users, and so may take seconds.
  virtual Result<ProfileStoreStatus> status() = 0;

  // Takes no time.
  virtual ProfileCounters counters() const noexcept = 0;
};

// Seconds since 1970, of the system's clock.
int64_t profile_seconds_now();

struct ProfileStoreOptions {
  // "lmdb:PATH" (one machine; PATH is a file, PATH-lock lies beside it), "redis://HOST:PORT/DB" or
  // "unix:SOCKET" (several engines; redis_address.h), "memory:" or "memory:FILE" (begins with the
  // users of the file and forgets what it learned).
  std::string store;
  bool create = true;  // the LMDB file, if it does not exist
  HistoryLimits limits;

  size_t queue_clicks = 65536;                   // that may wait; more are dropped
  size_t batch_clicks = 1024;                    // that are written together at most
  std::chrono::milliseconds batch_interval{50};  // that a click waits for others
  size_t sweep_users = 512;                      // that are looked at for their age in one go
  std::chrono::milliseconds sweep_interval{1000};

  uint64_t lmdb_map_bytes = sizeof(void*) == 8 ? uint64_t{64} << 30 : uint64_t{1} << 30;

  std::string redis_prefix = "barker:user:";    // of the keys
  std::string redis_password;                   // where the address has none
  std::chrono::microseconds redis_read{2000};   // the longest that a read may take
  std::chrono::milliseconds redis_write{1000};  // to connect, and for each answer to a write

  // Is told once when a Redis does not answer, and once when it answers again. [any thread]
  Report report = {};

  std::function<int64_t()> clock = profile_seconds_now;  // any thread; must not throw

  // Changes a user's own state by a lesson, while the record is being changed, so that no other
  // change of the record is lost. False: nothing could be learned. It is called by the thread that
  // writes, and again with the record of another engine where that one went ahead. Empty: lessons
  // are left out. What it uses must outlive the store.
  std::function<bool(const Lesson& lesson, LearnedState& state)> learn = {};
};

// The error says what is wrong with the address or the options, or which file cannot be opened, is
// damaged or is none of ours. A Redis that does not answer is no error here, because an engine must
// be able to start without it: its reads are kUnavailable and status() says why.
Result<std::unique_ptr<ProfileStore>> open_profile_store(const ProfileStoreOptions& options);

struct ProfileImport {
  uint64_t users = 0;  // lines that could be used
  BadLines bad;
};

// Merges the users of a file (profiles.h) into the store. What a line has wrong is in `bad`. After
// an error, the lines before it may have been stored.
Result<ProfileImport> import_profiles(ProfileStore& store, const std::string& path);

// Fills the store with the users of a file, once: users whom it knows keep what they have, and a
// file whose content it was filled with before is not read in again, so that what was removed since
// stays removed. A store in memory is filled each time. The file is read several times where the
// store outlives the process, must then be a regular one, and is not remembered where it was
// replaced meanwhile. The error of a file begins with input_name() of it and a colon; another one
// is the store's.
Result<ProfileImport> fill_profiles(ProfileStore& store, const std::string& path);

}  // namespace barker
