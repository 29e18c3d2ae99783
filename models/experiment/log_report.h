// The experiments in an event log: one report for each, with guardrails, segments, periods of
// weights and the course of time. One thread.
#pragma once

#include <string>
#include <vector>

#include "models/base/result.h"
#include "models/experiment/log_arms.h"
#include "models/experiment/report.h"

namespace barker {

struct LogReportOptions {
  LogArmsOptions reading;
  CompareOptions comparing;
  double guardrail_margin = 0.02;  // relative, for guardrails
  // By how much the share of opt-outs among users may be larger than the control's. It is so small
  // that a relative margin could never be shown to be kept.
  double opt_out_margin = 0.001;
};

struct ExperimentLogReport {
  std::vector<ExperimentReport> experiments;  // ordered by layer and name
  std::vector<std::string> notes;             // sentences on the log
  std::string bad_lines;                      // the first of each file, as BadLines::report()
};

// An error names the file or the option.
Result<ExperimentLogReport> report_logs(const std::vector<std::string>& paths,
                                        const LogReportOptions& options);

}  // namespace barker
