// What `barker-train train` says on standard error. One thread.
#pragma once

#include <optional>
#include <string>

#include "models/base/lines.h"
#include "models/data/dataset.h"
#include "models/train/trainer.h"

namespace barker {

// For RunOptions::on_epoch and on_step. A step's line is written over by the next one.
void print_training_epoch(const EpochReport& e);
void print_training_step(const StepReport& s);

// How many instances each split has, and its period.
void print_data(const Dataset& data, const BadLines& bad);

// What the corrections of the options find in the log. One that finds nothing is said to, because
// the training is then the same without it.
void print_corrections(const Dataset& data, const TrainOptions& options,
                       const std::optional<Increment>& increment);

// What an increment learns: how much of each log is new. `start`: the file that it goes on from.
void print_increment(const std::string& start, const Dataset& data, const TrainOptions& train_with,
                     const Increment& increment);

// What a training found beside its weights. `start` is empty where it began anew.
void print_trained(const Trained& trained, const std::string& start);

}  // namespace barker
