#include "models/evaluate/instances.h"

namespace barker {

InstanceTable instances_of(const Dataset& dataset, Split split, Task task) {
  InstanceTable table;
  table.users = dataset.users();
  for (uint32_t c = 0; c < dataset.categories(); ++c) {
    table.categories.emplace_back(dataset.category(c));
  }
  table.main_clicks.resize(table.users);
  table.aux_clicks.resize(table.users);
  for (const Split before : {Split::kTrain, Split::kValidation}) {
    if (before >= split) break;
    for (const uint32_t s : dataset.searches_of(before, Task::kMain)) {
      const SearchView search = dataset.search(s);
      for (const uint8_t clicked : search.sf_clicked) table.main_clicks[search.user] += clicked;
    }
    for (const uint32_t s : dataset.searches_of(before, Task::kAuxiliary)) {
      const SearchView search = dataset.search(s);
      for (const uint8_t clicked : search.ad_clicked) table.aux_clicks[search.user] += clicked;
    }
  }
  for (const uint32_t s : dataset.searches_of(split, task)) {
    const SearchView search = dataset.search(s);
    const auto& shown = task == Task::kMain ? search.sfs : search.ads;
    const auto& clicked = task == Task::kMain ? search.sf_clicked : search.ad_clicked;
    const auto& truth = task == Task::kMain ? search.sf_truth : search.ad_truth;
    table.user.insert(table.user.end(), shown.size(), search.user);
    table.search.insert(table.search.end(), shown.size(), s);
    table.is_cold.insert(table.is_cold.end(), shown.size(), search.history.empty() ? 1 : 0);
    table.category.insert(table.category.end(), shown.size(), search.category);
    table.keyword.insert(table.keyword.end(), shown.begin(), shown.end());
    table.clicked.insert(table.clicked.end(), clicked.begin(), clicked.end());
    table.truth.insert(table.truth.end(), truth.begin(), truth.end());
  }
  return table;
}

std::vector<uint32_t> positions_of(const InstanceTable& table) {
  std::vector<uint32_t> positions(table.size(), 1);
  for (size_t i = 1; i < positions.size(); ++i) {
    if (table.search[i] == table.search[i - 1]) positions[i] = positions[i - 1] + 1;
  }
  return positions;
}

size_t click_bin(const InstanceTable& table, uint32_t user) {
  return (table.main_clicks[user] > 6 ? 2 : 0) + (table.aux_clicks[user] > 21 ? 0 : 1);
}

}  // namespace barker
