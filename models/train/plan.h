// Which groups a model has, and the layout of its embedding table: the rows of the keywords, then
// of the features, then of the buckets of hashed user ids, then one row of zeros for what training
// never saw.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/data/dataset.h"
#include "models/train/options.h"
#include "models/weights/groups.h"

namespace barker {

struct GroupPlan {
  std::string name;
  GroupSource source;
  size_t dataset_group = 0;  // index in Dataset::groups(), for kFeatures
};

struct ModelPlan {
  std::vector<GroupPlan> groups;  // hist and query first
  uint32_t keywords = 0, features = 0, buckets = 0;

  uint32_t first_bucket() const { return keywords + features; }
  uint32_t unknown_row() const { return keywords + features + buckets; }
  uint32_t rows() const { return unknown_row() + 1; }
};

// Fails if the options name a group that the log does not have.
Result<ModelPlan> make_plan(const Dataset& data, const ModelOptions& options);

}  // namespace barker
