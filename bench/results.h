// The figures that one or several programs wrote with --benchmark_out of Google Benchmark.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "models/base/result.h"

namespace barker {

// The best run of every benchmark, because noise can only slow a run down. Fields are time_ns (the
// least real time of an iteration) and the counters (the largest value, but the least of "*_bytes",
// "*_us" and "*_different").
class BenchResults {
 public:
  // Adds the figures of a file; an error names it. "/min_time:..." and the like are cut off names.
  Status add(const std::string& path);

  // Returns a field of a benchmark; an error names the benchmark or field that is missing.
  Result<double> get(const std::string& benchmark, const std::string& field) const;
  bool has(const std::string& benchmark) const { return runs_.contains(benchmark); }
  std::vector<std::string> names() const;

 private:
  std::map<std::string, std::map<std::string, double>> runs_;
};

}  // namespace barker
