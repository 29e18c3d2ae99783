// The list of all baselines: those of baseline.h and those that need libraries of the trainer.
//
// boosted-trees         gradient boosted trees (xgboost) over the counts of cooccurrence, click
//                       rates by category and feature, what the history says of the keyword, and
//                       user-cf
// two-tower             the dot product of a network over history and query with a vector of the
//                       keyword, by our own trainer (libtorch)
//
// dmp-dgbm, lstm-pso, im12cp-wqi, rf-ffgm
//                       the competitors of the paper's Table 4 (table4_competitor.h and their own
//                       headers)
//
// Their fit() fails with bad_data where the training split (Table 4's competitors: its later 30%)
// has not both clicks and impressions without a click. All but boosted-trees also need both in the
// validation split.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "models/baselines/baseline.h"

namespace barker {

std::vector<std::string> all_baseline_names();
// Null if there is no such name.
std::unique_ptr<Baseline> make_any_baseline(std::string_view name);

}  // namespace barker
