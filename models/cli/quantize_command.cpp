// quantize: writes a trained weight file in smaller numbers, if that costs little accuracy.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>

#include "models/base/exit_code.h"
#include "models/base/number_text.h"
#include "models/base/output_paths.h"
#include "models/cli/commands.h"
#include "models/cli/shared_options.h"
#include "models/cli/weight_draft.h"
#include "models/command/options.h"
#include "models/data/dataset.h"
#include "models/evaluate/instances.h"
#include "models/evaluate/precision.h"
#include "models/text/text.h"
#include "models/weights/weight_file.h"
#include "scoring/isa.h"

namespace barker {
namespace {

// The bound that screening relies on is the largest difference that was met, times this factor,
// because traffic has more queries than the validation split.
constexpr double kSafetyFactor = 2;

struct QuantizeFlags {
  std::string weights, out, precision = "fp16";
  std::vector<std::string> data;
  bool screen = false;
  DatasetOptions dataset;
};

// Prints one line of the table and returns whether the value is within its limit. A NaN is not. The
// limit 1 means that there is none.
bool line(const char* what, double value, double limit) {
  if (limit == 1) {
    std::printf("        %-34s %.3g\n", what, value);
    return true;
  }
  const bool passed = value <= limit;
  std::printf("%-7s %-34s %.3g  (at most %.3g)\n", passed ? "ok" : "REFUSED", what, value, limit);
  return passed;
}

bool print(const PrecisionReport& r, const PrecisionLimits& limits) {
  std::printf("validation: %llu instances, %llu SF bars; AUC %.5f -> %.5f\n",
              static_cast<unsigned long long>(r.instances), static_cast<unsigned long long>(r.bars),
              r.original_auc, r.auc);
  bool passed = line("golden vectors: |P - trainer's P|", r.trainer_difference, limits.trainer);
  passed &= line("largest |P - P of the original|", r.probability_difference, limits.original);
  line("root mean square of it", r.probability_rms, 1);
  passed &= line("AUC loss", r.original_auc - r.auc, limits.auc_loss);
  passed &= line("share of bars with other best two", r.changed_choices, limits.changed_choices);
  return passed;
}

// Whether these numbers can be asked for, and measured on this machine.
Status check_precision(const QuantizeFlags& o, Precision precision, const KernelTable& kernels) {
  if (o.screen && compute_of(precision) == ComputeSpec::kF32) {
    return invalid_argument("--screen: expected --precision bf16 or int8");
  }
  if ((precision == Precision::kBf16 && !kernels.has_bf16) ||
      (precision == Precision::kInt8 && !kernels.has_int8)) {
    return {Code::kUnsupported, "--precision " + o.precision +
                                    ": this machine cannot compute in these numbers, so it cannot "
                                    "measure what they cost"};
  }
  return {};
}

// Without clicks, or with nothing else, the split has no AUC, which says nothing of the numbers.
Status check_validation(const QuantizeFlags& o, const Dataset& data) {
  const std::string split = log_name(o.data) + ": the validation split has ";
  const InstanceTable table = instances_of(data, Split::kValidation, Task::kMain);
  if (table.size() == 0) return bad_data(split + "no SF impressions to judge by");
  const auto clicks = std::ranges::count_if(table.clicked, [](uint8_t c) { return c != 0; });
  const bool is_none = clicks == 0;
  if (!is_none && static_cast<size_t>(clicks) < table.size()) return {};
  return bad_data(split + std::to_string(table.size()) + " SF impressions, all of them " +
                  (is_none ? "not clicked" : "clicked") + ", which have no AUC to judge by");
}

// Writes what was measured into the model: where its numbers come from, and the bound of screening.
Status record(const QuantizeFlags& o, const PrecisionReport& report, const KernelTable& kernels,
              ModelSpec& model) {
  auto& notes = model.card.notes;
  notes.emplace_back("precision", o.precision);
  notes.emplace_back("quantized from", o.weights);
  if (model.architecture.compute == ComputeSpec::kF32) return {};
  const double bound = std::max(report.fast_logit_difference, 1e-6) * kSafetyFactor;
  if (bound > kMaxComputeBound) {
    return bad_data("logits in " + o.precision + " are up to " +
                    number_text(report.fast_logit_difference, 6) +
                    " from those in float, so no bound is useful");
  }
  model.architecture.compute_bound = static_cast<float>(bound);
  const std::string text = number_text(bound, 6) + " = " + number_text(kSafetyFactor) +
                           " times the largest |logit - logit in float| of " +
                           std::to_string(report.instances) + " validation instances on " +
                           std::string(isa_name(kernels.isa));
  notes.emplace_back("compute bound", text);
  std::printf("bound   %s\n", text.c_str());
  return {};
}

Result<int> run(const QuantizeFlags& o) {
  const Result<Precision> precision = parse_precision(o.precision);
  if (!precision.ok()) return precision.status();
  std::vector<InputPath> inputs = input_paths("--data", o.data);
  inputs.push_back({"--weights", o.weights});
  if (Status s = check_outputs(inputs, {{"--out", o.out}}); !s.ok()) {
    return s;
  }
  const KernelTable& kernels = kernels_for(supported_isas().back());
  if (Status s = check_precision(o, *precision, kernels); !s.ok()) return s;
  const Result<std::shared_ptr<const WeightFile>> original = WeightFile::open(o.weights);
  if (!original.ok()) return original.status();
  if (Status s = check_full_precision(**original, "quantize the file that `train` wrote");
      !s.ok()) {
    return s;
  }
  BadLines bad;
  const Result<std::shared_ptr<const Dataset>> data = open_data(o.data, o.out, o.dataset, bad);
  if (!data.ok()) return data.status();
  if (Status s = check_validation(o, **data); !s.ok()) return s;

  ModelSpec model = read_model(**original);
  model.architecture.tables = tables_of(*precision);
  model.architecture.compute = compute_of(*precision);
  model.architecture.screen = o.screen;
  if (model.architecture.compute != ComputeSpec::kF32) {
    model.architecture.compute_bound = kMaxComputeBound;  // until it is measured
  }
  if (*precision != Precision::kFp32) model.golden_tolerance = kMaxGoldenTolerance;
  WeightDraft draft(o.out);
  if (Status s = draft.write(model); !s.ok()) return s;
  const Result<PrecisionReport> report =
      compare_precision(o.weights, draft.path(), kernels, **data);
  if (!report.ok()) return report.status();
  if (!print(*report, limits_of(*precision))) {
    std::cerr << "barker-train quantize: " << o.precision << " costs too much; " << visible(o.out)
              << " is not written\n";
    return kExitGateFailed;
  }

  if (Status s = record(o, *report, kernels, model); !s.ok()) return s;
  if (Status s = draft.write(model); !s.ok()) return s;
  if (Status s = draft.publish(); !s.ok()) return s;
  std::printf("%s: %llu -> %llu bytes\n", visible(o.out).c_str(),
              static_cast<unsigned long long>(std::filesystem::file_size(o.weights)),
              static_cast<unsigned long long>(std::filesystem::file_size(o.out)));
  return kExitOk;
}

}  // namespace

Command add_quantize_command(CLI::App& app) {
  const auto o = std::make_shared<QuantizeFlags>();
  CLI::App* command = add_subcommand(
      app, "quantize",
      "Write a weight file in smaller numbers; exit 1 if that costs too much accuracy");
  command->alias("freeze");
  command->add_option("weights,--weights", o->weights, "Weight file in fp32, as `train` writes it")
      ->required()
      ->type_name(kFile);
  add_data_option(*command, o->data, "its validation split measures the cost");
  add_log_options(*command, o->dataset);
  one_of(command->add_option("--precision", o->precision,
                             "fp16 rounds the tables; bf16 and int8 also the layers behind the "
                             "first"),
         {"fp32", "fp16", "bf16", "int8"})
      ->group(kModel);
  command
      ->add_flag("--screen", o->screen,
                 "Serve by screening: score all in bf16 or int8, then again in fp32 what could be "
                 "chosen, so that the answer is that of fp32")
      ->group(kModel);
  add_out_option(*command, "--out", o->out, "Weight file to write");
  return [o] { return run(*o); };
}

}  // namespace barker
