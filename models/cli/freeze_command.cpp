// freeze: a trained weight file in other numbers, if they cost no more than they may.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>

#include "models/base/exit_code.h"
#include "models/cli/commands.h"
#include "models/data/dataset.h"
#include "models/evaluate/precision.h"
#include "models/weights/weight_file.h"
#include "models/weights/weights_generated.h"
#include "scoring/isa.h"

namespace barker {
namespace {

// The bound that screening relies on is the largest difference that was met times this: traffic has
// more queries than the validation split.
constexpr double kSafetyFactor = 2;

struct Options {
  std::string weights, data, out, precision = "fp16";
  bool screen = false;
};

int fail(const Status& status) {
  std::cerr << "barker-train freeze: " << status.message() << "\n";
  return exit_code(status);
}

// Removes a file at the end, unless it has become another's.
struct TemporaryFile {
  std::string path;
  ~TemporaryFile() {
    std::error_code error;
    std::filesystem::remove(path, error);
  }
};

// One line of the table; whether it is within its limit. A NaN is not. A limit of 1 asks nothing.
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

int run(const Options& o) {
  const Result<Precision> precision = parse_precision(o.precision);
  if (!precision.ok()) return fail(precision.status());
  const bool rounds_compute = compute_of(*precision) != ComputeSpec::kF32;
  if (o.screen && !rounds_compute) {
    return fail(invalid_argument("--screen: expected --precision bf16 or int8"));
  }
  const KernelTable& kernels = kernels_for(supported_isas().back());
  if ((*precision == Precision::kBf16 && !kernels.has_bf16) ||
      (*precision == Precision::kInt8 && !kernels.has_int8)) {
    return fail(Status(Code::kUnsupported, "--precision " + o.precision +
                                               ": this machine cannot compute in it, so nobody "
                                               "can say here what it costs"));
  }
  const Result<std::shared_ptr<const WeightFile>> original = WeightFile::open(o.weights);
  if (!original.ok()) return fail(original.status());
  const fbs::Architecture& a = (*original)->architecture();
  if (a.tables() != fbs::DType_F32 || a.compute() != fbs::Compute_F32) {
    return fail(invalid_argument(o.weights + ": expected a file in fp32, found one that is rounded "
                                             "already"));
  }
  BadLines bad;
  const Result<std::shared_ptr<const Dataset>> data = open_dataset_or_log(o.data, o.out, {}, bad);
  if (!data.ok()) return fail(data.status());
  std::cerr << bad.report(o.data);
  if ((*data)->instances_of(Split::kValidation, Task::kMain) == 0) {
    return fail(bad_data(o.data + ": the validation split has no SF impressions to judge by"));
  }

  ModelSpec model = read_model(**original);
  model.architecture.tables = tables_of(*precision);
  model.architecture.compute = compute_of(*precision);
  model.architecture.screen = o.screen;
  if (rounds_compute) model.architecture.compute_bound = kMaxComputeBound;  // until it is measured
  if (*precision != Precision::kFp32) model.golden_tolerance = kMaxGoldenTolerance;
  const TemporaryFile draft{o.out + ".draft." + std::to_string(getpid())};
  if (Status s = write_weight_file(model, draft.path); !s.ok()) return fail(s);
  const Result<PrecisionReport> report = compare_precision(o.weights, draft.path, kernels, **data);
  if (!report.ok()) return fail(report.status());
  if (!print(*report, limits_of(*precision))) {
    std::cerr << "barker-train freeze: " << o.precision << " costs too much; " << o.out
              << " is not written\n";
    return kExitGateFailed;
  }

  auto& notes = model.card.notes;
  notes.emplace_back("precision", o.precision);
  notes.emplace_back("frozen from", o.weights);
  if (rounds_compute) {
    const double bound = std::max(report->fast_logit_difference, 1e-6) * kSafetyFactor;
    if (bound > kMaxComputeBound) {
      return fail(bad_data("logits in " + o.precision + " are up to " +
                           std::to_string(report->fast_logit_difference) +
                           " from those in float: no bound of use"));
    }
    model.architecture.compute_bound = static_cast<float>(bound);
    char text[160];
    std::snprintf(text, sizeof text,
                  "%.6f = %g times the largest |logit - logit in float| of %llu validation "
                  "instances on %s",
                  bound, kSafetyFactor, static_cast<unsigned long long>(report->instances),
                  std::string(isa_name(kernels.isa)).c_str());
    notes.emplace_back("compute bound", text);
    std::printf("bound   %s\n", text);
  }
  if (Status s = write_weight_file(model, o.out); !s.ok()) return fail(s);
  std::printf("%s: %llu -> %llu bytes\n", o.out.c_str(),
              static_cast<unsigned long long>(std::filesystem::file_size(o.weights)),
              static_cast<unsigned long long>(std::filesystem::file_size(o.out)));
  return kExitOk;
}

}  // namespace

Command add_freeze_command(CLI::App& app) {
  const auto o = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "freeze",
      "Write WEIGHTS in other numbers: smaller, faster. Exit 1 where that costs too much accuracy");
  command->add_option("weights", o->weights, "Weight file in fp32, as train writes it")->required();
  command
      ->add_option("--data,--events", o->data, "Event log or dataset whose validation split judges")
      ->required();
  command->add_option("--out", o->out, "Weight file to write")->required();
  command->add_option("--precision", o->precision,
                      "fp32, fp16 (tables), bf16 or int8 (and the layers behind the first)");
  command->add_flag("--screen", o->screen,
                    "Serve by screening: score all in bf16 or int8, then again in fp32 what could "
                    "be chosen, so that the answer is fp32's");
  return [o] { return run(*o); };
}

}  // namespace barker
