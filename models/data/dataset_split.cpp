#include "models/data/dataset_split.h"

#include <algorithm>
#include <limits>

#include "models/base/number_text.h"
#include "models/data/time_check.h"

namespace barker {
namespace {

using Kind = SplitRule::Kind;

int64_t divide_upwards(int64_t value, int64_t by) { return value / by + (value % by > 0 ? 1 : 0); }

}  // namespace

DatasetSplit::DatasetSplit(const DatasetColumns& columns)
    : c_(columns), rule_(columns.options.split) {}

Result<DatasetSplit> DatasetSplit::of(const DatasetColumns& columns) {
  DatasetSplit split(columns);
  split.find_period();
  if (Status s = split.find_borders(); !s.ok()) return s;
  if (Status s = split.check_splits(); !s.ok()) return s;
  split.describe();
  return split;
}

void DatasetSplit::find_period() {
  int64_t first = std::numeric_limits<int64_t>::max(), last = std::numeric_limits<int64_t>::min();
  for (const SpooledSearch& s : c_.searches.values()) {
    first = std::min(first, s.time);
    last = std::max(last, s.time);
  }
  first_ = first;
  last_ = last;
  period_ = std::max(0.0, static_cast<double>(last) - static_cast<double>(first));
}

Status DatasetSplit::find_borders() {
  if (rule_.kind != Kind::kAt || c_.searches.values().empty()) return {};
  for (size_t i = 0; i < rule_.at.size(); ++i) {
    const Result<int64_t> at = border(rule_.at[i]);
    if (!at.ok()) return at.status();
    border_[i] = *at;
  }
  if (rule_.at.size() == 1) {
    border_[1] = border_[0];
    const double share = rule_.train_share / (rule_.train_share + rule_.validation_share);
    border_[0] = first_ + static_cast<int64_t>(share * (static_cast<double>(border_[1]) -
                                                        static_cast<double>(first_)));
  } else if (border_[0] >= border_[1]) {
    return invalid_argument("split at " + rule_.at[0].text + "," + rule_.at[1].text +
                            ": expected the earlier time first");
  }
  return {};
}

// The time on the clock of the log.
Result<int64_t> DatasetSplit::border(const SplitTime& time) const {
  const TimeUnit log = time_unit(last_);
  const TimeUnit given = time.is_date ? TimeUnit::kMilliseconds : time_unit(time.value);
  if (time.is_date && log == TimeUnit::kOther) {
    return invalid_argument("split at " + time.text + ": is a date, and the times of the log, " +
                            std::to_string(first_) + " to " + std::to_string(last_) + ", are none");
  }
  int64_t at = time.value;
  if (log == TimeUnit::kSeconds && given == TimeUnit::kMilliseconds) at = divide_upwards(at, 1000);
  if (log == TimeUnit::kMilliseconds && given == TimeUnit::kSeconds) at *= 1000;
  if (at > first_ && at <= last_) return at;
  return invalid_argument("split at " + time.text +
                          ": is outside of the period; expected a time "
                          "after " +
                          time_text(first_) + " and not after " + time_text(last_));
}

// A rule that the user chose must leave no split empty. A log may say what it wants.
Status DatasetSplit::check_splits() const {
  if (rule_.kind == Kind::kLog) return {};
  if (c_.searches.values().empty()) return bad_data("the log has no searches to split");
  std::array<uint64_t, 3> searches{};
  for (const SpooledSearch& s : c_.searches.values()) ++searches[static_cast<size_t>((*this)(s))];
  const char* names[] = {"training", "validation", "test"};
  for (const size_t split : {0, 1, 2}) {
    if (searches[split] > 0) continue;
    const std::string why =
        rule_.kind == Kind::kUserLast
            ? "no user has enough searches at different times"
            : "no search of " + time_text(first_) + " to " + time_text(last_) + " falls into it";
    return bad_data(std::string("the ") + names[split] + " split is empty: " + why + " (found " +
                    std::to_string(searches[0]) + " training, " + std::to_string(searches[1]) +
                    " validation and " + std::to_string(searches[2]) + " test searches)");
  }
  return {};
}

void DatasetSplit::describe() {
  const auto percent = [](double share) { return rounded_number_text(100 * share, 4) + "%"; };
  const std::string by_time =
      "by time: " + percent(rule_.train_share) + ", " + percent(rule_.validation_share) + " and " +
      percent(1 - rule_.train_share - rule_.validation_share) + " of the period";
  switch (rule_.kind) {
    case Kind::kLog: {
      const auto searches = c_.searches.values();
      const auto given = [](const SpooledSearch& s) { return s.split != kSplitByTime; };
      text_ = !std::ranges::any_of(searches, given)  ? by_time
              : std::ranges::all_of(searches, given) ? "as the log says"
                                                     : "as the log says, and otherwise " + by_time;
      break;
    }
    case Kind::kTime:
      text_ = by_time;
      break;
    case Kind::kAt:
      text_ = "by date: validation from " + time_text(border_[0]) + ", test from " +
              time_text(border_[1]);
      break;
    case Kind::kUserLast:
      text_ = "by user: the last searches of each are test, those before them validation";
      break;
  }
}

Split DatasetSplit::operator()(const SpooledSearch& s) const {
  if (rule_.kind == Kind::kLog && s.split != kSplitByTime) return static_cast<Split>(s.split);
  return rule_.kind == Kind::kUserLast ? by_moment(s.user, s.moment) : by_time(s.time);
}

Split DatasetSplit::operator()(const SpooledClick& click) const {
  if (rule_.kind == Kind::kLog && click.split != kSplitByTime) {
    return static_cast<Split>(click.split);
  }
  return rule_.kind == Kind::kUserLast ? by_moment(click.user, click.moment) : by_time(click.time);
}

Split DatasetSplit::by_time(int64_t time) const {
  if (rule_.kind == Kind::kAt) {
    return time < border_[0]   ? Split::kTrain
           : time < border_[1] ? Split::kValidation
                               : Split::kTest;
  }
  const double share =
      period_ > 0 ? (static_cast<double>(time) - static_cast<double>(first_)) / period_ : 0;
  return share <= rule_.train_share                            ? Split::kTrain
         : share <= rule_.train_share + rule_.validation_share ? Split::kValidation
                                                               : Split::kTest;
}

// The searches of a user's last moment are test, those of the moment before it validation. What was
// searched at one moment stays together, because neither search is before the other. A user of one
// moment is for training, and one of two has no validation.
Split DatasetSplit::by_moment(uint32_t user, uint32_t moment) const {
  const uint32_t moments = c_.streams[user].moments;
  if (moments < 2 || moment + 2 < moments) return Split::kTrain;
  if (moment + 1 >= moments) return Split::kTest;
  return moments > 2 ? Split::kValidation : Split::kTrain;
}

}  // namespace barker
