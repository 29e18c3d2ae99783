// Bounds on ratios of one run's figures, so that a regression cannot land unnoticed whatever the
// machine's mood. guard.toml holds them and says what the keys mean.
#pragma once

#include <string>
#include <vector>

#include "bench/results.h"
#include "models/base/result.h"

namespace barker {

struct Bound {
  std::string what;
  std::string value, over;  // "BENCHMARK FIELD"; `over` may be empty: the value itself
  std::string isa;          // only where this is the machine's best; empty: everywhere
  bool has_low = false, has_high = false;
  double low = 0, high = 0;
};

struct Finding {
  std::string what, bound;
  double value = 0;
  bool kept = false;
  std::string error;  // why there is no value: a bound that cannot be looked at is not kept
};

Result<std::vector<Bound>> read_bounds(const std::string& toml_text);

// isa: the machine's best, put in for "{isa}".
std::vector<Finding> check_bounds(const std::vector<Bound>& bounds, const BenchResults& results,
                                  const std::string& isa);

std::string to_table(const std::vector<Finding>& findings);
bool all_kept(const std::vector<Finding>& findings);

}  // namespace barker
