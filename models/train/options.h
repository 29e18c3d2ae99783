// What can be chosen about a model and its training, with defaults that are good. One TOML file
// holds them all (read_options); `barker-train config` prints it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/result.h"

namespace barker {

enum class Schedule { kAlternate, kPretrain, kJoint };
enum class DotHead { kNone, kAdded, kAlone };
enum class Initialisation { kSvd, kNoise };

struct ModelOptions {
  // BM: hist and query, main task only. MTDL: the same with the auxiliary task. AMTDL: MTDL with
  // every group of the log and sfhist. ABM: AMTDL without the auxiliary task.
  std::string name = "AMTDL";
  std::vector<std::string> groups = {"*"};  // for AMTDL and ABM: which, "*" for all
  bool user_id = false;                     // group "uid": a hashed vector for each user
  uint32_t user_id_buckets = 0;             // 0: four times the users, to a power of two
  uint32_t dim = 32;                        // D
  std::vector<uint32_t> hidden = {128, 64};
  DotHead dot = DotHead::kAdded;  // late interaction: added to the MLP's output, or alone
  uint32_t dot_dim = 32;          // R
  std::vector<uint32_t> dot_hidden = {64};
  uint32_t history_length = 200;  // newest keywords that count

  // Experiments: trained and judged by libtorch, but no weight file carries them yet.
  bool target_attention = false;  // attention of the target over the history, query-aware
  uint32_t experts = 0;           // > 0: so many shared experts and one of each task's own (MMoE)
  bool is_experiment() const { return target_attention || experts > 0; }

  bool auxiliary() const { return name == "MTDL" || name == "AMTDL"; }
  bool all_groups() const { return name == "AMTDL" || name == "ABM"; }
};

struct TrainOptions {
  ModelOptions model;
  Schedule schedule = Schedule::kAlternate;
  double k = 0;  // auxiliary steps for each main step; 0: both logs are passed equally often
  double learning_rate = 2e-3;
  double finetune_rate = 1.0 / 3;  // of learning_rate, after pre-training
  double decay = 1;                // of the learning rate, each epoch
  double embedding_l2 = 1e-5;      // added to the gradient of touched rows
  double dropout = 0.1;            // of context and target
  double history_dropout = 0.2;    // share of history keywords left out, anew each time
  double user_id_dropout = 0.1;    // share of searches whose user is taken for a stranger
  uint32_t batch_searches = 256;
  uint32_t max_epochs = 30;
  uint32_t patience = 3;  // epochs without a better validation AUC
  uint64_t seed = 1;
  int threads = 1;
  Initialisation init = Initialisation::kSvd;
  double init_deviation = 0.3;       // of the embedding's entries at the start
  bool position_correction = false;  // a bias for each place in the bar while training, none after
  bool calibrate = true;             // scale and offset of the logits on the validation split
  // Share of the not clicked impressions that the log kept; undone in the offset.
  double main_negatives_kept = 1, aux_negatives_kept = 1;
};

// Reads TOML over the defaults already in `options`. The error names line and key, also of a key
// that does not exist.
Status read_options(std::string_view toml, TrainOptions& options);
std::string options_to_toml(const TrainOptions& options);  // read_options gives them back

// What cannot be, over all fields; names the key.
Status check_options(const TrainOptions& options);

}  // namespace barker
