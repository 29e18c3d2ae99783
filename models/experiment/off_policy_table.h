// Off-policy evaluation of a table: a CSV file (csv.h) with the columns
//
//   reward,logged,target[,page][,logged_position,target_position][,predicted,predicted_policy]
//
// in any order, others being ignored; they are the members of LoggedAction. Rows of one `page`
// stand together, in the order of their positions; without the column each row is a page of its
// own. Memory grows with the number of pages that are named, by some 16 bytes each, and with
// nothing else. One thread.
#pragma once

#include <string>
#include <vector>

#include "models/base/result.h"
#include "models/experiment/off_policy.h"

namespace barker {

struct OffPolicyReport {
  std::string name;  // of the table
  OffPolicyLog log;
  bool has_predictions = false;
  double level = 0.95;
  std::vector<std::string> warnings;  // why the values should not be trusted
};

// An error names the file, the line and what is wrong.
Result<OffPolicyReport> evaluate_policy_table(const std::string& path, double level);

std::string to_text(const OffPolicyReport& report);
// A number that is not known is null.
std::string to_json(const OffPolicyReport& report);

}  // namespace barker
