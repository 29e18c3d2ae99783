#include "models/baselines/lstm_pso.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include "models/base/random.h"
#include "models/baselines/table4_competitor.h"
#include "models/baselines/table4_torch.h"
#include "models/evaluate/metrics.h"

namespace barker {
namespace {

constexpr int64_t kSteps = 30;          // keywords of a sequence
constexpr int64_t kHidden = 64;         // units of the perceptron
constexpr size_t kSearchesAtOnce = 64;  // in a step of training

// What the swarm finds, and where it looks.
struct LstmShape {
  int64_t layers = 1, units = 32;
  double learning_rate = 1e-3, dropout = 0;
  bool is_tanh = false;  // the perceptron's activation, otherwise ReLU

  static Box box(double most_units) {
    return {{1, std::log(16.0), std::log(1e-4), 0, 0},
            {3.999, std::log(most_units), std::log(1e-2), 0.5, 1}};
  }
  static LstmShape of(const std::vector<double>& point) {
    return {static_cast<int64_t>(point[0]), std::llround(std::exp(point[1])), std::exp(point[2]),
            point[3], point[4] < 0.5};
  }
};

// Some searches and their SFs as tensors. Row 0 of the table of vectors is that of no keyword.
struct LstmRows {
  torch::Tensor history;  // [searches, kSteps] rows of the table, the newest last
  torch::Tensor query;    // [searches, kVectorSize]
  torch::Tensor search;   // [SFs] which of the searches
  torch::Tensor keyword;  // [SFs] row of the table
  torch::Tensor inputs;   // [SFs, kTwelve]
};

class LstmNetwork : public torch::nn::Module {
 public:
  LstmNetwork(const LstmShape& shape, torch::Tensor table)
      : shape_(shape), table_(std::move(table)) {
    const auto vector = static_cast<int64_t>(kVectorSize), twelve = static_cast<int64_t>(kTwelve);
    lstm_ = register_module("lstm", torch::nn::LSTM(torch::nn::LSTMOptions(vector, shape.units)
                                                        .num_layers(shape.layers)
                                                        .batch_first(true)
                                                        .dropout(between_layers())));
    first_ =
        register_module("first", torch::nn::Linear(shape.units + 2 * vector + twelve, kHidden));
    last_ = register_module("last", torch::nn::Linear(kHidden, 1));
  }

  // The logits [SFs].
  torch::Tensor forward(const LstmRows& rows) {
    const auto [outputs, state] = lstm_->forward(vectors_of(rows.history));
    const torch::Tensor context = torch::cat({outputs.select(1, kSteps - 1), rows.query}, 1);
    const torch::Tensor x = torch::cat(
        {context.index_select(0, rows.search), vectors_of(rows.keyword), rows.inputs}, 1);
    const torch::Tensor before = first_->forward(x);
    const torch::Tensor hidden = shape_.is_tanh ? torch::tanh(before) : torch::relu(before);
    return last_->forward(torch::dropout(hidden, shape_.dropout, is_training())).squeeze(1);
  }

 private:
  double between_layers() const { return shape_.layers > 1 ? shape_.dropout : 0; }
  torch::Tensor vectors_of(const torch::Tensor& rows) const {
    std::vector<int64_t> sizes = rows.sizes().vec();
    sizes.push_back(static_cast<int64_t>(kVectorSize));
    return table_.index_select(0, rows.flatten()).view(sizes);
  }

  const LstmShape shape_;
  const torch::Tensor table_;  // [keywords + 1, kVectorSize], not learned
  torch::nn::LSTM lstm_ = nullptr;
  torch::nn::Linear first_ = nullptr, last_ = nullptr;
};

class LstmPso : public Table4Competitor {
 public:
  explicit LstmPso(const LstmPsoOptions& options)
      : Table4Competitor("lstm-pso", options.seed), options_(options) {}

 protected:
  // The vectors stay those of the window, because vectors of other counts have other axes.
  void read_window(int64_t /*border*/) override {
    table_ = torch::zeros({int64_t{data().keywords()} + 1, static_cast<int64_t>(kVectorSize)});
    for (uint32_t keyword = 0; keyword < data().keywords(); ++keyword) {
      const auto vector = inputs().vector(keyword);
      std::ranges::copy(vector, table_.data_ptr<float>() + (size_t{keyword} + 1) * kVectorSize);
    }
  }

  void learn(const LabelledSfs& lesson, const LabelledSfs& validation) override {
    const LabelledSfs few = thinned(lesson, options_.search_rows);
    const LabelledSfs few_judged = thinned(validation, options_.search_rows);
    const auto loss = [&](const std::vector<double>& point) {
      return -train(LstmShape::of(point), few, few_judged, options_.search_epochs);
    };
    const Box box = LstmShape::box(options_.most_units);
    const std::vector<double> found = particle_swarm(box, loss, options_.search, seed());
    train(LstmShape::of(found), lesson, validation, options_.most_epochs);
  }

  std::vector<float> probabilities(const ShownSfs& shown) const override {
    constexpr size_t kAtOnce = 1024;
    const torch::NoGradGuard no_grad;
    network_->eval();
    const std::vector<size_t> begins = begins_of(shown);
    const std::vector<uint32_t> order = in_order(shown);
    std::vector<float> out;
    for (size_t at = 0; at < order.size(); at += kAtOnce) {
      const auto which = std::span(order).subspan(at, std::min(kAtOnce, order.size() - at));
      const std::vector<float> p =
          vector_of(torch::sigmoid(network_->forward(rows_of(shown, begins, which))));
      out.insert(out.end(), p.begin(), p.end());
    }
    return out;
  }

