#include "models/baselines/im12cp_wqi.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "models/base/random.h"
#include "models/baselines/mars_torch.h"
#include "models/baselines/table4_competitor.h"
#include "models/baselines/table4_torch.h"
#include "models/evaluate/metrics.h"
#include "models/train/calibration.h"

namespace barker {
namespace {

// What a bat is: the number of models, a weight for each input, and a kernel for each model.
struct EnsembleShape {
  torch::Tensor weights;  // [kTwelve]
  std::vector<MarsKernel> kernels;

  static Box box(uint32_t most_models) {
    Box box{{1}, {most_models + 0.999}};
    box.low.resize(1 + kTwelve + most_models);
    box.high.resize(1 + kTwelve, 1);
    box.high.resize(1 + kTwelve + most_models, kMarsKernels - 0.001);
    return box;
  }
  static EnsembleShape of(const std::vector<double>& point) {
    EnsembleShape shape;
    shape.weights =
        torch::tensor(std::vector<float>(point.begin() + 1, point.begin() + 1 + kTwelve));
    for (size_t m = 0; m < static_cast<size_t>(point[0]); ++m) {
      shape.kernels.push_back(static_cast<MarsKernel>(static_cast<int>(point[1 + kTwelve + m])));
    }
    return shape;
  }
};

class Im12cpWqi : public Table4Competitor {
 public:
  explicit Im12cpWqi(const Im12cpWqiOptions& options)
      : Table4Competitor("im12cp-wqi", options.seed), options_(options) {}

 protected:
  void learn(const LabelledSfs& lesson, const LabelledSfs& validation) override {
    const torch::NoGradGuard no_grad;
    const LabelledSfs few = thinned(lesson, options_.search_rows);
    const LabelledSfs few_judged = thinned(validation, options_.search_rows);
    const torch::Tensor judged = tensor_of(few_judged.shown.rows);
    const auto loss = [&](const std::vector<double>& point) {
      fit(EnsembleShape::of(point), few);
      const double found = auc(vector_of(mean_of_models(judged)), few_judged.clicked);
      return std::isnan(found) ? 0 : -found;  // thinned rows may be of one class
    };
    const Box box = EnsembleShape::box(options_.most_models);
    fit(EnsembleShape::of(bat_algorithm(box, loss, options_.search, seed())),
        thinned(lesson, options_.most_rows));
    link_ = calibrate(vector_of(mean_of_models(tensor_of(validation.shown.rows))),
                      validation.clicked, {});
  }

  std::vector<float> probabilities(const ShownSfs& shown) const override {
    const torch::NoGradGuard no_grad;
    return vector_of(
        torch::sigmoid(mean_of_models(tensor_of(shown.rows)) * link_.scale + link_.offset));
  }

 private:
  void fit(const EnsembleShape& shape, const LabelledSfs& lesson) {
    weights_ = shape.weights;
    models_.clear();
    const torch::Tensor x = tensor_of(lesson.shown.rows) * weights_;
    // -1 and 1, so that an answer of 0 leans to neither.
    const torch::Tensor y = tensor_of(lesson.clicked) * 2 - 1;
    Random random(seed(), 2);
    for (const MarsKernel kernel : shape.kernels) {
      std::vector<int64_t> rows;
      for (int64_t i = 0; i < x.size(0); ++i) {
        rows.push_back(static_cast<int64_t>(random.below(static_cast<uint64_t>(x.size(0)))));
      }
      const torch::Tensor drawn = torch::tensor(rows, torch::kInt64);
      Mars::Options options;
      options.kernel = kernel;
      models_.push_back(Mars::fit(x.index_select(0, drawn), y.index_select(0, drawn), options));
    }
  }

  torch::Tensor mean_of_models(const torch::Tensor& rows) const {
    const torch::Tensor x = rows * weights_;
    torch::Tensor sum = torch::zeros({x.size(0)});
    for (const Mars& model : models_) sum += model.predict(x);
    return sum / static_cast<double>(models_.size());
  }

  const Im12cpWqiOptions options_;
  torch::Tensor weights_;
  std::vector<Mars> models_;
  Calibration link_;
};

}  // namespace

std::unique_ptr<Baseline> make_im12cp_wqi(const Im12cpWqiOptions& options) {
  return std::make_unique<Im12cpWqi>(options);
}

}  // namespace barker
