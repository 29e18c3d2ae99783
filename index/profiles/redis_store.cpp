#include "index/profiles/redis_store.h"

#include <hiredis/hiredis.h>

#include <algorithm>
#include <charconv>
#include <exception>
#include <mutex>
#include <unordered_set>
#include <utility>
#include <vector>

#include "index/profiles/record_store.h"
#include "index/profiles/redis_connector.h"

namespace barker {
namespace {

constexpr int kMostConflicts = 1000;  // of one user; each means that another engine went ahead
constexpr std::string_view kKeysOfOneScan = "256";
constexpr std::string_view kFilesId =
    "\xff"
    "files";  // is no UTF-8, and so no user's id

std::string_view text_of(const redisReply& reply) {
  return reply.type == REDIS_REPLY_STRING || reply.type == REDIS_REPLY_STATUS ||
                 reply.type == REDIS_REPLY_ERROR
             ? std::string_view(reply.str, reply.len)
             : std::string_view();
}

std::span<redisReply* const> elements_of(const redisReply& reply) {
  if (reply.type != REDIS_REPLY_ARRAY) return {};
  return {reply.element, reply.elements};
}

// A text as a pattern that matches nothing but it.
std::string escaped_pattern(std::string_view text) {
  std::string pattern;
  for (const char c : text) {
    if (std::string_view("*?[]\\^-").find(c) != std::string_view::npos) pattern.push_back('\\');
    pattern.push_back(c);
  }
  return pattern;
}

class RedisStore final : public RecordStore {
 public:
  RedisStore(const RedisAddress& address, const ProfileStoreOptions& options)
      : RecordStore(options),
        address_(address),
        files_key_(options.redis_prefix + std::string(kFilesId)),
        connector_(address, options.redis_read, options.redis_write, options.report) {
    start();
  }
  ~RedisStore() override { stop(); }

  std::unique_ptr<ProfileReader> reader() override;
  RedisConnector& connector() { return connector_; }

  Result<bool> remembers_file(std::string_view file) override {
    const Result<RedisReply> reply = ask({"SISMEMBER", files_key_, file});
    if (!reply.ok()) return reply.status();
    return (*reply)->integer == 1;
  }
  Status remember_file(std::string_view file) override {
    return ask({"SADD", files_key_, file}).status();
  }

 protected:
  Status transform(std::span<RecordChange> changes, std::string_view unless) override {
    const std::lock_guard lock(mutex_);
    return transform_or_split(changes, unless);
  }
  Result<bool> remove(std::string_view user) override;
  Result<std::optional<std::string>> load(std::string_view user) override;
  Status visit(const Visitor& visitor) override;
  Status measure(ProfileStoreStatus& status) override;

 private:
  enum class Outcome { kWritten, kConflict };

  std::string key_of(std::string_view user) const {
    return options().redis_prefix + std::string(user);
  }
  RedisConnection::Time deadline() const {
    return std::chrono::steady_clock::now() + options().redis_write;
  }
  Status failed(const std::string& why) const { return io_error(address_.name() + ": " + why); }

  // Calls `function`, which uses connection(), and closes the connection if it fails. A connection
  // that was open before may have been closed by a Redis that restarted, so that a new one is
  // tried.
  template <typename Function>
  auto with_connection(const Function& function) {
    const bool was_open = connection_ != nullptr;
    auto result = function();
    if (!result.ok()) connection_.reset();  // with it goes what it watches
    if (result.ok() || !was_open) return result;
    result = function();
    if (!result.ok()) connection_.reset();
    return result;
  }

  Result<RedisConnection*> connection();
  Result<RedisReply> ask(std::initializer_list<std::string_view> words);
  Status exchange(RedisConnection& connection) const;
  Status transform_or_split(std::span<RecordChange> changes, std::string_view unless);
  Result<Outcome> try_transform(std::span<RecordChange> changes, std::string_view unless);
  using KeyVisitor = std::function<Status(std::span<const std::string_view> keys)>;
  Status visit_keys(RedisConnection& connection, const KeyVisitor& visitor) const;

