// What a closed loop is run with (loop.h).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "index/simulation/loop_state.h"
#include "index/simulation/rollout.h"
#include "index/simulation/shopping.h"
#include "models/base/result.h"
#include "models/simulate/drifting_market.h"

namespace barker {

struct LoopOptions {
  std::string directory;  // of state, logs, weights and report; made if it is missing
  std::string trainer;    // barker-train
  std::string plugin;     // libbarker.so
  uint32_t days = 10;
  MarketplaceOptions market = {.users = 20'000};
  DriftOptions drift;  // its `days` are set to those of the loop
  ShoppingOptions shopping = {.bar_exploration = 0.2};
  double searches = 2;  // of a shopper a day, on average
  double past = 16;     // searches of a shopper before the first day
  // How many of these are logged. The first weights learn from those of users that are not held
  // out.
  uint32_t past_events = 40'000;
  std::array<double, kLoopArms> shares = {0.2, 0.2, 0.4, 0.2};  // of the shoppers, by LoopArm
  double exploration = 0.1;    // share of the loop's pages whose selling points are drawn
  double held_out = 0.2;       // share of the users whose logs judge and are never learned from
  uint32_t history = 3;        // days that a training learns from, the last one included
  uint32_t first_epochs = 16;  // at most
  uint32_t epochs = 4;         // of each day, at most
  std::vector<std::string> settings;  // more options of training, "section.key=value"
  uint32_t gate_instances = 500;      // --min-instances of the gate
  RolloutOptions rollout;
  uint32_t shuffle_day = 0;  // the day whose labels are shuffled; 0: none
  uint64_t seed = 1;
  size_t threads = 1;

  // Called when a stage is done, before and after the state says so. May be empty.
  std::function<void(uint32_t day, LoopStage stage, bool is_written)> on_stage;
  // Called where the trainer of a loop that was killed still runs, before it is waited for. May be
  // empty.
  std::function<void()> on_wait;
};

// All that shapes the results, as JSON. A loop's state keeps it.
std::string loop_options_text(const LoopOptions& options);

// invalid_argument where a loop was begun with other options; the error names them. `path`: of the
// state.
Status check_same_loop(const std::string& before, const LoopOptions& now, const std::string& path);

}  // namespace barker
