// What was shown and clicked in each arm of the experiments that ran since the process began.
//
// Arms come and go with the experiments' file, so that their series are known only at the scrape.
// Counting takes no lock: an arm's counters are found in a list that only grows, and the first to
// count an arm adds it. Names are those of a configuration, never of a client, and the list is
// bounded; arms beyond it count together as "other". [any thread]
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "index/metrics/counter.h"
#include "index/metrics/exposition.h"
#include "models/base/number_text.h"

namespace barker {

struct ArmName {
  std::string layer, experiment, arm;
  bool operator==(const ArmName&) const = default;
};

class ArmCounters {
 public:
  struct Arm {
    ArmName name;
    Counter pages, impressions, clicks;  // impressions and clicks of ads
    Counter opt_outs;                    // of users, because of a page
    std::atomic<uint64_t> policy = 0;    // of the last page; 0: not known
  };

  Arm& of(const ArmName& name) {
    if (Arm* const found = find(name)) return *found;
    if (size_.load(std::memory_order_acquire) == kMost) return other_;
    const std::lock_guard<std::mutex> lock(adding_);
    if (Arm* const found = find(name)) return *found;
    const size_t size = size_.load(std::memory_order_relaxed);
    if (size == kMost) return other_;
    arms_[size] = std::make_unique<Arm>();
    arms_[size]->name = name;
    size_.store(size + 1, std::memory_order_release);
    return *arms_[size];
  }

  void register_with(Registry& registry) const {
    const auto add = [&](const char* metric, const char* help, Counter Arm::*counter) {
      registry.add_counters(metric, help, [this, counter] { return samples(counter); });
    };
    add("barker_arm_pages_total", "Pages that users in an arm of an experiment saw.", &Arm::pages);
    add("barker_arm_impressions_total", "Ads on these pages.", &Arm::impressions);
    add("barker_arm_clicks_total", "Clicks on these ads.", &Arm::clicks);
    add("barker_arm_opt_outs_total", "Opt-outs of users because of these pages.", &Arm::opt_outs);
    registry.add_gauges("barker_arm_policy_info",
                        "1, for the policy that the last page in an arm was shown by.",
                        [this] { return policies(); });
  }

 private:
  static constexpr size_t kMost = 256;

  Arm* find(const ArmName& name) const noexcept {
    const size_t size = size_.load(std::memory_order_acquire);
    for (size_t i = 0; i < size; ++i) {
      if (arms_[i]->name == name) return arms_[i].get();
    }
    return nullptr;
  }

  static MetricLabels labels(const ArmName& name) {
    return {{"layer", name.layer}, {"experiment", name.experiment}, {"arm", name.arm}};
  }

  std::vector<MetricSample> samples(Counter Arm::*counter) const {
    std::vector<MetricSample> samples;
    const auto add = [&](const Arm& arm) {
      samples.push_back({labels(arm.name), static_cast<double>((arm.*counter).value())});
    };
    const size_t size = size_.load(std::memory_order_acquire);
    for (size_t i = 0; i < size; ++i) add(*arms_[i]);
    if (size == kMost) add(other_);
    return samples;
  }

  // Each arm has one series, so that a changed policy takes the place of the one before.
  std::vector<MetricSample> policies() const {
    std::vector<MetricSample> samples;
    const size_t size = size_.load(std::memory_order_acquire);
    for (size_t i = 0; i < size; ++i) {
      const uint64_t policy = arms_[i]->policy.load(std::memory_order_relaxed);
      if (policy == 0) continue;
      MetricSample& sample = samples.emplace_back(MetricSample{labels(arms_[i]->name), 1});
      sample.labels.emplace_back("policy", hex_text(policy));
    }
    return samples;
  }

  std::array<std::unique_ptr<Arm>, kMost> arms_;
  std::atomic<size_t> size_{0};
  std::mutex adding_;
  Arm other_{{"other", "other", "other"}, {}, {}, {}, {}, {}};
};

}  // namespace barker
