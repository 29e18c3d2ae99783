#include "tests/models/train/poisoned_checkpoint.h"

#include "models/train/train_state_torch.h"

namespace barker {

bool poison_checkpoint(const std::string& path, const Dataset& data, const TrainOptions& options) {
  torch::serialize::InputArchive archive;
  archive.load_from(path);
  c10::IValue identity;
  archive.read("identity", identity);
  const Result<ModelPlan> plan = make_plan(data, options.model);
  if (!plan.ok()) return false;
  TorchNetwork network(*plan, options);
  TrainState state = make_train_state(*plan, options, network);
  if (!load_checkpoint(path, identity.toStringRef(), state, network).ok()) return false;
  state.table.fill_(NAN);
  return save_checkpoint(path, identity.toStringRef(), state, network).ok();
}

}  // namespace barker
