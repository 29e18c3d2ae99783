#include "index/server/open_connections.h"

#include "index/server/rate_limit.h"

namespace barker {

OpenConnections::Admission OpenConnections::admit(const std::string& peer) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (count_ >= most_) return Admission::kFull;
  size_t& of_client = of_client_[client_of(peer)];
  if (of_client >= most_of_one_) return Admission::kFullForClient;
  ++of_client;
  ++count_;
  return Admission::kAdmitted;
}

void OpenConnections::release(const std::string& peer) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto at = of_client_.find(client_of(peer));
  if (--at->second == 0) of_client_.erase(at);
  if (--count_ == 0) none_.notify_all();
}

size_t OpenConnections::count() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return count_;
}

size_t OpenConnections::wait_for_none(std::chrono::milliseconds most) {
  std::unique_lock<std::mutex> lock(mutex_);
  none_.wait_for(lock, most, [this] { return count_ == 0; });
  return count_;
}

}  // namespace barker
