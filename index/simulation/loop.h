// The closed loop on one machine (Fig. 6 of the paper): serve a day, join its log, decide on the
// canary, train from the weights that serve, let the gate judge, publish as the canary of the next
// day. The world drifts with a known truth (models/simulate/drifting_market.h), and beside the
// loop's shoppers others are shown the merchants' titles, the frozen first weights, and the selling
// points that they like best.
//
// Training and the gate are processes of `barker-train`; all else is done here, through the real
// engine, plugin and weights directory. The state is one file, which is replaced after each stage:
// after a kill the same call goes on with the stage that was not finished, and the results are the
// same. Equal options give equal results on any number of threads. One thread calls; one loop at a
// time may use the directory.
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
  // Of these, so many are logged; the first weights learn from those of users who are not held out.
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
};

// Runs what is left of the loop. invalid_argument where the directory holds a loop with other
// options; the error names them. A failed training names its command, exit code and log.
Result<LoopState> run_loop(const LoopOptions& options);

// All that shapes the results, as JSON.
std::string loop_options_text(const LoopOptions& options);

// The state's file, and a day's directory.
std::string loop_state_in(const std::string& directory);
std::string loop_day_in(const std::string& directory, uint32_t day);

}  // namespace barker
