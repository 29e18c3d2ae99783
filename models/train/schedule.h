// Which searches each step trains on: Algorithm 1 of the paper and its alternatives. The choice is
// a function of seed and step, so a position in the schedule is a few numbers. Any thread.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

#include "models/data/dataset.h"
#include "models/train/increment.h"
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

enum class Phase : uint8_t { kMain, kAlternate, kJoint, kPretrain, kFinetune, kCoolDown };
const char* name_of(Phase phase);

// The phase in which a training with these options ends, but for the cool-down, which learns the
// same tasks.
inline Phase last_phase(const TrainOptions& options) {
  if (!options.model.auxiliary()) return Phase::kMain;
  switch (options.schedule) {
    case Schedule::kPretrain:
      return Phase::kFinetune;
    case Schedule::kJoint:
      return Phase::kJoint;
    case Schedule::kAlternate:
      break;
  }
  return Phase::kAlternate;
}

// Where a phase stands. It is copied to prepare the next step ahead, and saved in checkpoints.
struct Position {
  uint64_t step = 0;  // since the phase began
  Queue main, auxiliary;
};

class PhaseSchedule {
 public:
  PhaseSchedule(const Dataset& data, const TrainOptions& options, Phase phase,
                const std::optional<Increment>& increment = std::nullopt)
      : options_(options),
        phase_(phase == Phase::kCoolDown ? last_phase(options) : phase),
        has_turns_(increment || phase == Phase::kCoolDown) {
    for (const Task task : {Task::kMain, Task::kAuxiliary}) {
      lessons_.emplace_back(data, task, increment, options);
    }
    const double searches[] = {static_cast<double>(lessons_[0].size()),
                               static_cast<double>(lessons_[1].size())};
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
        return static_cast<uint64_t>(has_turns_ ? main_batches_ + aux_batches_in_turn()
                                                : std::ceil(main_batches_ * (1 + k_)));
      default:
        return static_cast<uint64_t>(main_batches_);
    }
  }

  // The searches of the step at `at`, which moves on to the next step.
  Step next(Position& at) const {
    Step step;
    const uint64_t number = at.step++, size = options_.batch_searches;
    bool main = phase_ != Phase::kPretrain, auxiliary = phase_ == Phase::kPretrain;
    if (phase_ == Phase::kAlternate) {  // Algorithm 1: main : auxiliary = 1 : k
      main = has_turns_ ? is_main_in_turn(number) : is_main_by_chance(number);
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
  bool is_main_by_chance(uint64_t step) const {
    const uint64_t key = noise(options_.seed * 64 + static_cast<uint64_t>(phase_), step);
    return unit_interval(key) < 1 / (1 + k_);
  }
  // An increment and a cool-down have few passes, in which chance would leave out searches of one
  // task. So the tasks take turns, evenly, until both have had their batches.
  double aux_batches_in_turn() const {
    return options_.k > 0 ? std::ceil(options_.k * main_batches_) : aux_batches_;
  }
  bool is_main_in_turn(uint64_t step) const {
    const auto main = static_cast<uint64_t>(main_batches_);
    const uint64_t all = main + static_cast<uint64_t>(aux_batches_in_turn());
    const uint64_t in_epoch = step % all;
    return (in_epoch + 1) * main / all > in_epoch * main / all;
  }

  // What a pass of a task goes over: all searches of the training split, or of an increment those
  // that are new and as many of the past as the options say, others in each pass.
  class Lessons {
   public:
    Lessons(const Dataset& data, Task task, const std::optional<Increment>& increment,
            const TrainOptions& options)
        : all_(data.searches_of(Split::kTrain, task)), size_(all_.size()) {
      if (!increment) return;
      parts_ = divide(data, task, *increment);
      size_ = parts_->fresh.size() + parts_->past_of_pass(options.increment.past);
    }

    size_t size() const { return size_; }

    // The searches of a pass at places of its order; `key` is another one for each pass.
    template <typename Take>
    void visit(uint64_t key, Take&& take) const {
      const Permutation order(size_, key);
      if (!parts_) return take([&](uint64_t place) { return all_[order(place)]; });
      const Permutation sample(parts_->past.size(), noise(key, 0));
      take([&](uint64_t place) {
        const uint64_t at = order(place), fresh = parts_->fresh.size();
        return at < fresh ? parts_->fresh[at] : parts_->past[sample(at - fresh)];
      });
    }

   private:
    std::span<const uint32_t> all_;
    std::optional<LearnedSearches> parts_;
    size_t size_;
  };

  // Up to `count` searches, fewer at the end of a pass.
  std::vector<uint32_t> take(Task task, uint64_t count, Queue& queue) const {
    const Lessons& lessons = lessons_[static_cast<size_t>(task)];
    const uint64_t key = noise(options_.seed ^ (static_cast<uint64_t>(task) + 1) << 32, queue.pass);
    std::vector<uint32_t> out;
    lessons.visit(key, [&](const auto& search_at) {
      while (out.size() < count && queue.position < lessons.size()) {
        out.push_back(search_at(queue.position++));
      }
    });
    if (queue.position == lessons.size()) queue = {queue.pass + 1, 0};
    return out;
  }

  std::vector<Lessons> lessons_;  // by task
  const TrainOptions& options_;
  Phase phase_;
  bool has_turns_;
  double main_batches_, aux_batches_, k_;
};

}  // namespace barker
