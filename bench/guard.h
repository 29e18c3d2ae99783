// Bounds on ratios of one run's figures, so that a regression is noticed on a quiet machine and on
// a busy one alike. guard.toml holds the bounds and says what its keys mean.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/results.h"
#include "models/base/result.h"

namespace barker {

struct Limit {
  std::string value, over;  // "BENCHMARK FIELD"; without `over` the value itself is limited
  bool has_low = false, has_high = false;
  double low = 0, high = 0;

  bool holds(double found) const {
    return (!has_low || found >= low) && (!has_high || found <= high);
  }
};

struct Bound {
  std::string what;
  Limit limit;
  std::string isa;  // the bound counts only where this is the machine's best; "": everywhere
  std::optional<Limit> when;  // the bound counts only where this limit holds
};

struct Finding {
  std::string what, bound;
  double value = 0;
  bool kept = false;
  std::string error;  // why there is no value; then the bound counts as broken
};

Result<std::vector<Bound>> read_bounds(const std::string& toml_text);

// `isa` is the machine's best instruction set and replaces "{isa}".
std::vector<Finding> check_bounds(const std::vector<Bound>& bounds, const BenchResults& results,
                                  const std::string& isa);

std::string to_table(const std::vector<Finding>& findings);
bool all_kept(const std::vector<Finding>& findings);

}  // namespace barker
