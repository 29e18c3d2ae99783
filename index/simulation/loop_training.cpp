#include "index/simulation/loop_training.h"

#include <filesystem>
#include <utility>

#include "models/base/child_process.h"
#include "models/base/exit_code.h"
#include "models/base/number_text.h"

namespace barker {
namespace {

ChildProcess trainer(const LoopOptions& options, uint32_t day, std::vector<std::string> arguments) {
  ChildProcess child;
  child.command = {std::filesystem::absolute(options.trainer).string()};
  for (std::string& word : arguments) child.command.push_back(std::move(word));
  child.directory = options.directory;
  child.log =
      std::filesystem::absolute(loop_day_in(options.directory, day) + "/trainer.log").string();
  return child;
}

// An error where the program was ended by a signal, too.
Result<int> exit_code_of(const ChildProcess& child) {
  const Result<ChildEnd> end = run_child(child);
  if (!end.ok()) return end.status();
  if (end->signal == 0) return int{end->code};
  return io_error(command_text(child) + ": was ended by signal " + std::to_string(end->signal) +
                  "; its output is in " + child.log);
}

Status failed(const ChildProcess& child, int code) {
  // 65: the log has nothing to learn; 78: the loss ran away, which other options might prevent.
  const bool is_of_the_log = code == kExitBadData || code == kExitBadConfiguration;
  return {is_of_the_log ? Code::kBadData : Code::kFailedPrecondition,
          command_text(child) + ": exit code " + std::to_string(code) + "; its output is in " +
              child.log};
}

}  // namespace

Status train_weights(const LoopOptions& options, const LoopTraining& training) {
  std::vector<std::string> words = {"train",
                                    "--data",
                                    training.data,
                                    "--out",
                                    training.out,
                                    "--name",
                                    "loop",
                                    "--model-version",
                                    std::to_string(training.day),
                                    "--created",
                                    std::to_string(kFirstDay + kDaySeconds * training.day),
                                    "--seed",
                                    std::to_string(options.seed),
                                    "--quiet",
                                    "--set",
                                    "train.max_epochs=" + std::to_string(training.epochs)};
  if (!training.start.empty()) {
    // All of the window is learned again: the figures of models/EXPERIMENTS.md are of that.
    words.insert(words.end(), {"--init", training.start, "--relearn"});
  }
  for (const std::string& setting : options.settings) {
    words.insert(words.end(), {"--set", setting});
  }
  const ChildProcess child = trainer(options, training.day, std::move(words));
  const Result<int> code = exit_code_of(child);
  if (!code.ok()) return code.status();
  return *code == kExitOk ? Status() : failed(child, *code);
}

Result<int> ask_gate(const LoopOptions& options, uint32_t day, const std::string& candidate,
                     const std::string& against, const std::string& log,
                     double calibration_tolerance) {
  const ChildProcess child =
      trainer(options, day,
              {"gate", candidate, "--against", against, "--log", log, "--min-instances",
               std::to_string(options.gate_instances), "--calibration-tolerance",
               number_text(calibration_tolerance)});
  Result<int> code = exit_code_of(child);
  if (!code.ok()) return code;
  if (*code == kExitOk || *code == kExitGateFailed || *code == kExitCannotJudge) return code;
  return failed(child, *code);
}

}  // namespace barker
