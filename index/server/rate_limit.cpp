#include "index/server/rate_limit.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

namespace barker {

std::string client_of(const std::string& peer) {
  in6_addr address;
  if (inet_pton(AF_INET6, peer.c_str(), &address) != 1) return peer;
  if (IN6_IS_ADDR_V4MAPPED(&address)) return peer;
  std::memset(address.s6_addr + 8, 0, 8);
  char text[INET6_ADDRSTRLEN];
  return inet_ntop(AF_INET6, &address, text, sizeof text) ? text : peer;
}

bool RateLimit::admits(const std::string& peer, Clock::time_point now) {
  if (per_second_ <= 0) return true;
  const std::string client = client_of(peer);
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = by_client_.find(client);
  if (found != by_client_.end()) {
    buckets_.splice(buckets_.begin(), buckets_, found->second);
  } else {
    if (buckets_.size() >= most_clients_) {
      by_client_.erase(buckets_.back().client);
      buckets_.pop_back();
    }
    buckets_.push_front({client, burst_, now});
    by_client_[client] = buckets_.begin();
  }
  Bucket& bucket = buckets_.front();
  const std::chrono::duration<double> passed = now - bucket.filled;
  bucket.tokens = std::min(burst_, bucket.tokens + std::max(0.0, passed.count()) * per_second_);
  bucket.filled = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

}  // namespace barker
