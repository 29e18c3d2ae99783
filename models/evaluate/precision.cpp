#include "models/evaluate/precision.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "models/evaluate/instances.h"
#include "models/evaluate/metrics.h"
#include "models/evaluate/score.h"
#include "scoring/golden.h"

namespace barker {
namespace {

struct Judged {
  std::vector<float> main, aux;  // calibrated probabilities
  double fast_logit_difference = 0;
  double trainer_difference = 0;
};

// The probabilities of a file on the validation split, and how exact its kernels are.
Result<Judged> judge_file(const std::string& path, const KernelTable& kernels,
                          const Dataset& data) {
  Result<std::shared_ptr<const WeightFile>> file = WeightFile::open(path);
  if (!file.ok()) return file.status();
  const PackedNetwork packed(Network::bind(**file), kernels, FastNumbers::kWhereTheyExist);
  const Network& n = packed.network();
  const Result<GoldenReport> golden = run_golden_vectors(**file, packed);
  if (!golden.ok()) return Status(golden.status().code(), path + ": " + golden.status().message());
  Judged out;
  out.trainer_difference = golden->largest_probability_difference;
  out.fast_logit_difference = golden->largest_fast_difference;
  const auto score = [&](Task task, float scale, float offset, std::vector<float>& to) -> Status {
    Result<std::vector<float>> fast =
        score_logits(**file, packed, data, Split::kValidation, task, Exactness::kFast);
    if (!fast.ok()) return fast.status();
    const Result<std::vector<float>> exact =
        score_logits(**file, packed, data, Split::kValidation, task, Exactness::kExact);
    if (!exact.ok()) return exact.status();
    for (size_t i = 0; i < fast->size(); ++i) {
      if (std::isnan((*exact)[i])) continue;
      out.fast_logit_difference =
          std::max(out.fast_logit_difference, std::abs(double{(*fast)[i]} - (*exact)[i]));
    }
    kernels.sigmoid(fast->data(), fast->size(), scale, offset, fast->data());
    to = std::move(*fast);
    return {};
  };
  if (Status s = score(Task::kMain, n.main_scale, n.main_offset, out.main); !s.ok()) return s;
  if (n.has_auxiliary) {
    if (Status s = score(Task::kAuxiliary, n.aux_scale, n.aux_offset, out.aux); !s.ok()) return s;
  }
  return out;
}

// The largest difference and the root of the mean square, over both tasks. NaN stands for an
// unknown keyword. Both files know the same keywords, so a NaN in only one of them is a difference
// without bound.
void compare(const Judged& before, const Judged& after, PrecisionReport& report) {
  double squares = 0;
  uint64_t count = 0;
  const auto add = [&](const std::vector<float>& a, const std::vector<float>& b) {
    for (size_t i = 0; i < a.size(); ++i) {
      if (std::isnan(a[i]) && std::isnan(b[i])) continue;
      const double d = std::abs(double{a[i]} - b[i]);
      const double difference = std::isnan(d) ? INFINITY : d;
      report.probability_difference = std::max(report.probability_difference, difference);
      squares += difference * difference;
      ++count;
    }
  };
  add(before.main, after.main);
  add(before.aux, after.aux);
  if (count > 0) report.probability_rms = std::sqrt(squares / static_cast<double>(count));
}

// The two best SFs of a bar. Of equal ones, the first in the bar is better.
std::array<size_t, 2> best_two(const std::vector<float>& p, size_t begin, size_t end) {
  std::array<size_t, 2> best = {end, end};
  for (size_t i = begin; i < end; ++i) {
    if (std::isnan(p[i])) continue;
    if (best[0] == end || p[i] > p[best[0]]) {
      best = {i, best[0]};
    } else if (best[1] == end || p[i] > p[best[1]]) {
      best[1] = i;
    }
  }
  return best;
}

// The share of SF bars whose best two SFs differ from the original's by more than a tie.
double changed_choices(const InstanceTable& table, const std::vector<float>& original,
                       const std::vector<float>& rounded, uint64_t& bars) {
  constexpr double kTie = 1e-3;
  uint64_t changed = 0;
  for (size_t begin = 0, end = 0; begin < table.size(); begin = end) {
    while (end < table.size() && table.search[end] == table.search[begin]) ++end;
    const auto was = best_two(original, begin, end), is = best_two(rounded, begin, end);
    bool differs = false;
    for (size_t k = 0; k < was.size(); ++k) {
      if (was[k] < end && is[k] < end) {
        differs |= std::abs(double{original[was[k]]} - original[is[k]]) > kTie;
      }
    }
    changed += differs;
    ++bars;
  }
  return bars == 0 ? 0 : static_cast<double>(changed) / static_cast<double>(bars);
}

double auc_of_known(const std::vector<float>& p, const std::vector<uint8_t>& clicked) {
  std::vector<float> scores;
  std::vector<uint8_t> labels;
  for (size_t i = 0; i < p.size(); ++i) {
    if (std::isnan(p[i])) continue;
    scores.push_back(p[i]);
    labels.push_back(clicked[i]);
  }
  return auc(scores, labels);
}

}  // namespace

Result<Precision> parse_precision(const std::string& name) {
  if (name == "fp32") return Precision::kFp32;
  if (name == "fp16") return Precision::kFp16;
  if (name == "bf16") return Precision::kBf16;
  if (name == "int8") return Precision::kInt8;
  return invalid_argument("precision: expected fp32, fp16, bf16 or int8, found \"" + name + "\"");
}

TableElement tables_of(Precision precision) {
  return precision == Precision::kFp32 ? TableElement::kF32 : TableElement::kF16;
}

ComputeSpec compute_of(Precision precision) {
  switch (precision) {
    case Precision::kBf16:
      return ComputeSpec::kBf16;
    case Precision::kInt8:
      return ComputeSpec::kInt8;
    default:
      return ComputeSpec::kF32;
  }
}

PrecisionLimits limits_of(Precision precision) {
  switch (precision) {
    case Precision::kFp32:
      return {1e-6, 1e-6, 0.0005, 0.005};
    case Precision::kFp16:
      return {2e-4, 1, 0.0005, 0.005};
    case Precision::kBf16:
      return {1, 1, 0.0005, 0.005};
    case Precision::kInt8:
      return {1, 1, 0.0005, 0.015};
  }
  return {};
}

Result<PrecisionReport> compare_precision(const std::string& original, const std::string& rounded,
                                          const KernelTable& kernels, const Dataset& data) {
  const Result<Judged> before = judge_file(original, kernels, data);
  if (!before.ok()) return before.status();
  const Result<Judged> after = judge_file(rounded, kernels, data);
  if (!after.ok()) return after.status();
  const InstanceTable table = instances_of(data, Split::kValidation, Task::kMain);
  PrecisionReport report;
  report.instances = before->main.size() + before->aux.size();
  report.trainer_difference = after->trainer_difference;
  compare(*before, *after, report);
  report.original_auc = auc_of_known(before->main, table.clicked);
  report.auc = auc_of_known(after->main, table.clicked);
  report.changed_choices = changed_choices(table, before->main, after->main, report.bars);
  report.fast_logit_difference = after->fast_logit_difference;
  return report;
}

}  // namespace barker
