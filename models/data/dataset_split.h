// Which split each search of a dataset belongs to, by the rule of its options (split_rule.h).
#pragma once

#include <array>
#include <string>

#include "models/data/dataset_columns.h"

namespace barker {

class DatasetSplit {
 public:
  // The columns must be finished; they are referred to later. An error says which border is outside
  // of the period, or which split a rule that the user chose leaves empty.
  static Result<DatasetSplit> of(const DatasetColumns& columns);

  Split operator()(const SpooledSearch& search) const;
  // The split of the search that was clicked.
  Split operator()(const SpooledClick& click) const;

  // The rule in words, for reports: "by time: 80%, 5% and 15% of the period".
  const std::string& text() const { return text_; }

 private:
  explicit DatasetSplit(const DatasetColumns& columns);
  void find_period();
  Status find_borders();
  Result<int64_t> border(const SplitTime& time) const;
  Status check_splits() const;
  void describe();
  Split by_time(int64_t time) const;
  Split by_moment(uint32_t user, uint32_t moment) const;

  const DatasetColumns& c_;
  const SplitRule& rule_;
  int64_t first_ = 0, last_ = 0;     // times of searches
  double period_ = 0;                // from the first to the last one
  std::array<int64_t, 2> border_{};  // SplitRule::Kind::kAt: where validation and test begin
  std::string text_;
};

}  // namespace barker
