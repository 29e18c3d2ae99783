#include "models/train/increment.h"

#include <algorithm>
#include <memory>

#include "models/weights/time_notes.h"
#include "models/weights/weight_file.h"

namespace barker {

size_t LearnedSearches::past_of_pass(double share) const {
  const double wanted = share * static_cast<double>(fresh.size());
  return static_cast<size_t>(std::min(wanted + 0.5, static_cast<double>(past.size())));
}

LearnedSearches divide(const Dataset& data, Task task, const Increment& increment) {
  LearnedSearches out;
  for (const uint32_t search : data.searches_of(Split::kTrain, task)) {
    const bool is_fresh = data.search(search).time > increment.after;
    (is_fresh ? out.fresh : out.past).push_back(search);
  }
  return out;
}

std::optional<Increment> increment_after(int64_t time, const Dataset& data) {
  const Increment increment{time};
  const LearnedSearches searches = divide(data, Task::kMain, increment);
  if (searches.fresh.empty() || searches.past.empty()) return std::nullopt;
  return increment;
}

Result<EarlierTraining> earlier_training(const std::string& weights) {
  const Result<std::shared_ptr<const WeightFile>> file = WeightFile::open(weights);
  if (!file.ok()) return file.status();
  const fbs::ModelCard& card = (*file)->card();
  EarlierTraining out{time_note(card, kTrainedFromNote), time_note(card, kTrainedToNote)};
  for (const fbs::Group* group : *(*file)->architecture().groups()) {
    out.user_buckets += group->hash_buckets();
  }
  return out;
}

}  // namespace barker
