// What rounding costs: a weight file in other numbers against the one in float that it was made
// from, on the validation split, through the serving kernels.
#pragma once

#include <cstdint>
#include <string>

#include "models/base/result.h"
#include "models/data/dataset.h"
#include "models/weights/writer.h"
#include "scoring/kernels.h"

namespace barker {

enum class Precision { kFp32, kFp16, kBf16, kInt8 };

Result<Precision> parse_precision(const std::string& name);  // "fp32", "fp16", "bf16", "int8"

// bf16 and int8 keep their tables in fp16: what they round is the layers behind the first.
TableElement tables_of(Precision precision);
ComputeSpec compute_of(Precision precision);

// How far the file in `precision` may be from the original.
struct PrecisionLimits {
  double trainer;          // |P - trainer's P|; 1: not asked
  double original;         // |P - original's P|; 1: not asked
  double auc_loss;         // of the main task
  double changed_choices;  // share of SF bars whose best two change
};
PrecisionLimits limits_of(Precision precision);

struct PrecisionReport {
  uint64_t instances = 0, bars = 0;   // validation split, both tasks; SF bars
  double trainer_difference = 0;      // largest |P - trainer's P| of the golden vectors
  double probability_difference = 0;  // largest |P - original's P|, both tasks
  double probability_rms = 0;         // of P - original's P
  double original_auc = 0, auc = 0;   // main task; NaN: one class is missing
  double changed_choices = 0;         // share of bars
  double fast_logit_difference = 0;   // largest |logit - logit in float|, both tasks
};

// Errors name the file. The golden vectors are run as they stand in `rounded`.
Result<PrecisionReport> compare_precision(const std::string& original, const std::string& rounded,
                                          const KernelTable& kernels, const Dataset& data);

}  // namespace barker
