// When a canary may be shown to more users, when it must be stopped, and whether it is promoted at
// the end.
//
// While it runs it is looked at again and again. So it is stopped by a confidence sequence for the
// click-through rate, clustered by user, which holds for any number of looks, or by a test of the
// pages that were not rescored, corrected for the planned looks (Bonferroni). That test takes pages
// as independent, so a few users with many such pages may stop a canary too easily. What was seen
// at different shares is added up, so a rate that changes over the day would enter the lift. The
// verdict at the end is one look that was fixed beforehand: a one-sided test of "not worse by more
// than the margin". Nothing is judged before both sides have enough users and clicks. Pure
// functions; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/experiment/statistics.h"

namespace barker {

struct RolloutOptions {
  // Shares of the users that get the canary, one after the other over equal parts of a day.
  std::vector<double> ramp = {0.10, 0.25, 0.50, 0.50};
  uint64_t least_users = 200;   // of each side, before any verdict
  uint64_t least_clicks = 100;  // of each side
  double margin = 0.10;         // of the click-through rate, relative, 0 to 1
  double alpha = 0.05;          // of each test
};

// What the users of one side did so far.
struct RolloutSide {
  Covariances<2> users;  // clicks and impressions of each user
  uint64_t pages = 0, bypassed = 0;

  double clicks() const { return users.units() > 0 ? users.sum(0) : 0; }
};

struct RolloutLook {
  bool is_enough = false;
  Effect lift;            // of the canary's click-through rate, relative, for one look
  Effect sequence;        // the same, for any number of looks
  double bypass_p = NAN;  // of "the canary leaves no more pages without rescoring", one-sided
  std::string stop;       // why the canary has to be stopped; empty: nothing speaks against it
};
RolloutLook look_at(const RolloutSide& serving, const RolloutSide& canary,
                    const RolloutOptions& options);

struct RolloutVerdict {
  bool is_promoted = false;
  std::string reason;
};
// Of the last look, if the canary was not stopped.
RolloutVerdict conclude(const RolloutLook& last, const RolloutOptions& options);

}  // namespace barker
