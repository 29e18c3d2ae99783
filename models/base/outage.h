// Something that fails for a while, such as writing to a full disk: said once when it begins and
// once when it is over, however often it is tried meanwhile. Any thread may call any function; of
// several that find the same, one reports it. The report may wait, as for a full pipe, so it must
// not be made while a lock is held that others need.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <utility>

namespace barker {

// Takes a sentence for the operator. Any thread may call it; it must not throw.
using Report = std::function<void(const std::string& sentence)>;

class Outage {
 public:
  explicit Outage(Report report) : report_(std::move(report)) {}

  void begins(const std::string& sentence) {
    if (!is_on_.exchange(true) && report_) report_(sentence);
  }
  void ends(const std::string& sentence) {
    if (is_on_.exchange(false) && report_) report_(sentence);
  }
  bool is_on() const noexcept { return is_on_.load(); }

 private:
  const Report report_;
  std::atomic<bool> is_on_ = false;
};

}  // namespace barker
