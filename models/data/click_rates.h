// Counts the click rates of a dataset's training split, as weight files have them
// (models/weights/click_rates.h). Pure function of the dataset.
#pragma once

#include "models/data/dataset.h"
#include "models/weights/click_rates.h"

namespace barker {

// keyword_rows: the keywords of the model, which are the dataset's first ones. A query whose bars
// of specific feature keywords (SFs) showed a keyword less than kLeastShown times has no rate of
// its own for it.
//
// kept: the share of the non-clicks that the log kept (1: all of them); rates are corrected by it.
ClickRateTable count_click_rates(const Dataset& data, uint32_t keyword_rows, double kept = 1);

inline constexpr uint32_t kLeastShown = 5;

}  // namespace barker
