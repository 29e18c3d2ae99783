// Experiments: which users get which arm, and what an arm changes about the answer. They are a TOML
// text, which the host reloads whenever it likes (extension barker.experiments/1). A wrong key is
// an error that names its line, and leaves the experiments before it in force.
//
//   [[experiment]]
//   name = "points"               at most 31 of the characters A-Z a-z 0-9 . _ -
//   layer = "titles"              experiments of one layer share no user; layers are independent.
//                                 By default the experiment's name
//   salt = ""                     another one gives other users
//   users = 0.2                   the part of the layer's users, from 0 to here, or [0.2, 0.6].
//                                 By default all. A part that grows keeps its users in their arms
//   [[experiment.arm]]
//   name = "two"
//   share = 0.5                   of the experiment's users; those of all arms sum to 1
//                                 What follows are the keys of a policy; absent ones stay as
//                                 configured:
//   selling_points = 2            0 to 3
//   minimum_score = 0.0           P(attracted) below which a selling point is not shown
//   lower_bound = 0.0             standard deviations by which a selling point's logit is lowered
//                                 before it is compared, the more the less it was learned from
//   choose_by = "attraction"      or "click_rate" (for the query, the same for everybody; the
//                                 weights must have it) or "random"
//   display = "best_first"        or "best_last" or "as_listed"
//   highlight = true              false: without marks
//   weights = "serving"           or "canary", where there is one
//   order = {bid = 1, pctr = 1, first_pass = 1}
//   explore_share = 0.0           of the pages on which selling points are drawn; above 0, those
//                                 that stand in a title are left there and all numbers are exact
//   explore_by = "uniform"        or "thompson" (scoring/explore.h)
//   explore_prior = 1.0           standard deviation of the logit of a selling point without
//                                 evidence
//
// Arms of several layers act together: each sets its own keys. Two experiments that could meet in
// one user and set the same key are refused, as are two of one layer whose users overlap.
//
// Immutable: any thread.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/assignment.h"
#include "models/base/result.h"
#include "plugin/barker.h"
#include "plugin/policy.h"

namespace barker {

// What an arm changes: bits of `set` by PolicyKey, and the values of those keys.
struct PolicyChange {
  uint32_t set = 0;
  Policy values;

  void apply(Policy& policy) const noexcept;
};

struct Arm {
  std::string name;
  barker_arm label{};  // its names as the ABI gives them
  double share = 0;
  PolicyChange change;
  uint64_t policy = 0;  // digest of what is configured, as this arm alone changes it
};

struct Experiment {
  std::string name, layer, salt;
  LayerPart users;
  std::vector<Arm> arms;
  std::vector<double> shares;  // [arms]
  uint32_t sets = 0;           // keys that any of its arms sets
  uint64_t layer_hash = 0, name_hash = 0;
};

// The arms that one user is in. It must not outlive the experiments.
struct Assignment {
  std::array<const Arm*, BARKER_MAX_ARMS> arms{};
  uint32_t count = 0;
};

// How one query is answered: the policy after all arms of its user, and what is drawn with.
struct Treatment {
  Policy policy;
  Assignment assignment = {};
  uint64_t seed = 0;

  // Whether selling points are drawn for this page.
  bool explores() const noexcept {
    constexpr uint64_t kPages = 0xBB67AE8584CAA73Bu;  // apart from the draws of the selling points
    return policy.draws() && is_within(salted_place(seed, kPages), policy.drawing().share);
  }
};

class Experiments {
 public:
  Experiments() = default;  // none
  // `configured`: what the arms change, and what their digests are of. It has no default, because
  // digests of another policy than the one in force would be wrong without any error.
  static Result<Experiments> parse(std::string_view toml, const Policy& configured);

  // `unit`: the id of a user or a browser. Empty: it is in no experiment, because it could not be
  // recognised at its next query. `policy` is changed by each arm.
  Assignment assign(std::string_view unit, Policy& policy) const noexcept;

  bool is_empty() const { return experiments_.empty(); }
  // The most selling points that any arm puts before a title; 0: none says.
  uint32_t most_selling_points() const { return most_points_; }
  // Whether any arm needs click rates in the weights.
  bool need_click_rates() const { return need_click_rates_; }

 private:
  Status add(Experiment experiment);

  std::vector<Experiment> experiments_;
  uint32_t most_points_ = 0;
  bool need_click_rates_ = false;
};

}  // namespace barker
