#include "models/baselines/rf_ffgm.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <vector>

#include "models/baselines/frequent_subgraphs.h"
#include "models/baselines/table4_competitor.h"
#include "models/baselines/table4_torch.h"

namespace barker {
namespace {

// What the regression learns from: the incidence matrix by rows, one behind the other, and the
// inputs.
struct Rows {
  torch::Tensor columns;  // of all rows
  torch::Tensor offsets;  // [rows] where each begins among them
  torch::Tensor inputs;   // [rows, kTwelve]
};

struct Regression {
  torch::Tensor of_subgraph;  // [subgraphs or 1, 1]
  torch::Tensor of_input;     // [kTwelve]
  torch::Tensor offset;       // [1]

  torch::Tensor logits(const Rows& rows) const {
    const torch::Tensor sums =
        std::get<0>(torch::embedding_bag(of_subgraph, rows.columns, rows.offsets));
    return sums.squeeze(1) + torch::mv(rows.inputs, of_input) + offset;
  }
};

class RfFfgm : public Table4Competitor {
 public:
  explicit RfFfgm(const RfFfgmOptions& options)
      : Table4Competitor("rf-ffgm", 1), options_(options) {}

 protected:
  void read_window(int64_t border) override {
    subgraphs_.emplace(data(), border, options_.support);
  }

  void learn(const LabelledSfs& lesson, const LabelledSfs& validation) override {
    const Rows rows = rows_of(lesson.shown), judged = rows_of(validation.shown);
    const torch::Tensor clicked = tensor_of(lesson.clicked), known = tensor_of(validation.clicked);
    double least = std::numeric_limits<double>::infinity();
    for (const double penalty : {1e-2, 1e-3, 1e-4, 1e-5}) {
      const Regression found = fit(rows, clicked, penalty);
      const double loss = log_loss(found.logits(judged), known);
      if (!(loss < least)) continue;
      least = loss;
      regression_ = found;
    }
  }

  std::vector<float> probabilities(const ShownSfs& shown) const override {
    return vector_of(torch::sigmoid(regression_.logits(rows_of(shown))));
  }

 private:
  Rows rows_of(const ShownSfs& shown) const {
    std::vector<int64_t> columns, offsets;
    for (const uint32_t s : shown.searches) {
      const SearchView search = data().search(s);
      for (const uint32_t v : search.sfs) {
        offsets.push_back(static_cast<int64_t>(columns.size()));
        const std::vector<int64_t> of_sf = subgraphs_->in(search, v);
        columns.insert(columns.end(), of_sf.begin(), of_sf.end());
      }
    }
    return {torch::tensor(columns, torch::kInt64), torch::tensor(offsets, torch::kInt64),
            tensor_of(shown.rows)};
  }

  // Minimises the mean log loss and penalty / 2 times the squared weights, by L-BFGS.
  Regression fit(const Rows& rows, const torch::Tensor& clicked, double penalty) const {
    const auto learned = torch::TensorOptions().requires_grad(true);
    const auto subgraphs = static_cast<int64_t>(subgraphs_->size());
    Regression out{torch::zeros({std::max<int64_t>(1, subgraphs), 1}, learned),
                   torch::zeros({static_cast<int64_t>(kTwelve)}, learned),
                   torch::zeros({1}, learned)};
    torch::optim::LBFGS lbfgs({out.of_subgraph, out.of_input, out.offset},
                              torch::optim::LBFGSOptions(1)
                                  .max_iter(options_.most_iterations)
                                  .line_search_fn("strong_wolfe"));
    lbfgs.step([&] {
      lbfgs.zero_grad();
      const torch::Tensor squares = out.of_subgraph.square().sum() + out.of_input.square().sum();
      const torch::Tensor loss =
          torch::binary_cross_entropy_with_logits(out.logits(rows), clicked) +
          squares * (penalty / 2);
      loss.backward();
      return loss;
    });
    return {out.of_subgraph.detach(), out.of_input.detach(), out.offset.detach()};
  }

  const RfFfgmOptions options_;
  std::optional<FrequentSubgraphs> subgraphs_;
  Regression regression_;
};

}  // namespace

std::unique_ptr<Baseline> make_rf_ffgm(const RfFfgmOptions& options) {
  return std::make_unique<RfFfgm>(options);
}

}  // namespace barker
