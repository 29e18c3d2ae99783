// The scores of titles by a weight file's auxiliary network alone, for no user and no query, by the
// kernels that serve. Any thread.
#pragma once

#include <string>
#include <vector>

#include "models/base/result.h"
#include "models/weights/weight_file.h"
#include "scoring/kernels.h"

namespace barker {

// The calibrated auxiliary logit of each title, whose keywords are composed with the file's own
// phrases; words without a row say nothing. invalid_argument where the model has no auxiliary task,
// bad_data where a logit is not finite.
Result<std::vector<double>> score_titles(const WeightFile& file, const KernelTable& kernels,
                                         const std::vector<std::string>& titles);

}  // namespace barker
