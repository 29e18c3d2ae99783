// DMP-DGBM of the paper's Table 4: gradient boosting whose decision trees are replaced by functions
// with parameters (Al-Janabi and Al-Janabi, Neural Computing and Applications 35, 2023, on the
// power of solar cells). From the source is that replacement; the rest is our reading, because its
// text is not public:
//
// The loss is the log loss (Friedman 2001). Each round draws four triples of inputs and fits, to
// the differences between click and probability, a linear function, a quadratic polynomial, eight
// radial basis functions and eight sigmoids in random directions, each by ridge regression. The
// best of the sixteen is added with a step by Newton's method, times .1. Rounds end where the log
// loss of the validation split does not fall any more. Differential evolution finds the width of
// the radial functions, the slope of the sigmoids and the ridge, on the same split.
#pragma once

#include <cstdint>
#include <memory>

#include "models/baselines/baseline.h"
#include "models/baselines/metaheuristics.h"

namespace barker {

struct DmpDgbmOptions {
  uint32_t most_rounds = 300;
  uint32_t patience = 25;  // rounds without a lower log loss until learning ends
  SearchBudget search = {8, 4};
  size_t search_rows = 4000;  // about so many rows are learned from and judged in the search
  uint32_t search_rounds = 60;
  uint64_t seed = 1;
};

std::unique_ptr<Baseline> make_dmp_dgbm(const DmpDgbmOptions& options = {});

}  // namespace barker
