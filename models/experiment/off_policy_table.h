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

#include "models/base/result.h"
#include "models/experiment/off_policy_report.h"

namespace barker {

// An error names the file, the line and what is wrong.
Result<OffPolicyReport> evaluate_policy_table(const std::string& path, double level);

}  // namespace barker
