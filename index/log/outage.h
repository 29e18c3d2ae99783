// Something that fails for a while, such as writing to a full disk: said once when it begins and
// once when it is over, however often it is tried meanwhile. For one thread at a time.
#pragma once

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
    if (!std::exchange(is_on_, true) && report_) report_(sentence);
  }
  void ends(const std::string& sentence) {
    if (std::exchange(is_on_, false) && report_) report_(sentence);
  }
  bool is_on() const { return is_on_; }

 private:
  const Report report_;
  bool is_on_ = false;
};

}  // namespace barker