 private:
  // Where the SFs of each search begin among the rows, and their end.
  std::vector<size_t> begins_of(const ShownSfs& shown) const {
    std::vector<size_t> begins = {0};
    for (const uint32_t s : shown.searches) {
      begins.push_back(begins.back() + data().search(s).sfs.size());
    }
    return begins;
  }

  static std::vector<uint32_t> in_order(const ShownSfs& shown) {
    std::vector<uint32_t> order(shown.searches.size());
    std::iota(order.begin(), order.end(), 0u);
    return order;
  }

  LstmRows rows_of(const ShownSfs& shown, const std::vector<size_t>& begins,
                   std::span<const uint32_t> which) const {
    std::vector<int64_t> history, search, keyword;
    std::vector<float> query, values;
    for (const uint32_t w : which) {
      const SearchView view = data().search(shown.searches[w]);
      const auto row = [](uint32_t k) { return k == kUnknownKeyword ? 0 : int64_t{k} + 1; };
      const auto last = view.history.last(std::min<size_t>(kSteps, view.history.size()));
      history.insert(history.end(), kSteps - last.size(), 0);
      for (const uint32_t k : last) history.push_back(row(k));
      std::vector<float> mean(kVectorSize);
      for (const uint32_t k : view.query) {
        const float* vector = table_.data_ptr<float>() + static_cast<size_t>(row(k)) * kVectorSize;
        for (size_t d = 0; d < kVectorSize; ++d) {
          mean[d] += vector[d] / static_cast<float>(view.query.size());
        }
      }
      query.insert(query.end(), mean.begin(), mean.end());
      for (size_t i = 0; i < view.sfs.size(); ++i) {
        search.push_back(static_cast<int64_t>(history.size()) / kSteps - 1);
        keyword.push_back(row(view.sfs[i]));
      }
      const float* rows = shown.rows.values.data();
      values.insert(values.end(), rows + begins[w] * kTwelve, rows + begins[w + 1] * kTwelve);
    }
    const auto searches = static_cast<int64_t>(which.size());
    return {torch::tensor(history, torch::kInt64).view({searches, kSteps}),
            torch::tensor(query).view({searches, static_cast<int64_t>(kVectorSize)}),
            torch::tensor(search, torch::kInt64), torch::tensor(keyword, torch::kInt64),
            torch::tensor(values).view(
                {static_cast<int64_t>(keyword.size()), static_cast<int64_t>(kTwelve)})};
  }

  // Returns the best AUC of the validation SFs, and keeps the network that had it.
  double train(const LstmShape& shape, const LabelledSfs& lesson, const LabelledSfs& validation,
               uint32_t epochs) {
    torch::manual_seed(seed());
    Random random(seed(), 1);
    network_ = std::make_shared<LstmNetwork>(shape, table_);
    torch::optim::Adam adam(network_->parameters(), torch::optim::AdamOptions(shape.learning_rate));
    const std::vector<size_t> begins = begins_of(lesson.shown);
    std::vector<uint32_t> order = in_order(lesson.shown);
    double best = -1;
    std::vector<torch::Tensor> kept;
    for (uint32_t epoch = 1, since = 0; epoch <= epochs && since < options_.patience; ++epoch) {
      for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
      run_epoch(lesson, begins, order, adam);
      const double found = auc(probabilities(validation.shown), validation.clicked);
      ++since;
      if (!(found > best)) continue;  // also where thinned rows are of one class
      best = found;
      since = 0;
      kept.clear();
      for (const torch::Tensor& p : network_->parameters()) kept.push_back(p.detach().clone());
    }
    const torch::NoGradGuard no_grad;
    for (size_t i = 0; i < kept.size(); ++i) network_->parameters()[i].copy_(kept[i]);
    return best;
  }

  void run_epoch(const LabelledSfs& lesson, const std::vector<size_t>& begins,
                 std::span<const uint32_t> order, torch::optim::Adam& adam) {
    network_->train();
    for (size_t at = 0; at < order.size(); at += kSearchesAtOnce) {
      const auto which = order.subspan(at, std::min(kSearchesAtOnce, order.size() - at));
      std::vector<uint8_t> clicked;
      for (const uint32_t w : which) {
        clicked.insert(clicked.end(), lesson.clicked.begin() + static_cast<ptrdiff_t>(begins[w]),
                       lesson.clicked.begin() + static_cast<ptrdiff_t>(begins[w + 1]));
      }
      adam.zero_grad();
      const torch::Tensor logits = network_->forward(rows_of(lesson.shown, begins, which));
      torch::binary_cross_entropy_with_logits(logits, tensor_of(clicked)).backward();
      adam.step();
    }
  }

  const LstmPsoOptions options_;
  torch::Tensor table_;
  std::shared_ptr<LstmNetwork> network_;
};

}  // namespace

std::unique_ptr<Baseline> make_lstm_pso(const LstmPsoOptions& options) {
  return std::make_unique<LstmPso>(options);
}

}  // namespace barker
