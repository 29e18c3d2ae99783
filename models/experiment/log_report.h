// The experiments in an event log: one report for each, with guardrails, segments, periods of
// weights and the course of time. Users are the units, and the metric is clicks on ads by ads
// shown. Memory does not grow with the log. One thread.
#pragma once

#include <string>
#include <vector>

#include "models/base/result.h"
#include "models/experiment/log_pages.h"
#include "models/experiment/report.h"

namespace barker {

struct LogReportOptions {
  LogPagesOptions pages;
  CompareOptions comparing;
  std::string experiment;          // this one alone, "EXPERIMENT" or "LAYER/EXPERIMENT"; empty: all
  double guardrail_margin = 0.02;  // relative, for guardrails
  bool is_aa = false;              // also split all users at random (split_check.h)
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
