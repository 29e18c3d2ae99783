// What is judged: the instances of one split and task as flat arrays, and predictions beside them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/data/dataset.h"

namespace barker {

// One entry an instance (an SF or an ad shown), searches in dataset order, impressions in the order
// shown. Predictions of any model are a vector of probabilities in the same order.
struct InstanceTable {
  std::vector<uint32_t> user;      // < users
  std::vector<uint32_t> search;    // index in the dataset
  std::vector<uint32_t> keyword;   // of the SF; for ads the title's index
  std::vector<uint32_t> category;  // < categories.size()
  std::vector<uint8_t> clicked;
  std::vector<float> truth;  // true probability, NaN where unknown
  uint32_t users = 0;
  std::vector<std::string> categories;  // [0] is ""
  // Clicks of every user before the test period (train and validation searches): the bins of Table
  // 3 and what a cold user is.
  std::vector<uint32_t> main_clicks;  // [users] clicked SFs
  std::vector<uint32_t> aux_clicks;   // [users] clicked ads

  size_t size() const { return clicked.size(); }
};

InstanceTable instances_of(const Dataset& dataset, Split split, Task task);

}  // namespace barker
