// Ratios of benchmarks whose repetitions were interleaved.
//
// A machine's speed drifts while benchmarks run. Where one case after the other is measured, the
// drift looks like a difference between the cases. Google Benchmark can interleave the repetitions
// of all cases; this reporter divides each repetition's time by that of the same repetition of a
// reference case, and prints the median of these ratios beside the least times.
#pragma once

#include <benchmark/benchmark.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace barker {

// Seconds of each repetition of a case, by its index.
using RepetitionTimes = std::map<int64_t, double>;

// The median of time / reference over the repetitions that both have; NaN where there is none.
double median_ratio(const RepetitionTimes& times, const RepetitionTimes& reference);

// Prints one line for each case after all have run. `reference_of` names the case that a case is
// compared with; a case without a reference that ran gets its time alone.
class PairedReporter : public benchmark::BenchmarkReporter {
 public:
  explicit PairedReporter(std::function<std::string(const std::string& name)> reference_of)
      : reference_of_(std::move(reference_of)) {}

  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override;
  void Finalize() override;

 private:
  std::function<std::string(const std::string&)> reference_of_;
  std::vector<std::string> names_;  // in the order in which they ended
  std::map<std::string, RepetitionTimes> times_;
};

}  // namespace barker
