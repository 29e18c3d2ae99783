#include "models/baselines/gradient_boosting.h"

#include <xgboost/c_api.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "models/baselines/statistics.h"
#include "models/evaluate/metrics.h"
#include "models/evaluate/number_format.h"

namespace barker {
namespace {

// Of xgboost's calls, which return 0 if all went well.
Status check(int code) {
  if (code == 0) return {};
  return io_error(std::string("xgboost: ") + XGBGetLastError());
}

// A matrix of xgboost, which copies the rows.
class Matrix {
 public:
  Matrix() = default;
  ~Matrix() {
    if (handle_) XGDMatrixFree(handle_);
  }
  Matrix(const Matrix&) = delete;
  Matrix& operator=(const Matrix&) = delete;

  Status fill(const FeatureMatrix& rows) {
    return check(XGDMatrixCreateFromMat_omp(rows.values.data(), rows.rows(), rows.columns,
                                            std::numeric_limits<float>::quiet_NaN(), &handle_, 1));
  }
  Status label(std::span<const uint8_t> labels) {
    const std::vector<float> floats(labels.begin(), labels.end());
    return check(XGDMatrixSetFloatInfo(handle_, "label", floats.data(), floats.size()));
  }
  DMatrixHandle handle() const { return handle_; }

 private:
  DMatrixHandle handle_ = nullptr;
};

using Parameters = std::vector<std::pair<std::string, std::string>>;

Parameters parameters_of(const BoostingOptions& options, double base_rate) {
  return {{"verbosity", "0"},
          {"nthread", "1"},
          {"objective", "binary:logistic"},
          {"tree_method", "hist"},
          {"disable_default_eval_metric", "1"},
          {"base_score", number_text(base_rate, 9)},
          {"max_depth", std::to_string(options.depth)},
          {"eta", number_text(options.rate, 9)},
          {"min_child_weight", number_text(options.least_weight, 9)},
          {"subsample", number_text(options.rows_of_a_tree, 9)},
          {"seed", std::to_string(options.seed)}};
}

}  // namespace

struct GradientBoosting::Impl {
  BoosterHandle booster = nullptr;
  size_t columns = 0;
  uint32_t rounds = 0;
  double auc = NAN;

  Impl() = default;
  ~Impl() {
    if (booster) XGBoosterFree(booster);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  // With the first `end` trees; all if it is 0.
  Result<std::vector<float>> predict(const Matrix& matrix, uint32_t end) const {
    const std::string config =
        R"({"type": 0, "training": false, "strict_shape": false, "iteration_begin": 0, )"
        R"("iteration_end": )" +
        std::to_string(end) + "}";
    const bst_ulong* shape = nullptr;
    bst_ulong dimensions = 0;
    const float* values = nullptr;
    const int code = XGBoosterPredictFromDMatrix(booster, matrix.handle(), config.c_str(), &shape,
                                                 &dimensions, &values);
    if (Status s = check(code); !s.ok()) return s;
    size_t count = 1;
    for (bst_ulong i = 0; i < dimensions; ++i) count *= shape[i];
    return std::vector<float>(values, values + count);
  }

  Status create(const Matrix& rows, const Matrix* validation, const Parameters& parameters) {
    std::vector<DMatrixHandle> known = {rows.handle()};  // whose predictions are kept up to date
    if (validation) known.push_back(validation->handle());
    if (Status s = check(XGBoosterCreate(known.data(), known.size(), &booster)); !s.ok()) return s;
    for (const auto& [name, value] : parameters) {
      const int code = XGBoosterSetParam(booster, name.c_str(), value.c_str());
      if (Status s = check(code); !s.ok()) return s;
    }
    return {};
  }

  // Adds trees; `validation` is null where it has no AUC.
  Status learn(const Matrix& rows, const Matrix* validation, std::span<const uint8_t> labels,
               const BoostingOptions& options) {
    const uint32_t most = validation ? options.most_rounds : options.rounds_unjudged;
    for (uint32_t round = 1; round <= most; ++round) {
      const int code = XGBoosterUpdateOneIter(booster, static_cast<int>(round - 1), rows.handle());
      if (Status s = check(code); !s.ok()) return s;
      if (!validation) {
        rounds = round;
        continue;
      }
      const Result<std::vector<float>> p = predict(*validation, 0);
      if (!p.ok()) return p.status();
      const double found = barker::auc(*p, labels);
      if (rounds == 0 || found > auc) {
        rounds = round;
        auc = found;
      }
      if (round - rounds >= options.patience) break;
    }
    return {};
  }
};

GradientBoosting::GradientBoosting() : impl_(std::make_unique<Impl>()) {}
GradientBoosting::~GradientBoosting() = default;
GradientBoosting::GradientBoosting(GradientBoosting&&) noexcept = default;
GradientBoosting& GradientBoosting::operator=(GradientBoosting&&) noexcept = default;

Result<GradientBoosting> GradientBoosting::fit(const FeatureMatrix& rows,
                                               std::span<const uint8_t> labels,
                                               const FeatureMatrix& validation_rows,
                                               std::span<const uint8_t> validation_labels,
                                               const BoostingOptions& options) {
  if (Status s = check_both_classes(labels); !s.ok()) return s;
  const bool is_judged = check_both_classes(validation_labels).ok();
  Matrix learned, judged;
  if (Status s = learned.fill(rows); !s.ok()) return s;
  if (Status s = learned.label(labels); !s.ok()) return s;
  if (is_judged) {
    if (Status s = judged.fill(validation_rows); !s.ok()) return s;
  }
  const auto clicked = static_cast<double>(std::ranges::count(labels, 1));
  const double base_rate = clicked / static_cast<double>(labels.size());
  GradientBoosting out;
  out.impl_->columns = rows.columns;
  Status s =
      out.impl_->create(learned, is_judged ? &judged : nullptr, parameters_of(options, base_rate));
  if (!s.ok()) return s;
  s = out.impl_->learn(learned, is_judged ? &judged : nullptr, validation_labels, options);
  if (!s.ok()) return s;
  return out;
}

Result<std::vector<float>> GradientBoosting::predict(const FeatureMatrix& rows) const {
  if (rows.columns != impl_->columns) {
    return invalid_argument("boosted-trees: expected " + std::to_string(impl_->columns) +
                            " columns, found " + std::to_string(rows.columns));
  }
  if (rows.values.empty()) return std::vector<float>();
  Matrix matrix;
  if (Status s = matrix.fill(rows); !s.ok()) return s;
  return impl_->predict(matrix, impl_->rounds);
}

uint32_t GradientBoosting::rounds() const { return impl_->rounds; }
double GradientBoosting::validation_auc() const { return impl_->auc; }

}  // namespace barker
