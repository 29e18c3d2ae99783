// Which data and options a training run has, as text. Equal texts mean equal runs: a checkpoint
// stores the text of its run, and the processes of one run compare theirs. Pure functions.
#pragma once

#include <optional>
#include <string>

#include "models/data/dataset.h"
#include "models/train/increment.h"
#include "models/train/options.h"

namespace barker {

// A line about the data, and then the options as TOML, with the time of an increment.
std::string identity_of(const Dataset& data, const TrainOptions& options,
                        const std::optional<Increment>& increment);

// Names what differs between two identities, each with the value on both sides:
// "train.seed: 1 in the checkpoint, 2 in this run". Empty if the texts have the same lines.
// `a_place` and `b_place` say where each identity is found.
std::string identity_differences(const std::string& a, const std::string& a_place,
                                 const std::string& b, const std::string& b_place);

}  // namespace barker