  const RedisAddress address_;
  const std::string files_key_;  // a set of digests, which does not expire
  RedisConnector connector_;
  std::mutex mutex_;  // guards the connection of all but readers and visits
  std::unique_ptr<RedisConnection> connection_;
};

// The connection for writes, made again where it was lost.
Result<RedisConnection*> RedisStore::connection() {
  if (connection_ == nullptr) {
    auto opened = RedisConnection::connect(address_, deadline());
    if (!opened.ok()) return opened.status();
    connection_ = std::move(*opened);
  }
  return connection_.get();
}

Status RedisStore::exchange(RedisConnection& connection) const {
  if (!connection.exchange(deadline())) return failed(connection.error());
  const redisReply* refusal = connection.refusal();
  return refusal == nullptr ? Status() : failed(std::string(text_of(*refusal)));
}

// Where another engine changed one of the users meanwhile, the halves are tried, so that a batch
// with many users, of whom one is busy, does not begin again and again.
Status RedisStore::transform_or_split(std::span<RecordChange> changes, std::string_view unless) {
  for (int conflicts = 0; conflicts < kMostConflicts; ++conflicts) {
    const Result<Outcome> outcome = with_connection([&] { return try_transform(changes, unless); });
    if (!outcome.ok()) return outcome.status();
    if (*outcome == Outcome::kWritten) return {};
    if (changes.size() > 1) {
      const size_t half = changes.size() / 2;
      if (Status s = transform_or_split(changes.first(half), unless); !s.ok()) return s;
      return transform_or_split(changes.subspan(half), unless);
    }
  }
  return failed("other engines change a user without a pause");
}

Result<RedisStore::Outcome> RedisStore::try_transform(std::span<RecordChange> changes,
                                                      std::string_view unless) {
  const Result<RedisConnection*> opened = connection();
  if (!opened.ok()) return opened.status();
  RedisConnection& redis = **opened;
  if (!unless.empty()) {
    redis.add({"WATCH", files_key_});
    redis.add({"SISMEMBER", files_key_, unless});
    if (Status s = exchange(redis); !s.ok()) return s;
    if (redis.replies()[1]->integer == 1) {
      redis.add({"UNWATCH"});
      if (Status s = exchange(redis); !s.ok()) return s;
      return Outcome::kWritten;
    }
  }
  std::vector<std::string> keys;
  for (const RecordChange& change : changes) keys.push_back(key_of(change.user));
  std::vector<std::string_view> words(keys.begin(), keys.end());
  words.insert(words.begin(), "WATCH");
  redis.add(words);
  words.front() = "MGET";
  redis.add(words);
  if (Status s = exchange(redis); !s.ok()) return s;
  const RedisReply stored = std::move(redis.replies()[1]);
  const std::span<redisReply* const> records = elements_of(*stored);
  if (records.size() != changes.size()) return failed("the answer to MGET has another length");

  redis.add({"MULTI"});
  std::string record;
  for (size_t i = 0; i < changes.size(); ++i) {
    std::optional<std::string_view> old;
    if (records[i]->type == REDIS_REPLY_STRING) old = text_of(*records[i]);
    if (!make_record(old, changes[i], record)) continue;
    const int64_t left = last_click_of(record) + options().limits.seconds_to_live - now() + 1;
    redis.add({"SET", keys[i], record, "EX", std::to_string(std::max<int64_t>(left, 1))});
  }
  redis.add({"EXEC"});
  if (Status s = exchange(redis); !s.ok()) return s;
  const redisReply& executed = *redis.replies().back();
  if (executed.type == REDIS_REPLY_NIL) return Outcome::kConflict;
  for (const redisReply* result : elements_of(executed)) {
    if (result->type == REDIS_REPLY_ERROR) return failed(std::string(text_of(*result)));
  }
  return Outcome::kWritten;
}

// The answer to one command.
Result<RedisReply> RedisStore::ask(std::initializer_list<std::string_view> words) {
  const std::lock_guard lock(mutex_);
  return with_connection([&]() -> Result<RedisReply> {
    const Result<RedisConnection*> redis = connection();
    if (!redis.ok()) return redis.status();
    (*redis)->add(words);
    if (Status s = exchange(**redis); !s.ok()) return s;
    return std::move((*redis)->replies()[0]);
  });
}

Result<bool> RedisStore::remove(std::string_view user) {
  const Result<RedisReply> reply = ask({"DEL", key_of(user)});
  if (!reply.ok()) return reply.status();
  return (*reply)->integer > 0;
}

Result<std::optional<std::string>> RedisStore::load(std::string_view user) {
  const Result<RedisReply> reply = ask({"GET", key_of(user)});
  if (!reply.ok()) return reply.status();
  if ((*reply)->type == REDIS_REPLY_NIL) return std::optional<std::string>();
  return std::optional<std::string>(text_of(**reply));
}

Status RedisStore::visit_keys(RedisConnection& redis, const KeyVisitor& visitor) const {
  const std::string pattern = escaped_pattern(options().redis_prefix) + "*";
  std::string cursor = "0";
  do {
    redis.add({"SCAN", cursor, "MATCH", pattern, "COUNT", kKeysOfOneScan});
    if (Status s = exchange(redis); !s.ok()) return s;
    const RedisReply page = std::move(redis.replies()[0]);
    const std::span<redisReply* const> parts = elements_of(*page);
    if (parts.size() != 2) return failed("the answer to SCAN has another form");
    cursor = text_of(*parts[0]);
    std::vector<std::string_view> keys;
    for (const redisReply* key : elements_of(*parts[1])) {
      if (text_of(*key) != files_key_) keys.push_back(text_of(*key));
    }
    if (keys.empty()) continue;
    if (Status s = visitor(keys); !s.ok()) return s;
  } while (cursor != "0");
  return {};
}

// A visit has a connection of its own, because the visitor may take its time.
Status RedisStore::visit(const Visitor& visitor) {
  auto redis = RedisConnection::connect(address_, deadline());
  if (!redis.ok()) return redis.status();
  return visit_keys(**redis, [&](std::span<const std::string_view> keys) -> Status {
    std::vector<std::string_view> words(keys.begin(), keys.end());
    words.insert(words.begin(), "MGET");
    (*redis)->add(words);
    if (Status s = exchange(**redis); !s.ok()) return s;
    const RedisReply records = std::move((*redis)->replies()[0]);
    const std::span<redisReply* const> all = elements_of(*records);
    for (size_t i = 0; i < std::min(all.size(), keys.size()); ++i) {
      if (all[i]->type != REDIS_REPLY_STRING) continue;
      const std::string_view user = keys[i].substr(options().redis_prefix.size());
      if (Status s = visitor(user, text_of(*all[i])); !s.ok()) return s;
    }
    return {};
  });
}

Status RedisStore::measure(ProfileStoreStatus& status) {
  auto redis = RedisConnection::connect(address_, deadline());
  if (!redis.ok()) return redis.status();
  (*redis)->add({"INFO", "memory"});
  if (Status s = exchange(**redis); !s.ok()) return s;
  const std::string_view info = text_of(*(*redis)->replies()[0]);
  constexpr std::string_view kField = "used_memory:";
  if (const size_t at = info.find(kField); at != std::string_view::npos) {
    std::from_chars(info.data() + at + kField.size(), info.data() + info.size(), status.bytes);
  }
  return visit_keys(**redis, [&](std::span<const std::string_view> keys) {
    status.users += keys.size();
    return Status();
  });
}

class RedisReader final : public ProfileReader {
 public:
  explicit RedisReader(RedisStore& store)
      : store_(store), slot_(store.connector().add()), key_(store.options().redis_prefix) {}

