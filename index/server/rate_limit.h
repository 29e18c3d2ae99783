// How often one client may ask: a token bucket for each address. An IPv6 client has a network of
// 2^64 addresses, so that the first half of the address counts. The table is bounded; where it is
// full, the client that was seen least recently is forgotten, which gives it a full bucket again.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <mutex>
#include <string>
#include <unordered_map>

namespace barker {

class RateLimit {
 public:
  using Clock = std::chrono::steady_clock;

  // `per_second` 0: everything is let through. `burst`: how many requests may come at once.
  RateLimit(double per_second, double burst, size_t most_clients = 65536)
      : per_second_(per_second), burst_(burst), most_clients_(most_clients) {}

  // Takes a token. False: the client has none left. [any thread]
  bool admits(const std::string& peer, Clock::time_point now);

 private:
  struct Bucket {
    std::string client;
    double tokens;
    Clock::time_point filled;
  };
  const double per_second_, burst_;
  const size_t most_clients_;
  std::mutex mutex_;
  std::list<Bucket> buckets_;  // the client that was seen last comes first
  std::unordered_map<std::string, std::list<Bucket>::iterator> by_client_;
};

// The address, or the /64 network of an IPv6 address. [any thread]
std::string client_of(const std::string& peer);

}  // namespace barker
