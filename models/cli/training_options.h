// The training options of a command line: a configuration file, then --set, then --seed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/base/result.h"
#include "models/train/options.h"

namespace CLI {
class App;
}  // namespace CLI

namespace barker {

struct TrainingWords {
  std::string config;            // path of a TOML file; may be empty
  std::vector<std::string> set;  // "section.key=value"
  std::optional<uint64_t> seed;  // of the training
};

// Adds --config and --set.
void add_training_options(CLI::App& command, TrainingWords& words);

// --seed: the training's.
void add_training_seed_option(CLI::App& command, TrainingWords& words);

// Applies one setting, such as "train.seed=2" or "model.name=BM". Errors begin with the setting.
Status apply_setting(const std::string& setting, TrainOptions& options);

// What the words do not name is as in `defaults`. Errors name the file or the setting.
Result<TrainOptions> read_training_options(const TrainingWords& words,
                                           const TrainOptions& defaults = {});

}  // namespace barker
