// Gradient boosted trees on dense numbers, by xgboost. Only gradient_boosting.cpp sees its headers.
//
// One thread learns, and every random choice comes from the seed, so that equal inputs give equal
// trees. Nothing is printed. Const calls: one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "models/base/result.h"

namespace barker {

// Rows behind each other: values.size() == rows() * columns, all finite. columns > 0.
struct FeatureMatrix {
  size_t columns = 0;
  std::vector<float> values;
  size_t rows() const { return values.size() / columns; }
};

struct BoostingOptions {
  uint32_t depth = 6;              // of a tree; > 0
  double rate = 0.08;              // by which each tree's answer is shrunk; in (0, 1]
  double least_weight = 20;        // sum of p (1 - p) that a leaf needs
  double rows_of_a_tree = 0.8;     // share of the rows that each tree sees, drawn anew; in (0, 1]
  uint32_t most_rounds = 400;      // trees at most; > 0
  uint32_t patience = 25;          // learning ends after this many trees without a better AUC; > 0
  uint32_t rounds_unjudged = 100;  // trees where the validation rows have no AUC
  uint64_t seed = 1;
};

class GradientBoosting {
 public:
  // Minimises the log loss of the training rows (labels 0 or 1, one a row) and keeps the trees up
  // to the one after which the AUC of the validation rows was best. Fails with bad_data if the
  // training rows are not of both classes; the validation rows may be missing.
  static Result<GradientBoosting> fit(const FeatureMatrix& rows, std::span<const uint8_t> labels,
                                      const FeatureMatrix& validation_rows,
                                      std::span<const uint8_t> validation_labels,
                                      const BoostingOptions& options);
  ~GradientBoosting();
  GradientBoosting(GradientBoosting&&) noexcept;
  GradientBoosting& operator=(GradientBoosting&&) noexcept;

  // The probability of label 1 for each row. The columns are those of training.
  Result<std::vector<float>> predict(const FeatureMatrix& rows) const;

  uint32_t rounds() const;        // trees that are kept
  double validation_auc() const;  // with them; NaN where it is not known

 private:
  GradientBoosting();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace barker
