// How many connections are open, of all clients and of each, with the bounds of both. [any thread]
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>

namespace barker {

class OpenConnections {
 public:
  OpenConnections(size_t most, size_t most_of_one) : most_(most), most_of_one_(most_of_one) {}

  enum class Admission { kAdmitted, kFull, kFullForClient };

  // Counts a connection of `peer` where there is room for it. release() must follow.
  Admission admit(const std::string& peer);
  void release(const std::string& peer);

  size_t count() const;

  // Waits until none is open, for as long as `most`. Returns how many are open then.
  size_t wait_for_none(std::chrono::milliseconds most);

 private:
  const size_t most_, most_of_one_;
  mutable std::mutex mutex_;
  std::condition_variable none_;
  std::unordered_map<std::string, size_t> of_client_;
  size_t count_ = 0;
};

}  // namespace barker
