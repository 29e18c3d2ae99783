// What weights and a configuration would earn, from raw logs of other ones
// (models/data/RAW_LOG.md). It rests on the propensities of drawn selling points: where the new
// policy shows what was drawn, the clicks are its own. Which ads stand where is not part of the
// judged policy: they stay in their places.
#pragma once

#include <string>
#include <vector>

#include "index/engine/engine.h"
#include "models/base/result.h"
#include "models/data/join.h"
#include "models/experiment/off_policy_report.h"

namespace barker {

struct LoggedPolicyOptions {
  std::vector<std::string> logs;
  EngineOptions engine;  // of the judged policy, which draws nothing
  JoinOptions joining;   // which clicks are of a page
  double level = 0.95;   // of the intervals
};

// The reward of a page is the number of its ads that were clicked, and an action the set of selling
// points before one title. Its value is that of position-ips, because the selling points of a page
// are drawn together and the log has their probabilities one title at a time; intervals take users
// as units. Pages on which nothing was drawn say nothing of another policy: they are left out, as
// are those with an ad that the catalogue has lost or whose propensity is not known, and the
// report's notes count them. kFailedPrecondition: the judged policy draws selling points itself.
// `bad_lines` gets what could not be read of the logs.
Result<OffPolicyReport> evaluate_policy_on_logs(const LoggedPolicyOptions& options,
                                                std::string& bad_lines);

}  // namespace barker
