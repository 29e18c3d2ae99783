// The instances of one split and task as flat arrays, which predictions are compared with.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/data/dataset.h"

namespace barker {

// One entry for each instance, that is for each SF or ad shown: searches in the order of the
// dataset, impressions in the order shown. A model's predictions are a vector of probabilities in
// the same order.
struct InstanceTable {
  std::vector<uint32_t> user;      // < users
  std::vector<uint32_t> search;    // index in the dataset
  std::vector<uint32_t> keyword;   // of the SF; for an ad the index of its title
  std::vector<uint32_t> category;  // < categories.size()
  std::vector<uint8_t> clicked;
  std::vector<float> truth;  // true probability; NaN if it is not known
  uint32_t users = 0;
  std::vector<std::string> categories;  // [0] is ""
  // Clicks of every user before the test period, in searches of training and validation. They
  // decide the user's bin of Table 3 and whether the user is cold.
  std::vector<uint32_t> main_clicks;  // [users] clicked SFs
  std::vector<uint32_t> aux_clicks;   // [users] clicked ads

  size_t size() const { return clicked.size(); }
};

InstanceTable instances_of(const Dataset& dataset, Split split, Task task);

}  // namespace barker
