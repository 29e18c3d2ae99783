#include "models/cli/trial_run.h"

#include <atomic>
#include <chrono>
#include <cmath>
#include <csignal>
#include <fstream>
#include <memory>

#include "models/base/child_process.h"
#include "models/base/exit_code.h"
#include "models/base/output_file.h"
#include "models/cli/shared_options.h"
#include "models/evaluate/instances.h"
#include "models/evaluate/metrics.h"
#include "models/evaluate/quality.h"
#include "models/evaluate/score.h"
#include "models/weights/weights_generated.h"
#include "scoring/isa.h"

namespace barker {
namespace {

std::atomic<bool> stop_requested{false};
std::atomic<pid_t> running{0};

void request_stop(int) {
  stop_requested = true;
  if (const pid_t child = running; child > 0) kill(child, SIGTERM);
}

// The last line that a training printed. It ends its progress with carriage returns.
std::string last_line(const std::string& path) {
  std::ifstream in(path);
  std::string last;
  for (std::string line; std::getline(in, line);) {
    if (const size_t begin = line.rfind('\r'); begin != std::string::npos) line.erase(0, begin + 1);
    if (!line.empty() && !line.starts_with("Try: ")) last = line;
  }
  return last;
}

// What the search ends with where a training could not: what its process ended with.
Status failed_with(int code, std::string message) {
  switch (code) {
    case kExitUsage:
      return invalid_argument(std::move(message));
    case kExitBadData:
      return bad_data(std::move(message));
    case kExitNoInput:
      return not_found(std::move(message));
    default:
      return io_error(std::move(message));
  }
}

}  // namespace

void catch_stop_signals() {
  struct sigaction action {};
  action.sa_handler = request_stop;
  for (const int signal : {SIGINT, SIGTERM}) sigaction(signal, &action, nullptr);
}

bool is_stop_requested() { return stop_requested; }

Result<bool> run_trial(const std::string& data, const TrainOptions& options,
                       const TrialFiles& files, Trial& trial) {
  OutputFile config(files.options);
  config.write(options_to_toml(options));
  if (Status s = config.close(); !s.ok()) return s;
  const auto began = std::chrono::steady_clock::now();
  const Result<ChildEnd> ended =
      run_child({{"/proc/self/exe", "train", "--data", data, "--out", files.weights, "--config",
                  files.options, "--log-json", files.epochs, "--resume"},
                 "",
                 files.messages,
                 [](pid_t child) {
                   running = child;
                   if (child != 0 && stop_requested)
                     kill(child, SIGTERM);  // it may have come before
                 }});
  if (!ended.ok()) return ended.status();
  const auto time = std::chrono::steady_clock::now() - began;
  trial.seconds = std::chrono::duration<double>(time).count();
  if (ended->signal != 0) {
    if (stop_requested) return false;
    trial.failure = "its process was ended by signal " + std::to_string(ended->signal);
    return true;
  }
  const int code = ended->code;
  if (code == kExitOk) return true;
  if (stop_requested) return false;
  if (code != kExitBadConfiguration)
    return failed_with(code, files.messages + ": " + last_line(files.messages));
  trial.failure = last_line(files.messages);
  return true;
}

Status add_metrics(const std::string& weights, const Dataset& data, Split split,
                   double negatives_kept, std::map<std::string, double>& metrics) {
  const Result<std::shared_ptr<const WeightFile>> file = WeightFile::open(weights);
  if (!file.ok()) return file.status();
  const KernelTable& kernels = kernels_for(supported_isas().back());
  const float prior = training_click_rate(data);
  const std::string name = kSplitNames[static_cast<size_t>(split)];
  const auto add = [&](const char* metric, double value) {
    if (std::isfinite(value)) metrics[name + " " + metric] = value;
  };
  for (const Task task : {Task::kMain, Task::kAuxiliary}) {
    const InstanceTable table = instances_of(data, split, task);
    const bool is_main = task == Task::kMain;
    if (table.size() == 0 || (!is_main && !(*file)->architecture().has_auxiliary())) continue;
    const Result<std::vector<float>> p = score_dataset(**file, kernels, data, split, task, prior);
    if (!p.ok()) return p.status();
    add(is_main ? "auc" : "auxiliary auc", auc(*p, table.clicked));
    if (!is_main) continue;
    const double weight = 1 / negatives_kept;
    add("log loss", log_loss(*p, table.clicked, weight));
    add("calibration error", calibration_error(*p, table.clicked, weight));
  }
  return {};
}

}  // namespace barker
