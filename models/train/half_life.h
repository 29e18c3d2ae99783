// Half-lives of options: "30d", "12h", "45m", "90s", or a number without a unit, which counts in
// the unit of the log's own clock. "" is none. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <string>

#include "models/base/result.h"
#include "models/data/dataset.h"
#include "models/train/options.h"

namespace barker {

// Whether the option's text is a half-life.
Status check_half_life_text(const char* option, const std::string& text);

// How many units of the clock that shows `time` it is; 0 for "". Fails where it has a unit and the
// clock does not show seconds or milliseconds since 1970.
Result<double> half_life_on_clock(const char* option, const std::string& text, int64_t time);

// Whether the half-lives of the options say something of the dataset: its training split must have
// more than one time. The trend is fitted on the validation split, which must then be later.
Status check_half_lives(const Dataset& data, const TrainOptions& options);

// A line for people where recency weights are used and the validation split is not later than the
// training split, otherwise "". Training works then, but what ends it and calibrates it does not
// tell what the weights are for.
std::string recency_warning(const Dataset& data, const TrainOptions& options);

inline constexpr char kRecencyHalfLife[] = "train.recency_half_life";
inline constexpr char kTrendHalfLife[] = "freeze.trend_half_life";

}  // namespace barker
