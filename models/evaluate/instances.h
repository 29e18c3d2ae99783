// The instances of one split and task as flat arrays, which predictions are compared with.
#pragma once

#include <array>
#include <cstddef>
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
  std::vector<uint8_t> is_cold;  // the user's history was empty at that search
  std::vector<float> truth;      // true probability; NaN if it is not known
  uint32_t users = 0;
  std::vector<std::string> categories;  // [0] is ""
  // Clicks of every user in the splits before this one: of a test split in training and
  // validation, of a training split in none. They decide the user's bin of Table 3.
  std::vector<uint32_t> main_clicks;  // [users] clicked SFs
  std::vector<uint32_t> aux_clicks;   // [users] clicked ads

  size_t size() const { return clicked.size(); }
};

// Table 3 divides users by whether they clicked more than 6 SFs and more than 21 ads before the
// split that is judged. click_bin() is the index of the user's bin.
inline constexpr std::array<const char*, 4> kClickBins = {"main <=6, aux >21", "main <=6, aux <=21",
                                                          "main >6, aux >21", "main >6, aux <=21"};
size_t click_bin(const InstanceTable& table, uint32_t user);

// Those entries of a column of the table that stand at `instances`.
template <typename T>
std::vector<T> take(const std::vector<T>& column, const std::vector<uint32_t>& instances) {
  std::vector<T> taken;
  taken.reserve(instances.size());
  for (const uint32_t i : instances) taken.push_back(column[i]);
  return taken;
}

// The place of each instance in its search, from 1.
std::vector<uint32_t> positions_of(const InstanceTable& table);

InstanceTable instances_of(const Dataset& dataset, Split split, Task task);

}  // namespace barker
