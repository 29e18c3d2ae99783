#include "models/baselines/statistics.h"

#include <algorithm>
#include <string>

namespace barker {

void Popularity::add(const SearchView& search) {
  for (size_t i = 0; i < search.sfs.size(); ++i) {
    const uint32_t keyword = search.sfs[i];
    if (keyword == kUnknownKeyword) continue;
    if (keyword >= shown_.size()) {
      shown_.resize(keyword + 1);
      clicks_.resize(keyword + 1);
    }
    shown_[keyword] += 1;
    clicks_[keyword] += search.sf_clicked[i];
  }
}

void Popularity::finish(uint32_t keywords) {
  constexpr double kPrior = 10;
  shown_.resize(keywords);
  clicks_.resize(keywords);
  double clicks = 0, shown = 0;
  for (uint32_t k = 0; k < keywords; ++k) {
    clicks += clicks_[k];
    shown += shown_[k];
  }
  rate_ = shown > 0 ? clicks / shown : 0.5;
  for (uint32_t k = 0; k < keywords; ++k) {
    popularity_.push_back((clicks_[k] + kPrior * rate_) / (shown_[k] + kPrior));
  }
}

std::vector<uint8_t> clicks_of(const Dataset& data, std::span<const uint32_t> searches) {
  std::vector<uint8_t> clicked;
  for (const uint32_t s : searches) {
    const auto of_search = data.search(s).sf_clicked;
    clicked.insert(clicked.end(), of_search.begin(), of_search.end());
  }
  return clicked;
}

std::vector<uint8_t> clicks_of(const Dataset& data, Split split) {
  return clicks_of(data, data.searches_of(split, Task::kMain));
}

std::vector<uint32_t> training_searches_by_time(const Dataset& data) {
  const auto all = data.searches_of(Split::kTrain, Task::kMain);
  std::vector<uint32_t> searches(all.begin(), all.end());
  std::ranges::stable_sort(searches, {}, [&](uint32_t s) { return data.search(s).time; });
  return searches;
}

StatisticsWindow statistics_window(const Dataset& data, double share) {
  StatisticsWindow window;
  const std::vector<uint32_t> searches = training_searches_by_time(data);
  if (searches.empty()) return window;
  const auto time = [&](uint32_t s) { return data.search(s).time; };
  window.border = time(searches[static_cast<size_t>(share * static_cast<double>(searches.size()))]);
  window.learned.assign(std::ranges::lower_bound(searches, window.border, {}, time),
                        searches.end());
  return window;
}

Status check_both_classes(std::span<const uint8_t> clicked) {
  const auto clicks = static_cast<size_t>(std::ranges::count(clicked, 1));
  if (clicks > 0 && clicks < clicked.size()) return {};
  return bad_data("expected clicked ones and others, found " + std::to_string(clicks) +
                  " clicked of " + std::to_string(clicked.size()));
}

SparseRow sparse_row(std::vector<std::pair<uint32_t, float>> entries) {
  std::sort(entries.begin(), entries.end());
  SparseRow row;
  for (const auto& [column, value] : entries) {
    if (!row.columns.empty() && row.columns.back() == column) {
      row.values.back() += value;
    } else {
      row.columns.push_back(column);
      row.values.push_back(value);
    }
  }
  return row;
}

}  // namespace barker
