// What it costs to serve in a lower precision. A weight file in fewer bits is compared with the one
// in float that it was made from, on the validation split and with the kernels that serve queries.
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

// bf16 and int8 keep their tables in fp16. They round the dense layers behind the first one.
TableElement tables_of(Precision precision);
ComputeSpec compute_of(Precision precision);

// How far a file of some precision may be from the original.
struct PrecisionLimits {
  double trainer;          // |P - trainer's P|; 1 means no limit
  double original;         // |P - original's P|; 1 means no limit
  double auc_loss;         // of the main task
  double changed_choices;  // share of SF bars whose best two change
};
PrecisionLimits limits_of(Precision precision);

struct PrecisionReport {
  uint64_t instances = 0, bars = 0;   // validation split, both tasks; SF bars
  double trainer_difference = 0;      // largest |P - trainer's P| of the golden vectors
  double probability_difference = 0;  // largest |P - original's P|, both tasks
  double probability_rms = 0;         // of P - original's P
  double original_auc = 0, auc = 0;   // main task; NaN if one class is missing
  double changed_choices = 0;         // share of bars
  double fast_logit_difference = 0;   // largest |logit - logit in float|, both tasks
};

// Errors name the file. trainer_difference is measured with the golden vectors of `rounded`.
Result<PrecisionReport> compare_precision(const std::string& original, const std::string& rounded,
                                          const KernelTable& kernels, const Dataset& data);

}  // namespace barker
