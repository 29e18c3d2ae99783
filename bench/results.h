// What Google Benchmark wrote with --benchmark_out, of one or several programs.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "models/base/result.h"

namespace barker {

// The best run of every benchmark: noise only ever takes time. Fields are time_ns (real time of an
// iteration, the least) and the counters (the largest; of "*_bytes", "*_us" and "*_different" the
// least).
class BenchResults {
 public:
  // Adds a file's; the error names the file. Names lose "/min_time:..." and the like.
  Status add(const std::string& path);

  // A field of a benchmark; an error names what there is none of.
  Result<double> get(const std::string& benchmark, const std::string& field) const;
  bool has(const std::string& benchmark) const { return runs_.contains(benchmark); }
  std::vector<std::string> names() const;

 private:
  std::map<std::string, std::map<std::string, double>> runs_;
};

}  // namespace barker
