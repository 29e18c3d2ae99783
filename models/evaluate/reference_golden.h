// Golden vectors whose logits come from the reference and not from a trainer, for models that were
// changed after their training. The reference computes in double and shares no code with the
// kernels that serve (scoring/forward.h). Any thread.
#pragma once

#include "models/base/result.h"
#include "models/weights/weight_file.h"
#include "models/weights/writer.h"

namespace barker {

// Fills in the main and auxiliary logits of every vector, by the weights of `file`. bad_data where
// a fingerprint has no row there.
Status fill_in_golden(const WeightFile& file, std::vector<GoldenSpec>& golden);

}  // namespace barker
