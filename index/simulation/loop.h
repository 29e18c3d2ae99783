// The closed loop on one machine (Fig. 6 of the paper): serve a day, join its log, decide on the
// canary, train from the weights that serve, let the gate judge, publish as the canary of the next
// day. The world drifts with a known truth (models/simulate/drifting_market.h), and beside the
// loop's shoppers others are shown the merchants' titles, the frozen first weights, and the selling
// points that they like best.
//
// Training and the gate are processes of `barker-train`; all else is done here, through the real
// engine, plugin and weights directory. The state is one file, which is replaced after each stage:
// after a kill the same call goes on with the stage that was not finished, and the results are the
// same. Equal options give equal results on any number of threads. One thread calls; one loop at a
// time may use the directory.
#pragma once

#include "index/simulation/loop_options.h"
#include "index/simulation/loop_state.h"
#include "models/base/result.h"

namespace barker {

// Runs what is left of the loop. invalid_argument where the directory holds a loop with other
// options; the error names them. A failed training names its command, exit code and log.
Result<LoopState> run_loop(const LoopOptions& options);

}  // namespace barker
