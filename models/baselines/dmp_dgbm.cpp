#include "models/baselines/dmp_dgbm.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "models/base/random.h"
#include "models/baselines/table4_competitor.h"
#include "models/baselines/table4_torch.h"
#include "models/train/ridge_torch.h"

namespace barker {
namespace {

constexpr int kTriples = 4, kUnits = 8;  // drawn in a round; radial functions or sigmoids
constexpr double kShrinkage = 0.1;

enum class Family { kLinear, kQuadratic, kRadial, kSigmoid };
constexpr Family kFamilies[] = {Family::kLinear, Family::kQuadratic, Family::kRadial,
                                Family::kSigmoid};

// What differential evolution finds, and where it looks.
struct BoostingShape {
  double width = 0.3, slope = 5, ridge = 1e-3;

  static Box box() {
    return {{std::log(0.05), std::log(0.5), std::log(1e-5)},
            {std::log(2.0), std::log(20.0), std::log(0.1)}};
  }
  static BoostingShape of(const std::vector<double>& point) {
    return {std::exp(point[0]), std::exp(point[1]), std::exp(point[2])};
  }
};

// One function of three inputs; its basis is linear in `weights`.
struct Function {
  Family family = Family::kLinear;
  torch::Tensor inputs;      // [3] columns
  torch::Tensor centres;     // [kUnits, 3] of radial functions and sigmoids
  torch::Tensor directions;  // [kUnits, 3] of sigmoids, of length 1
  torch::Tensor weights;     // [basis, 1]

  // x [rows, inputs] to [rows, basis].
  torch::Tensor basis(const torch::Tensor& x, const BoostingShape& shape) const {
    const torch::Tensor z = x.index_select(1, inputs);
    std::vector<torch::Tensor> columns = {torch::ones({z.size(0), 1})};
    switch (family) {
      case Family::kLinear:
        columns.push_back(z);
        break;
      case Family::kQuadratic:
        columns.push_back(z);
        columns.push_back(z * z);
        columns.push_back(z * z.roll(1, 1));
        break;
      case Family::kRadial: {
        // |z - c|^2 = |z|^2 - 2 z c + |c|^2
        const torch::Tensor squares = z.square().sum(1, true) - 2 * torch::mm(z, centres.t()) +
                                      centres.square().sum(1).unsqueeze(0);
        columns.push_back(torch::exp(squares / (-2 * shape.width * shape.width)));
        break;
      }
      case Family::kSigmoid: {
        const torch::Tensor at = (centres * directions).sum(1).unsqueeze(0);
        columns.push_back(torch::sigmoid((torch::mm(z, directions.t()) - at) * shape.slope));
        break;
      }
    }
    return torch::cat(columns, 1);
  }

  torch::Tensor values(const torch::Tensor& x, const BoostingShape& shape) const {
    return torch::mm(basis(x, shape), weights).squeeze(1);
  }
};

// What is learned from, or judged: inputs [rows, kTwelve] and clicks [rows].
struct BoostingRows {
  torch::Tensor x, y;
  explicit BoostingRows(const LabelledSfs& sfs)
      : x(tensor_of(sfs.shown.rows)), y(tensor_of(sfs.clicked)) {}
};

class Boosting {
 public:
  Boosting(const BoostingShape& shape, uint64_t seed) : shape_(shape), random_(seed, 1) {}

  // Returns the least log loss of the validation rows, and keeps the rounds up to it.
  double fit(const BoostingRows& rows, const BoostingRows& validation, uint32_t most_rounds,
             uint32_t patience) {
    base_ = base_logit(rows.y);
    torch::Tensor logits = torch::full_like(rows.y, base_);
    torch::Tensor judged = torch::full_like(validation.y, base_);
    double best = log_loss(judged, validation.y);
    size_t kept = 0;
    for (uint32_t round = 1; round <= most_rounds; ++round) {
      const torch::Tensor p = torch::sigmoid(logits);
      Function next = best_function(rows.x, rows.y - p);
      const torch::Tensor step = next.values(rows.x, shape_);
      // Newton's step for the log loss along the function.
      const double slope = (step * (rows.y - p)).sum().item<double>();
      const double curvature = (step.square() * p * (1 - p)).sum().item<double>();
      next.weights = next.weights * (kShrinkage * slope / std::max(curvature, 1e-9));
      logits += next.values(rows.x, shape_);
      judged += next.values(validation.x, shape_);
      functions_.push_back(std::move(next));
      const double found = log_loss(judged, validation.y);
      if (found < best) {
        best = found;
        kept = functions_.size();
      }
      if (functions_.size() - kept >= patience) break;
    }
    functions_.resize(kept);
    return best;
  }

