// What the closed loop asks of `barker-train`: first weights, the training after a day, and the
// gate. The processes run in the loop's directory and are given paths within it, so that the
// weights do not depend on where the directory is. What they print is added to the day's
// trainer.log.
#pragma once

#include <string>
#include <vector>

#include "index/simulation/loop_options.h"

namespace barker {

struct LoopTraining {
  std::string data;   // event log
  std::string start;  // weights to start from; empty: none
  std::string out;
  uint32_t epochs = 1;
  uint32_t day = 0;
};

// Paths are within the loop's directory. An error names command, exit code and log. One of code
// kBadData says that nothing could be learned from this log, or that the loss ran away.
Status train_weights(const LoopOptions& options, const LoopTraining& training);

// The exit code of the gate: kExitOk, kExitGateFailed or kExitCannotJudge
// (models/base/exit_code.h). Any other one is an error. `calibration_tolerance`: by how much the
// calibration error may grow.
Result<int> ask_gate(const LoopOptions& options, uint32_t day, const std::string& candidate,
                     const std::string& against, const std::string& log,
                     double calibration_tolerance);

}  // namespace barker
