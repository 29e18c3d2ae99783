// Which searches each step trains on: Algorithm 1 of the paper and its alternatives. The choice is
// a function of seed and step, so a position in the schedule is a few numbers. Any thread.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "models/data/dataset.h"
#include "models/train/noise.h"
#include "models/train/options.h"

namespace barker {

// Passes over the searches of a task, each in a new order: the current pass and the position in it.
struct Queue {
  uint64_t pass = 0, position = 0;
};

struct Step {
  std::vector<uint32_t> main,
      auxiliary;  // searches; one of the two is empty unless the phase is joint
};

enum class Phase : uint8_t { kMain, kAlternate, kJoint, kPretrain, kFinetune };
const char* name_of(Phase phase);

// Where a phase stands. It is copied to prepare the next step ahead, and saved in checkpoints.
struct Position {
  uint64_t step = 0;  // since the phase began
  Queue main, auxiliary;
};

class PhaseSchedule {
 public:
  PhaseSchedule(const Dataset& data, const TrainOptions& options, Phase phase)
      : data_(data), options_(options), phase_(phase) {
    const double searches[] = {
        static_cast<double>(data.searches_of(Split::kTrain, Task::kMain).size()),
        static_cast<double>(data.searches_of(Split::kTrain, Task::kAuxiliary).size())};
    const double size = options.batch_searches;
    main_batches_ = std::ceil(searches[0] / size);
    aux_batches_ = std::ceil(searches[1] / size);
    // By default both logs are passed equally often. This is the only k for which the paper's "k
    // times as often" and "the same number of updates" are both true.
    k_ = options.k > 0 ? options.k : searches[1] / std::max(searches[0], 1.0);
  }

  uint64_t steps_per_epoch() const {
    switch (phase_) {
      case Phase::kPretrain:
        return static_cast<uint64_t>(aux_batches_);
      case Phase::kAlternate:
        return static_cast<uint64_t>(std::ceil(main_batches_ * (1 + k_)));
      default:
        return static_cast<uint64_t>(main_batches_);
    }
  }

  // The searches of the step at `at`, which moves on to the next step.
  Step next(Position& at) const {
    Step step;
    const uint64_t key = noise(options_.seed * 64 + static_cast<uint64_t>(phase_), at.step++);
    const uint64_t size = options_.batch_searches;
    bool main = phase_ != Phase::kPretrain, auxiliary = phase_ == Phase::kPretrain;
    if (phase_ == Phase::kAlternate) {  // Algorithm 1: main : auxiliary = 1 : k
      main = unit_interval(key) < 1 / (1 + k_);
      auxiliary = !main;
    }
    if (phase_ == Phase::kJoint) auxiliary = true;
    if (main) step.main = take(Task::kMain, size, at.main);
    if (auxiliary) {
      const double share = phase_ == Phase::kJoint ? k_ : 1;
      step.auxiliary = take(
          Task::kAuxiliary,
          std::max<uint64_t>(1, static_cast<uint64_t>(share * static_cast<double>(size) + 0.5)),
          at.auxiliary);
    }
    return step;
  }

 private:
  // Up to `count` searches, fewer at the end of a pass.
  std::vector<uint32_t> take(Task task, uint64_t count, Queue& queue) const {
    const std::span<const uint32_t> all = data_.searches_of(Split::kTrain, task);
    const Permutation order(
        all.size(), noise(options_.seed ^ (static_cast<uint64_t>(task) + 1) << 32, queue.pass));
    std::vector<uint32_t> out;
    while (out.size() < count && queue.position < all.size()) {
      out.push_back(all[order(queue.position++)]);
    }
    if (queue.position == all.size()) queue = {queue.pass + 1, 0};
    return out;
  }

  const Dataset& data_;
  const TrainOptions& options_;
  Phase phase_;
  double main_batches_, aux_batches_, k_;
};

}  // namespace barker
