// Searches of the dataset as the flat arrays that a training step needs. Inside a batch, the rows
// of the embedding table that it uses are numbered from 0. A step then works on a small dense
// table, and only the rows in it are updated.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "models/data/dataset.h"
#include "models/train/instance_weights.h"
#include "models/train/options.h"
#include "models/train/plan.h"

namespace barker {

// Lists of local rows, one behind the other. `weights` is empty if all weights are 1; otherwise
// those of each list sum to 1.
struct Bags {
  std::vector<int64_t> values, offsets;
  std::vector<float> weights;
};

inline constexpr int64_t kPlaces = 32;  // in a bar that are told apart

struct Batch {
  Task task = Task::kMain;
  size_t searches = 0, instances = 0;
  std::vector<int64_t> rows;    // of the table: local row i is rows[i]
  std::vector<Bags> groups;     // a list for each search
  std::vector<int64_t> search;  // [instances] the instance's search in this batch
  std::vector<int64_t> target;  // main task: [instances] local row of the SF
  // Main task of a model that matches the history: [instances, kMatchInputs] as the rows of
  // match.inputs (models/weights/weight_file.h). Of the whole history: dropout leaves it alone.
  std::vector<float> match;
  Bags titles;                         // auxiliary task: a list for each instance
  std::vector<int64_t> title_of_word;  // [titles.values] the instance the word belongs to
  std::vector<float> clicked;          // [instances]
  std::vector<float> weight;           // [instances] in the loss; empty: each is 1
  std::vector<int64_t> place;  // [instances] in the bar, from 0; kPlaces - 1 is the last or later
  // Auxiliary task with attribution: the selling points (SPs) that stood before the titles, as
  // instances of the main task. Empty in batches that nothing is learned from.
  struct Points {
    std::vector<int64_t> instance;  // [points] the ad that it stood before
    std::vector<int64_t> search, target;
    std::vector<float> match;  // as above
    std::vector<float> mask;   // [points, D] as target_mask
  } points;
  // Dropout as factors of 0 or 1 / (1 - rate): [searches, groups * D] and [instances, D]. Empty if
  // nothing is dropped.
  std::vector<float> context_mask, target_mask;
};

// Makes batches. One thread: it numbers rows with scratch memory of its own. The dataset, the plan
// and the options must outlive it.
class BatchMaker {
 public:
  // `weights`: of the instances of batches that are learned from; by default each is 1.
  BatchMaker(const Dataset& data, const ModelPlan& plan, const TrainOptions& options,
             InstanceWeights weights = {});

  // noise_key decides what this step drops. Without it, the batch is for judging: nothing is
  // dropped, and it has neither weights nor selling points.
  Batch make(Task task, std::span<const uint32_t> searches, std::optional<uint64_t> noise_key);

 private:
  int64_t local(uint32_t row);
  void add_groups(const SearchView& search, std::optional<uint64_t> key, Batch& batch);
  void add_match(const SearchView& search, std::span<const uint32_t> keywords,
                 std::vector<float>& match) const;
  void add_places(const SearchView& search, Batch& batch) const;
  void add_title(uint32_t title, Batch& batch);
  void add_points(const SearchView& search, Batch& batch);
  void add_masks(std::span<const uint32_t> searches, uint64_t key, Batch& batch) const;

  std::vector<uint32_t> points_;  // of one ad, those with a row
  const Dataset& data_;
  const ModelPlan& plan_;
  const TrainOptions& options_;
  InstanceWeights weights_;
  std::vector<uint32_t> bucket_of_user_;  // rows; empty without user ids
  std::vector<uint32_t> stamp_, local_;   // [rows] batch that last used the row, local row in it
  uint32_t current_ = 0;
  std::vector<int64_t>* batch_rows_ = nullptr;
};

}  // namespace barker
