// The weight file's own acceptance test: its golden vectors through live kernels.
#pragma once

#include <cstddef>

#include "models/result.h"
#include "models/weight_file.h"
#include "scoring/kernels.h"

namespace barker {

struct GoldenReport {
  size_t vectors = 0;
  size_t logits = 0;
  double largest_difference = 0;  // |logit - trainer's logit|
};

// Every golden vector of the file through these kernels. Fails where a fingerprint is unknown or a
// logit is further than the file's tolerance from the trainer's; the error names vector, output,
// expected, found.
Result<GoldenReport> run_golden_vectors(const WeightFile& file, const KernelTable& kernels);

}  // namespace barker
