#include <cmath>

#include "models/base/input_file.h"
#include "models/base/number_text.h"
#include "models/base/plain_number.h"
#include "models/experiment/table.h"

namespace barker {
namespace {

void add_notes(const UnitTable& table, const TableOptions& reading, ExperimentReport& report) {
  if (!table.has_units) {
    report.notes.push_back(
        "The table has sums alone, so that each impression counts as independent. Where users make "
        "several impressions, p is too small; a table by unit would be right.");
  }
  for (const std::string& arm : table.added) {
    report.notes.push_back("Several rows of the arm \"" + arm + "\" were added.");
  }
  if (table.without_pre > 0) {
    report.notes.push_back(std::to_string(table.without_pre) +
                           " units have no value before the experiment; CUPED leaves them as they "
                           "are.");
  }
  if (std::isfinite(table.cap)) {
    report.notes.push_back("Values above the quantile " + number_text(reading.winsorise) +
                           " of all arms, which is " + plain_number_text(table.cap) +
                           ", were cut to it: those of " + std::to_string(table.capped) +
                           " units.");
  }
  if (table.random_splits.splits > 0) {
    report.notes.push_back("A/A: of " + std::to_string(table.random_splits.splits) +
                           " random splits of all units, the test calls " +
                           number_text(100 * table.random_splits.by_unit, 1) +
                           "% different at p < .05. 5% is right.");
  }
  if (!report.always_valid) {
    report.notes.push_back(
        "The verdict holds for an end that was fixed beforehand. For one that was not, --peeking "
        "takes it from the interval that is valid at any time.");
  }
}

}  // namespace

Result<ExperimentReport> report_table(const std::string& path, const TableOptions& reading,
                                      const CompareOptions& comparing) {
  const Result<UnitTable> table = read_table(path, reading);
  if (!table.ok()) return table.status();
  Result<ExperimentReport> report =
      compare(table->arms, table->segment_names, table->kind, comparing);
  if (!report.ok()) {
    if (report.status().code() == Code::kInvalidArgument) return report.status();
    return bad_data(input_name(path) + ": " + report.status().message());
  }
  report->name = input_name(path);
  report->unit = table->has_units ? "unit" : "impression";
  report->metric = table->kind == MetricKind::kRate ? "clicks per impression" : "value";
  report->in_two_arms = static_cast<double>(table->in_two_arms);
  decide(*report, comparing);
  add_notes(*table, reading, *report);
  return report;
}

}  // namespace barker
