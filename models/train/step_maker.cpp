#include "models/train/step_maker.h"

namespace barker {
namespace {

size_t shown_in(const SearchView& search, Task task) {
  return task == Task::kMain ? search.sfs.size() : search.ads.size();
}

}  // namespace

StepMaker::StepMaker(const Dataset& data, const StepShare& share, const BatchMaker& batches)
    : data_(data), share_(share), batches_(share.threads, batches) {}

TrainingStep StepMaker::begin(const PhaseSchedule& schedule, Position at,
                              uint64_t noise_key) const {
  TrainingStep step;
  step.after = at;
  step.noise_key = noise_key;
  step.parts.resize(share_.threads);
  const Step searches = schedule.next(step.after);
  for (const Task task : {Task::kMain, Task::kAuxiliary}) {
    const std::vector<uint32_t>& all = task == Task::kMain ? searches.main : searches.auxiliary;
    if (all.empty()) continue;
    step.tasks.push_back(task);
    for (TrainingStep::Part& part : step.parts) part.searches.emplace_back();
    size_t instances = 0;
    // Search i goes to thread i mod (ranks * threads), counted over all processes.
    for (size_t i = 0; i < all.size(); ++i) {
      instances += shown_in(data_.search(all[i]), task);
      const size_t thread = i % (share_.ranks * share_.threads);
      if (thread / share_.threads != share_.rank) continue;
      step.parts[thread % share_.threads].searches.back().push_back(all[i]);
    }
    step.instances.push_back(instances);
  }
  return step;
}

void StepMaker::make(TrainingStep& step, size_t part) {
  TrainingStep::Part& to = step.parts[part];
  for (size_t b = 0; b < step.tasks.size(); ++b) {
    to.batches.push_back(batches_[part].make(step.tasks[b], to.searches[b], step.noise_key));
  }
}

}  // namespace barker
