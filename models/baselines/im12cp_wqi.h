// IM12CP-WQI of the paper's Table 4: several regression splines whose inputs a bat algorithm weighs
// (Al-Janabi and Al-Barmani, Soft Computing 27, 2023, on the quality of water from twelve
// concentrations). From the source are the bats, which find the number of models and the weights of
// the twelve inputs, and the splines (MARS) with linear, radial, sigmoid and polynomial kernels.
// Our reading:
//
// A bat is the number of models, the weights of the inputs and the kernel of each model. Each model
// is fitted to the clicks of rows drawn with replacement (mars_torch.h), their answers are
// averaged, and scale and offset of a logistic link are fitted on the validation split. The bats
// hunt by the AUC of that split.
#pragma once

#include <cstdint>
#include <memory>

#include "models/baselines/baseline.h"
#include "models/baselines/metaheuristics.h"

namespace barker {

struct Im12cpWqiOptions {
  SearchBudget search = {20, 40};
  uint32_t most_models = 8;
  size_t search_rows = 1000;  // about so many rows are learned from and judged in the search
  size_t most_rows = 50'000;  // of each model at last
  uint64_t seed = 1;
};

std::unique_ptr<Baseline> make_im12cp_wqi(const Im12cpWqiOptions& options = {});

}  // namespace barker
