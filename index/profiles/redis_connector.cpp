#include "index/profiles/redis_connector.h"

#include <hiredis/hiredis.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace barker {
namespace {

constexpr std::chrono::milliseconds kFirstPause{20}, kLongestPause{1000};

}  // namespace

RedisConnector::RedisConnector(RedisAddress address, std::chrono::microseconds read,
                               std::chrono::milliseconds connect, Report report)
    : address_(std::move(address)),
      read_(read),
      connect_(connect),
      outage_(std::move(report)),
      thread_([this] { run(); }) {}

RedisConnector::~RedisConnector() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

std::shared_ptr<RedisConnector::Slot> RedisConnector::add() {
  const auto slot = std::make_shared<Slot>();
  if (!outage_.is_on()) slot->ready_ = connect().release();
  {
    const std::lock_guard lock(mutex_);
    slots_.push_back(slot);
  }
  if (slot->ready_ == nullptr) want(*slot);
  return slot;
}

void RedisConnector::want(Slot& slot) noexcept {
  {
    const std::lock_guard lock(mutex_);
    slot.wanted_ = true;
    is_wanted_ = true;
  }
  wake_.notify_one();
}

Result<std::unique_ptr<RedisConnection>> RedisConnector::try_to_connect() const {
  auto opened = RedisConnection::connect(address_, std::chrono::steady_clock::now() + connect_);
  if (!opened.ok()) return opened;
  RedisConnection& redis = **opened;
  redis.add({"PING"});
  if (!redis.exchange(std::chrono::steady_clock::now() + read_)) {
    return io_error(address_.name() + ": " + redis.error());
  }
  if (const redisReply* refusal = redis.refusal()) {
    return io_error(address_.name() + ": " + std::string(refusal->str, refusal->len));
  }
  return opened;
}

// Null where Redis does not answer.
std::unique_ptr<RedisConnection> RedisConnector::connect() {
  try {
    auto connection = try_to_connect();
    if (!connection.ok()) {
      outage_.begins(connection.status().message() +
                     "; searches go on without histories until it answers");
      return nullptr;
    }
    outage_.ends(address_.name() + ": answers again");
    return std::move(*connection);
  } catch (const std::exception&) {  // there is no memory
    return nullptr;
  }
}

// Gives a connection to each slot that wants one. False, and the others wait, if one fails.
bool RedisConnector::serve_wanted() {
  std::vector<std::shared_ptr<Slot>> wanting;
  {
    const std::lock_guard lock(mutex_);
    is_wanted_ = false;
    std::erase_if(slots_, [](const std::weak_ptr<Slot>& slot) { return slot.expired(); });
    for (const std::weak_ptr<Slot>& weak : slots_) {
      std::shared_ptr<Slot> slot = weak.lock();
      if (slot != nullptr && slot->wanted_) wanting.push_back(std::move(slot));
    }
  }
  for (const std::shared_ptr<Slot>& slot : wanting) {
    std::unique_ptr<RedisConnection> connection = connect();
    if (connection == nullptr) return false;
    slot->wanted_ = false;
    delete slot->ready_.exchange(connection.release(), std::memory_order_acq_rel);
  }
  return true;
}

void RedisConnector::run() {
  std::chrono::milliseconds pause = kFirstPause;
  bool served = true;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      if (served) wake_.wait(lock, [&] { return stopping_ || is_wanted_; });
      wake_.wait_for(lock, pause, [&] { return stopping_; });
      if (stopping_) return;
    }
    served = serve_wanted();
    pause = served ? kFirstPause : std::min(pause * 2, kLongestPause);
  }
}

}  // namespace barker
