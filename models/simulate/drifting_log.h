// The log of a drifting market (drifting_market.h): many days of random bars and pages, shown to
// shoppers that come and go. It is what recency weights and trends are measured on, because what
// clicks of long ago say of tomorrow is known there to be little. The true probabilities stand in
// the log. Equal options give equal bytes on every machine.
//
// Each shopper is there for `stay_days` days in a row, and the first of them is drawn so that as
// many shoppers are there on the first day as on the last. A search is one of a shopper drawn from
// those of its day, at an even pace over the day.
#pragma once

#include <cstdint>
#include <string>

#include "models/base/result.h"
#include "models/simulate/drifting_market.h"
#include "models/simulate/marketplace.h"

namespace barker {

struct DriftingLogOptions {
  uint64_t seed = 1;
  uint32_t ads = 4000;
  uint32_t users = 6000;
  uint32_t days = 60;
  uint32_t searches_per_day = 3000;
  uint32_t stay_days = 30;
  double fashion = 0.1;     // DriftOptions
  double constancy = 0.99;  // DriftOptions
};

// Writes an event log to `path`; - is standard output. Invalid_argument if there are too few ads or
// users for the market, or nobody is there on some day; the message says which.
Status write_drifting_log(const DriftingLogOptions& options, const std::string& path);

}  // namespace barker
