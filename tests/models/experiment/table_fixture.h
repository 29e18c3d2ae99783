// Tables as other programs write them, and what the command says of them.
#pragma once

#include <fstream>
#include <string>

#include "models/experiment/table.h"
#include "tests/models/base/temporary_path.h"

namespace barker {

inline std::string file_of(const std::string& text) {
  const std::string path = temporary_path("experiment.csv");
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

inline Result<ExperimentReport> table_report_of(const std::string& text,
                                                const CompareOptions& comparing = {},
                                                TableOptions reading = {}) {
  return report_table(file_of(text), reading, comparing);
}

inline std::string error_of(const std::string& text) {
  const Result<ExperimentReport> report = table_report_of(text);
  return report.ok() ? "" : report.status().message();
}

inline const std::string kWon = "arm,impressions,clicks\nA,10000,500\nB,10050,600\n";

}  // namespace barker
