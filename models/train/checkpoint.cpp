#include <sstream>

#include "models/base/atomic_file.h"
#include "models/train/identity.h"
#include "models/train/train_state_torch.h"

namespace barker {
namespace {

// The one list of what a checkpoint holds, for writing and for reading. The visitor has number(),
// real() and tensor(), each with a name and a value.
template <typename State, typename Visitor>
void visit_state(State& s, Visitor& v) {
  v.number("phase", s.phase);
  v.number("epoch", s.epoch);
  v.number("step", s.position.step);
  v.number("main.pass", s.position.main.pass);
  v.number("main.position", s.position.main.position);
  v.number("auxiliary.pass", s.position.auxiliary.pass);
  v.number("auxiliary.position", s.position.auxiliary.position);
  v.number("best_epoch", s.best_epoch);
  v.real("best_auc", s.best_auc);
  for (int task = 0; task < 2; ++task) {
    v.real("loss_sum." + std::to_string(task), s.loss_sum[task]);
    v.real("loss_weight." + std::to_string(task), s.loss_weight[task]);
  }
  v.tensor("table", s.table);
  v.tensor("table.first", s.table_moments.first);
  v.tensor("table.second", s.table_moments.second);
  v.tensor("table.steps", s.table_steps);
  v.tensor("best.table", s.best_table);
  for (size_t i = 0; i < s.moments.size(); ++i) {
    const std::string name = std::to_string(i);
    v.tensor("first." + name, s.moments[i].first);
    v.tensor("second." + name, s.moments[i].second);
    v.number("steps." + name, s.steps[i]);
    v.tensor("best." + name, s.best[i]);
  }
}

struct Saver {
  torch::serialize::OutputArchive archive;
  template <typename T>
  void number(const std::string& name, const T& value) {
    archive.write(name, c10::IValue(static_cast<int64_t>(value)));
  }
  void real(const std::string& name, double value) { archive.write(name, c10::IValue(value)); }
  void tensor(const std::string& name, const torch::Tensor& value) { archive.write(name, value); }
};

struct Loader {
  torch::serialize::InputArchive archive;
  c10::IValue read(const std::string& name) {
    c10::IValue value;
    archive.read(name, value);
    return value;
  }
  template <typename T>
  void number(const std::string& name, T& value) {
    value = static_cast<T>(read(name).toInt());
  }
  void real(const std::string& name, double& value) { value = read(name).toDouble(); }
  void tensor(const std::string& name, torch::Tensor& value) {
    torch::Tensor read;
    archive.read(name, read);
    if (!value.sizes().equals(read.sizes())) throw std::runtime_error(name + ": another shape");
    value.copy_(read);  // not assigned, because the network refers to the tensor
  }
};

}  // namespace

Status save_checkpoint(const std::string& path, const std::string& identity,
                       const TrainState& state, const TorchNetwork& network) {
  const torch::NoGradGuard no_grad;
  Saver saver;
  saver.archive.write("identity", c10::IValue(identity));
  visit_state(state, saver);
  for (const Parameter& p : network.parameters()) saver.tensor("parameter." + p.name, p.value);
  std::ostringstream bytes;
  saver.archive.save_to(bytes);
  Result<AtomicFile> file = AtomicFile::create(path);
  if (!file.ok()) return file.status();
  const std::string_view view = bytes.view();
  Status s = file->write(view.data(), view.size());
  return s.ok() ? file->commit() : s;
}

Status load_checkpoint(const std::string& path, const std::string& identity, TrainState& state,
                       TorchNetwork& network) {
  const torch::NoGradGuard no_grad;
  try {
    Loader loader;
    loader.archive.load_from(path);
    const std::string found = loader.read("identity").toStringRef();
    if (found != identity) {
      return {Code::kFailedPrecondition,
              path + ": a checkpoint of other data or options: " +
                  identity_differences(found, "in the checkpoint", identity, "in this run")};
    }
    visit_state(state, loader);
    for (Parameter& p : network.parameters()) loader.tensor("parameter." + p.name, p.value);
  } catch (const std::exception& e) {
    const std::string what = e.what();
    return bad_data(path + ": not a usable checkpoint: " + what.substr(0, what.find('\n')));
  }
  return {};
}

}  // namespace barker
