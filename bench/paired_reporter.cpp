#include "bench/paired_reporter.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <ostream>

namespace barker {

double median_ratio(const RepetitionTimes& times, const RepetitionTimes& reference) {
  std::vector<double> ratios;
  for (const auto& [index, seconds] : times) {
    const auto other = reference.find(index);
    if (other != reference.end() && other->second > 0) ratios.push_back(seconds / other->second);
  }
  if (ratios.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::ranges::sort(ratios);
  const size_t middle = ratios.size() / 2;
  return ratios.size() % 2 == 1 ? ratios[middle] : (ratios[middle - 1] + ratios[middle]) / 2;
}

void PairedReporter::ReportRuns(const std::vector<Run>& runs) {
  for (const Run& run : runs) {
    if (run.run_type != Run::RT_Iteration) continue;
    const std::string name = run.run_name.function_name;
    if (run.error_occurred) {
      GetErrorStream() << name << ": " << run.error_message << "\n";
      continue;
    }
    if (!times_.contains(name)) names_.push_back(name);
    times_[name][run.repetition_index] =
        run.real_accumulated_time / static_cast<double>(run.iterations);
  }
}

void PairedReporter::Finalize() {
  std::ostream& out = GetOutputStream();
  char line[200];
  std::snprintf(line, sizeof line, "%-28s %10s %9s %9s  of\n", "case", "least us", "median",
                "of least");
  out << line;
  std::ranges::sort(names_);
  const auto least = [&](const std::string& name) {
    return std::ranges::min_element(times_[name], {}, [](const auto& t) { return t.second; })
        ->second;
  };
  for (const std::string& name : names_) {
    const std::string reference = reference_of_(name);
    if (times_.contains(reference)) {
      std::snprintf(line, sizeof line, "%-28s %10.2f %9.3f %9.3f  %s\n", name.c_str(),
                    least(name) * 1e6, median_ratio(times_[name], times_[reference]),
                    least(name) / least(reference), reference.c_str());
    } else {
      std::snprintf(line, sizeof line, "%-28s %10.2f\n", name.c_str(), least(name) * 1e6);
    }
    out << line;
  }
}

}  // namespace barker
