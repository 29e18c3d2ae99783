// A day of the closed loop's shoppers, from the morning to the evening. The shoppers come one after
// the other, each one all of the day's searches; the day has as many parts as the rollout has
// steps, and after each the canary is looked at.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "index/simulation/loop_options.h"

namespace barker {

// A shopper between two days.
struct ShopperMemory {
  std::deque<std::string> history, clicked_sfs;
};

struct LoopTraffic {
  uint32_t day = 0;
  std::string first_weights;  // file of the frozen arm
  std::string weights;        // directory of the loop's arm
  std::string index;          // directory of today's catalogue
  bool has_canary = false;
  std::string log;       // raw log of the loop's arm, to be written
  std::string host_log;  // events of the loop's host, to be written
};

// Fills the arms, points and canary of `record`. `memory` is that of all shoppers, and is what they
// know in the evening afterwards.
Status run_traffic(const LoopOptions& options, const Market& market, const LoopTraffic& traffic,
                   const std::vector<std::string>& new_points, std::vector<ShopperMemory>& memory,
                   LoopDay& record);

// The arm of a shopper, by a salted hash of the id.
LoopArm loop_arm_of(const LoopOptions& options, const std::string& shopper);

}  // namespace barker
