// What an off-policy evaluation says, as text and as JSON. Pure functions; any thread.
#pragma once

#include <string>
#include <vector>

#include "models/base/result.h"
#include "models/experiment/off_policy.h"

namespace barker {

struct OffPolicyReport {
  std::string name;  // of the table or of the logs
  OffPolicyLog log;
  bool has_predictions = false;
  // Whether the probabilities of actions are those given the actions above them. Otherwise each is
  // that of its position alone, which one estimator needs.
  bool knows_pages = true;
  double level = 0.95;
  std::vector<std::string> notes;     // what was left out, and why
  std::vector<std::string> warnings;  // why the values should not be trusted
};

// Fills `warnings` from what the log has.
void add_warnings(OffPolicyReport& report);

std::string to_text(const OffPolicyReport& report);
// A number that is not known is null.
std::string to_json(const OffPolicyReport& report);

}  // namespace barker
