// What a training step learns from, divided among the threads and the processes of a run.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/train/batch.h"
#include "models/train/schedule.h"

namespace barker {

// One step, this process's part of it.
struct TrainingStep {
  // What one thread learns from: the searches of each batch, and the batches once they are made.
  struct Part {
    std::vector<std::vector<uint32_t>> searches;
    std::vector<Batch> batches;
  };
  std::vector<Part> parts;        // one for each thread
  std::vector<Task> tasks;        // of each batch
  std::vector<size_t> instances;  // of each batch over all threads and processes
  uint64_t noise_key = 0;         // decides what is dropped (BatchMaker::make())
  Position after;                 // where the schedule stands after the step
};

// Which searches of a step are this process's. Its threads divide them further.
struct StepShare {
  size_t threads = 1;
  size_t rank = 0, ranks = 1;  // of the processes of the run
};

class StepMaker {
 public:
  // `batches` makes the batches of one part; each part gets a copy of it.
  StepMaker(const Dataset& data, const StepShare& share, const BatchMaker& batches);

  // The step at `at`, without its batches.
  TrainingStep begin(const PhaseSchedule& schedule, Position at, uint64_t noise_key) const;

  // Makes the batches of a part. Different parts may be made by different threads at a time.
  void make(TrainingStep& step, size_t part);

  // The makers of the parts, for as long as nothing is being made.
  std::span<BatchMaker> batches() { return batches_; }

 private:
  const Dataset& data_;
  StepShare share_;
  std::vector<BatchMaker> batches_;
};

}  // namespace barker