  ReadOutcome read(std::string_view user, std::chrono::steady_clock::time_point deadline,
                   Profile& into) noexcept override {
    ReadOutcome outcome = ReadOutcome::kUnavailable;
    try {
      into.user.assign(user);
      outcome = is_user_id(user) ? look_up(user, deadline, into) : ReadOutcome::kUnknown;
    } catch (const std::exception&) {  // there is no memory
      drop();
    }
    if (outcome == ReadOutcome::kFound) return outcome;
    into.forget();
    if (outcome == ReadOutcome::kUnavailable) store_.count_unavailable();
    return outcome;
  }

 private:
  ReadOutcome look_up(std::string_view user, std::chrono::steady_clock::time_point deadline,
                      Profile& into) {
    if (connection_ == nullptr) connection_ = slot_->take();
    if (connection_ == nullptr) return ReadOutcome::kUnavailable;
    const auto now = std::chrono::steady_clock::now();
    if (deadline <= now) return ReadOutcome::kUnavailable;
    key_.resize(store_.options().redis_prefix.size());
    key_.append(user);
    connection_->add({"GET", key_});
    if (!connection_->exchange(std::min(deadline, now + store_.options().redis_read))) {
      drop();
      return ReadOutcome::kUnavailable;
    }
    const redisReply& reply = *connection_->replies()[0];
    if (reply.type == REDIS_REPLY_NIL) return ReadOutcome::kUnknown;
    if (reply.type == REDIS_REPLY_STRING) return store_.read(text_of(reply), user, into);
    // A key that somebody gave another type is a malformed record; other errors are of the server.
    if (text_of(reply).starts_with("WRONGTYPE")) return store_.read("", user, into);
    drop();
    return ReadOutcome::kUnavailable;
  }

  void drop() noexcept {
    if (connection_ == nullptr) return;
    connection_.reset();
    store_.connector().want(*slot_);
  }

  RedisStore& store_;
  const std::shared_ptr<RedisConnector::Slot> slot_;
  std::unique_ptr<RedisConnection> connection_;
  std::string key_;
};

std::unique_ptr<ProfileReader> RedisStore::reader() { return std::make_unique<RedisReader>(*this); }

}  // namespace

Result<std::unique_ptr<ProfileStore>> open_redis_store(const ProfileStoreOptions& options) {
  Result<RedisAddress> address = parse_redis_address(options.store);
  if (!address.ok()) return address.status();
  if (address->password.empty()) address->password = options.redis_password;
  std::unique_ptr<ProfileStore> store = std::make_unique<RedisStore>(*address, options);
  return store;
}

}  // namespace barker
