// Searches of the dataset as the flat arrays one training step needs. Rows of the embedding table
// are numbered anew inside a batch, so that a step touches a small dense table: gradients of rows
// are dense there, and only touched rows are updated.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "models/data/dataset.h"
#include "models/train/options.h"
#include "models/train/plan.h"

namespace barker {

// Lists of local rows. weights is empty where all are 1; else each list's sum to 1.
struct Bags {
  std::vector<int64_t> values, offsets;
  std::vector<float> weights;
};

inline constexpr int64_t kPlaces = 32;

struct Batch {
  Task task = Task::kMain;
  size_t searches = 0, instances = 0;
  std::vector<int64_t> rows;           // of the table; local row i is rows[i]
  std::vector<Bags> groups;            // one list a search
  std::vector<int64_t> search;         // [instances] its search
  std::vector<int64_t> target;         // main: [instances] local row of the SF
  Bags titles;                         // auxiliary: one list an instance
  std::vector<int64_t> title_of_word;  // [titles.values] its instance
  std::vector<float> clicked;          // [instances]
  std::vector<int64_t> place;  // [instances] in the bar, from 0; kPlaces - 1 stands for more
  // Dropout, 0 or 1 / (1 - rate): [searches, groups * D] and [instances, D]; empty without.
  std::vector<float> context_mask, target_mask;
};

// One thread.
class BatchMaker {
 public:
  BatchMaker(const Dataset& data, const ModelPlan& plan, const TrainOptions& options);

  // noise_key: dropout of this step; none when judging.
  Batch make(Task task, std::span<const uint32_t> searches, std::optional<uint64_t> noise_key);

 private:
  int64_t local(uint32_t row);
  void add_groups(const SearchView& search, std::optional<uint64_t> key, Batch& batch);
  void add_masks(std::span<const uint32_t> searches, uint64_t key, Batch& batch) const;

  const Dataset& data_;
  const ModelPlan& plan_;
  const TrainOptions& options_;
  std::vector<uint32_t> bucket_of_user_;  // rows, made when first needed
  std::vector<uint32_t> stamp_, local_;   // [rows]
  uint32_t current_ = 0;
  std::vector<int64_t>* batch_rows_ = nullptr;
};

}  // namespace barker
