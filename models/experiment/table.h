// Experiments from tables: CSV files of anybody's (csv.h), with the columns
//
//   arm,impressions,clicks        sums; rows of the same arm are added
//   unit,arm,value[,pre]          a number of each unit, and what it was before the experiment
//   unit,arm,impressions,clicks   the clicks of each unit
//
// in any order, others being ignored but for `segment`. Memory does not grow with the table. One
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/base/result.h"
#include "models/experiment/report.h"
#include "models/experiment/split_check.h"

namespace barker {

struct TableOptions {
  double winsorise = 1;  // values above this quantile are cut to it; 1: none are
  std::string repeated;  // what several rows of a unit are: "sum", "mean"; empty: a mistake
  bool is_aa = false;    // also split all units at random (split_check.h)
  std::string directory = "/tmp";  // for temporary files
};

struct UnitTable {
  MetricKind kind = MetricKind::kRate;
  std::vector<ArmData> arms;  // in the order in which they first stand in the file
  std::vector<std::string> segment_names;
  bool has_units = false;  // or sums alone
  uint64_t rows = 0;
  uint64_t in_two_arms = 0;          // units, which are left out
  uint64_t without_pre = 0;          // units
  double cap = NAN;                  // of winsorising
  uint64_t capped = 0;               // units
  SplitCheck::Alarms random_splits;  // of the A/A mode
  std::vector<std::string> added;    // arms whose sums stood in several rows
};

// An error names the file, the line and what is wrong.
Result<UnitTable> read_table(const std::string& path, const TableOptions& options);

// Reads a table and compares its arms, with what there is to say of both.
Result<ExperimentReport> report_table(const std::string& path, const TableOptions& reading,
                                      const CompareOptions& comparing);

}  // namespace barker