  torch::Tensor probabilities(const torch::Tensor& x) const {
    torch::Tensor logits = torch::full({x.size(0)}, base_);
    for (const Function& f : functions_) logits += f.values(x, shape_);
    return torch::sigmoid(logits);
  }

 private:
  // The one that explains the residuals [rows] best, of every family for every triple.
  Function best_function(const torch::Tensor& x, const torch::Tensor& residuals) {
    Function best;
    double least = std::numeric_limits<double>::infinity();
    for (int triple = 0; triple < kTriples; ++triple) {
      Function f = draw(x);
      for (const Family family : kFamilies) {
        f.family = family;
        const torch::Tensor basis = f.basis(x, shape_);
        f.weights = ridge_fit(basis, residuals.unsqueeze(1), shape_.ridge);
        const torch::Tensor left = residuals - torch::mm(basis, f.weights).squeeze(1);
        const double error = left.square().sum().item<double>();
        if (error >= least) continue;
        least = error;
        best = f;
      }
    }
    return best;
  }

  // Three different inputs, rows of x as centres, and directions.
  Function draw(const torch::Tensor& x) {
    std::vector<int64_t> inputs;
    while (inputs.size() < 3) {
      const auto input = static_cast<int64_t>(random_.below(kTwelve));
      if (std::ranges::find(inputs, input) == inputs.end()) inputs.push_back(input);
    }
    std::vector<int64_t> rows;
    std::vector<float> directions;
    for (int unit = 0; unit < kUnits; ++unit) {
      rows.push_back(static_cast<int64_t>(random_.below(static_cast<uint64_t>(x.size(0)))));
      for (int i = 0; i < 3; ++i) directions.push_back(static_cast<float>(random_.normal()));
    }
    Function f;
    f.inputs = torch::tensor(inputs, torch::kInt64);
    f.centres = x.index_select(0, torch::tensor(rows, torch::kInt64)).index_select(1, f.inputs);
    f.directions = torch::tensor(directions).view({kUnits, 3});
    f.directions = f.directions / f.directions.norm(2, 1, true);
    return f;
  }

  BoostingShape shape_;
  Random random_;
  double base_ = 0;
  std::vector<Function> functions_;
};

class DmpDgbm : public Table4Competitor {
 public:
  explicit DmpDgbm(const DmpDgbmOptions& options)
      : Table4Competitor("dmp-dgbm", options.seed), options_(options) {}

 protected:
  void learn(const LabelledSfs& lesson, const LabelledSfs& validation) override {
    const torch::NoGradGuard no_grad;
    const BoostingRows few(thinned(lesson, options_.search_rows));
    const BoostingRows few_judged(thinned(validation, options_.search_rows));
    const auto loss = [&](const std::vector<double>& point) {
      return Boosting(BoostingShape::of(point), seed())
          .fit(few, few_judged, options_.search_rounds, options_.patience);
    };
    const BoostingShape shape = BoostingShape::of(
        differential_evolution(BoostingShape::box(), loss, options_.search, seed()));
    boosting_.emplace(shape, seed());
    boosting_->fit(BoostingRows(lesson), BoostingRows(validation), options_.most_rounds,
                   options_.patience);
  }

  std::vector<float> probabilities(const ShownSfs& shown) const override {
    const torch::NoGradGuard no_grad;
    return vector_of(boosting_->probabilities(tensor_of(shown.rows)));
  }

 private:
  const DmpDgbmOptions options_;
  std::optional<Boosting> boosting_;
};

}  // namespace

std::unique_ptr<Baseline> make_dmp_dgbm(const DmpDgbmOptions& options) {
  return std::make_unique<DmpDgbm>(options);
}

}  // namespace barker
