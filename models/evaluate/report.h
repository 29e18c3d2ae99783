// Everything that is measured about one or several models on the same instances, as values, as
// text, as JSON and as one self-contained HTML page. Pure functions; any thread.
#pragma once

#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "models/evaluate/instances.h"
#include "models/evaluate/metrics.h"
#include "models/evaluate/quality.h"
#include "models/evaluate/slices.h"

namespace barker {

// The probabilities that a model predicts, in the order of the tables in EvaluationInput.
struct NamedPredictions {
  std::string name;
  std::vector<float> judged;      // of the main task's instances
  std::vector<float> validation;  // if empty, the decision threshold comes from `judged`
  std::vector<float> auxiliary;   // of the auxiliary task's instances; may be empty
};

// What was judged, for the reader of a report.
struct EvaluatedLog {
  std::string name;    // of the file
  std::string split;   // "test"
  std::string period;  // of the split: "2024-02-01 00:00:00 to 2024-02-07 23:59:59"
};

struct EvaluationInput {
  const InstanceTable& judged;           // of the main task, in the split that is judged
  const InstanceTable& validation;       // of the main task, for the decision threshold
  const InstanceTable& auxiliary;        // of the auxiliary task, in the split that is judged
  std::vector<NamedPredictions> models;  // the others are compared with the first
  int draws = 200;                       // of every bootstrap
  uint64_t seed = 1;
  // The share of the SFs not clicked that the log kept. Probabilities are judged as if it had kept
  // all of them (quality.h).
  double negatives_kept = 1;
  std::vector<Slicing> slicings = {};  // each is judged apart, too
  EvaluatedLog log = {};               // may be empty
};

struct SliceAuc {
  std::string name;
  uint64_t instances = 0, users = 0;
  bool is_too_small = false;  // for an interval: too_few_for_interval()
  Interval auc;               // NaN if one class is missing
  // The paired difference to the first model, as `auc`. NaN for the first model itself, and where
  // it is not computed, which is everywhere but in slicings and in the auxiliary task.
  Interval above_first{NAN, NAN, NAN};
};

// The slices of one Slicing.
struct SlicedAuc {
  std::string by;
  Task task = Task::kMain;
  uint32_t values = 0;  // how many there are; `slices` may have fewer
  std::vector<SliceAuc> slices;
};

struct ModelReport {
  std::string name;
  Interval auc;
  Interval above_first, above_previous;  // paired differences of AUC; 0 for the first model
  std::array<SliceAuc, 4> bins;          // Table 3: users by clicks before this split
  SliceAuc cold, unknown;                // searches without history; keywords training never saw
  std::vector<SliceAuc> categories;      // the largest ones
  std::vector<SlicedAuc> sliced;         // one for each of EvaluationInput::slicings
  double average_precision = 0;          // PR-AUC
  ListQuality lists{};                   // NDCG, MRR
  double grouped_auc = 0, log_loss = 0, rmse = 0, calibration_error = 0;
  std::vector<ReliabilityPoint> reliability;
  std::vector<RocPoint> roc;
  std::array<TopK, kMaxK> top_k;
  Decisions decisions;            // Table 4; the threshold has the best F1 on the validation split
  bool is_threshold_own = false;  // it was chosen on the judged instances, which flatters
  SliceAuc auxiliary;             // 0 instances if it was not judged
};

struct Evaluation {
  EvaluatedLog log;
  uint64_t instances = 0, clicks = 0, searches = 0, users = 0;
  uint32_t longest_bar = 0;  // SFs of the search that showed most
  int draws = 0;
  std::string split_rule;  // how the data were split, in words; may be empty
  std::vector<ModelReport> models;
};

// The longest lists of the K best that are printed: none is longer than a bar.
size_t longest_list(const Evaluation& evaluation);

// If the true probabilities are known, they are judged as a last model named "true probability". No
// model can be better.
Evaluation evaluate(const EvaluationInput& input);

std::string to_text(const Evaluation& evaluation);
std::string to_json(const Evaluation& evaluation);  // NaN and infinity become null
std::string to_html(const Evaluation& evaluation);  // loads nothing and runs no script

}  // namespace barker
