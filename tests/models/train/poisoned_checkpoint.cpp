#include "tests/models/train/poisoned_checkpoint.h"

#include <gtest/gtest.h>

#include <atomic>

#include "models/train/train_state_torch.h"
#include "models/train/trainer.h"
#include "tests/models/base/temporary_path.h"

namespace barker {
namespace {

// Multiplies the embeddings of a checkpoint.
bool poison_checkpoint(const std::string& path, const Dataset& data, const TrainOptions& options,
                       double factor) {
  torch::serialize::InputArchive archive;
  archive.load_from(path);
  c10::IValue identity;
  archive.read("identity", identity);
  const Result<ModelPlan> plan = make_plan(data, options.model);
  if (!plan.ok()) return false;
  TorchNetwork network(*plan, options);
  TrainState state = make_train_state(*plan, options, network);
  if (!load_checkpoint(path, identity.toStringRef(), state, network).ok()) return false;
  state.table.mul_(factor);
  return save_checkpoint(path, identity.toStringRef(), state, network).ok();
}

}  // namespace

std::string diverged_checkpoint(const Dataset& data, const TrainOptions& options, double factor) {
  RunOptions run;
  run.checkpoint = temporary_path("checkpoint");
  const std::atomic<bool> stop{true};
  run.stop = &stop;
  const auto stopped = train(data, options, run);
  EXPECT_TRUE(stopped.ok() && stopped->stopped);
  EXPECT_TRUE(poison_checkpoint(run.checkpoint, data, options, factor));
  return run.checkpoint;
}

}  // namespace barker
