// The options of a model and its training, with good defaults. One TOML file holds all of them
// (read_options), and `barker-train config` prints it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/result.h"

namespace barker {

enum class Schedule { kAlternate, kPretrain, kJoint };
enum class DotHead { kNone, kAdded, kAlone };
enum class PropensityUse { kNone, kInverse };
enum class Initialisation { kSvd, kNoise };

struct ModelOptions {
  // BM has the groups hist and query and the main task only. MTDL adds the auxiliary task to BM.
  // AMTDL adds sfhist and all groups of the log to MTDL. ABM is AMTDL without the auxiliary task.
  std::string name = "AMTDL";
  std::vector<std::string> groups = {"*"};  // of AMTDL and ABM; "*" means all
  bool user_id = false;                     // adds the group "uid", a hashed vector for each user
  uint32_t user_id_buckets = 0;             // 0: four times the users, rounded up to a power of two
  uint32_t dim = 32;                        // D
  std::vector<uint32_t> hidden = {128, 64};
  DotHead dot = DotHead::kAdded;  // late interaction, added to the MLP's output or alone
  uint32_t dot_dim = 32;          // R
  std::vector<uint32_t> dot_hidden = {64};
  uint32_t history_length = 200;  // only this many of the newest keywords count

  // Adds "the keyword stands in the history" and its share there to the main logit.
  bool exact_match = false;
  // Gives the first layer four more inputs for the main logit: whether the keyword stands in the
  // history, its share there, and how long ago (match.inputs in models/weights/weight_file.h).
  bool match_inputs = false;
  bool matches_history() const { return exact_match || match_inputs; }

  bool auxiliary() const { return name == "MTDL" || name == "AMTDL"; }
  bool all_groups() const { return name == "AMTDL" || name == "ABM"; }
};

// A training that starts from the weights of a shorter log of the same searches (increment.h).
struct IncrementOptions {
  // So many searches that the weights know are learned again beside each new one, so that what they
  // know is not forgotten.
  double past = 20;
  uint32_t epochs = 1;
  double learning_rate = 5e-4;  // of the first step; it falls to 0 at the last one
};

// The last epochs of a training, which begin with the best weights of those before and whose rate
// falls to 0 step by step. They are kept where the validation AUC is better for it.
struct CoolDownOptions {
  uint32_t epochs = 1;  // 0: no cool-down
  double rate = 0.25;   // of the first step, as a factor of train.learning_rate
};

struct TrainOptions {
  ModelOptions model;
  Schedule schedule = Schedule::kAlternate;
  double k = 0;  // auxiliary steps for each main step; 0: both logs are passed equally often
  double learning_rate = 2e-3;
  double finetune_rate = 1.0 / 3;  // factor of learning_rate after pre-training
  double decay = 1;                // factor of the learning rate after each epoch
  double embedding_l2 = 1e-5;      // L2 penalty of the embedding rows that a step touches
  double dropout = 0.1;            // of context and target
  double history_dropout = 0.2;    // share of history keywords that each step leaves out
  double user_id_dropout = 0.1;    // share of searches whose user id is left out
  uint32_t batch_searches = 256;
  uint32_t max_epochs = 30;
  uint32_t patience = 3;  // training ends after this many epochs without a better validation AUC
  uint64_t seed = 1;
  // Each computes a part of a step's searches; the last bits of sums depend on their number.
  // Training on tests of titles (title_trainer.h) leaves them to libtorch's operators.
  int threads = 1;
  Initialisation init = Initialisation::kSvd;
  double init_deviation = 0.3;       // standard deviation of the embedding at the start
  bool position_correction = false;  // trains a bias for each place in the bar, not used later
  // "ipw": instances are weighted by the inverse of the propensities that the log has
  // (instance_weights.h), in the loss, in the losses that epochs report and in the calibration.
  // AUC and all other reports have no weights.
  PropensityUse propensity = PropensityUse::kNone;
  double propensity_floor = 0.05;  // lower propensities count as this one
  // "30d", "12h": what is so much older than the end of the training split counts half in the loss,
  // what is twice as old a quarter (instance_weights.h). A number without a unit is of the log's
  // own clock. "": all counts the same. Calibration and click rates have no such weights.
  std::string recency_half_life;
  // An ad's click is explained by its title and by the selling points before it
  // (click_loss_torch.h), which are trained by their share of it.
  bool attribution = false;
  bool examination = false;  // trains with which probability each place of a page is looked at
  bool calibrate = true;     // fits scale and offset of the logits on the validation split
  // "7d": keywords whose clicks of late are more or fewer than the network expects get a higher or
  // lower bias (keyword_trend.h). "": none.
  std::string trend_half_life;
  // The share of the impressions without a click that the log kept. The offset makes up for it.
  double main_negatives_kept = 1, aux_negatives_kept = 1;
  CoolDownOptions cool_down;
  IncrementOptions increment;
};

// Reads TOML into `options`; what it does not name stays as it is. The error names line and key. A
// key that does not exist is an error, too, and `options` then stays unchanged.
Status read_options(std::string_view toml, TrainOptions& options);
// All options as TOML, from which read_options() gets the same options back.
std::string options_to_toml(const TrainOptions& options);

// Checks the ranges of all options. The error names the key.
Status check_options(const TrainOptions& options);

}  // namespace barker
