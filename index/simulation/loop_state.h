// What the closed loop knows between two of its stages, as one file that is replaced whole after
// each of them. A loop that was killed goes on from it.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "index/simulation/rollout.h"
#include "index/simulation/shopping.h"
#include "models/base/result.h"

namespace barker {

// The parts of the shoppers, side by side in one world.
enum class LoopArm : uint8_t {
  kNone,    // the merchants' titles: the floor
  kFrozen,  // the first weights, for ever
  kLoop,    // the weights of the loop
  kOracle   // the selling points that each shopper likes best: the ceiling
};
inline constexpr size_t kLoopArms = 4;
inline constexpr std::array<const char*, kLoopArms> kLoopArmNames = {"none", "frozen", "loop",
                                                                     "oracle"};

// In the order of a day. kFirst comes once, before the first day.
enum class LoopStage : uint8_t { kFirst, kServe, kJoin, kDecide, kTrain, kGate, kPublish, kDone };
inline constexpr std::array<const char*, 8> kLoopStageNames = {
    "first weights", "serve", "join", "decide", "train", "gate", "publish", "done"};

struct LoopArmDay {
  uint64_t shoppers = 0, pages = 0, bypassed = 0;
  ShopperTotals totals;
  Effect rate;  // clicks by impression, clustered by shopper
};

// What the loop's arm found out about a selling point on a day.
struct LoopPointDay {
  std::string text;
  uint64_t drawn = 0;    // times it stood before a title of a page whose selling points were drawn
  uint64_t chosen = 0;   // and of other pages
  uint64_t offered = 0;  // times it was an SF of the bar
  uint64_t clicked = 0;  // of them
  // Times the weights that answered knew it, of those that it was offered: serving ones and the
  // canary.
  uint64_t known_to_serving = 0, known_to_canary = 0;
  double predicted = 0, truth = 0;  // sums of P(clicked) over those times
};

struct LoopCanary {
  std::string version;  // empty: no canary ran
  uint32_t looks = 0;   // that were made
  uint64_t serving_users = 0, canary_users = 0;
  Effect lift, sequence;  // of the last look (RolloutLook)
  bool is_stopped = false, is_promoted = false;
  std::string reason;
};

struct LoopGate {
  std::string against;     // version
  int today = -1;          // exit code on the day's held-out searches; -1: was not asked
  int before = -1;         // on those of the last trusted day
  bool is_passed = false;  // both let it pass
  std::string reason;
};

struct LoopDay {
  uint32_t day = 0;     // from 1
  std::string serving;  // version at the start of the day
  std::array<LoopArmDay, kLoopArms> arms;
  std::vector<LoopPointDay> points;  // those that are new in this world
  LoopCanary canary;
  bool is_shuffled = false;  // its log was
  LoopGate gate;             // of what was trained after the day
  std::string published;     // version that is the canary of the next day; empty: none
};

struct LoopState {
  std::string options;  // JSON of all that shapes the results
  uint32_t day = 0;
  LoopStage stage = LoopStage::kFirst;  // the next one
  std::vector<LoopDay> days;            // begun ones
  std::vector<uint32_t> trusted = {};   // days whose logs may be learned from; 0: before the first
};

// The state's file, and a day's directory.
std::string loop_state_in(const std::string& directory);
std::string loop_day_in(const std::string& directory, uint32_t day);

nlohmann::ordered_json to_json(const LoopState& state);

// not_found where there is no file; bad_data names what is wrong with it.
Result<LoopState> read_loop_state(const std::string& path);
Status write_loop_state(const LoopState& state, const std::string& path);

}  // namespace barker
