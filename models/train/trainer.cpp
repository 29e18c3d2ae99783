#include "models/train/trainer.h"

#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <random>
#include <unordered_map>

#include "models/evaluate/metrics.h"

namespace barker {
namespace {

// Searches as tensors: bags of the user and query side, one row a search; targets, one row an
// instance.
struct Batch {
  torch::Tensor history, history_offsets, query, query_offsets;  // int64
  torch::Tensor target, search;  // int64 [instances]: keyword row, row of the context
  torch::Tensor clicked;         // float [instances]
};

torch::Tensor tensor_of(const std::vector<int64_t>& values) {
  return torch::tensor(values, torch::kInt64);
}

Batch make_batch(const Instances& data, std::span<const uint32_t> searches, double history_dropout,
                 std::mt19937_64& random) {
  std::vector<int64_t> history, history_offsets, query, query_offsets, target, search;
  std::vector<float> clicked;
  const auto unknown_row =
      static_cast<int64_t>(data.keywords.size());  // a zero row behind the others
  const auto keep_below = static_cast<uint64_t>((1 - history_dropout) * 18446744073709549568.0);
  for (size_t s = 0; s < searches.size(); ++s) {
    history_offsets.push_back(static_cast<int64_t>(history.size()));
    for (const uint32_t keyword : data.history[searches[s]]) {
      if (history_dropout == 0 || random() < keep_below) history.push_back(keyword);
    }
    query_offsets.push_back(static_cast<int64_t>(query.size()));
    for (const uint32_t keyword : data.query[searches[s]]) query.push_back(keyword);
    for (const Target& t : data.targets[searches[s]]) {
      target.push_back(t.keyword == kUnknownKeyword ? unknown_row : t.keyword);
      search.push_back(static_cast<int64_t>(s));
      clicked.push_back(t.clicked);
    }
  }
  return {tensor_of(history),       tensor_of(history_offsets), tensor_of(query),
          tensor_of(query_offsets), tensor_of(target),          tensor_of(search),
          torch::tensor(clicked)};
}

// Eq. 4-8. Row `keywords` of the table is zero and stays so: unknown targets.
struct BaseNetwork : torch::nn::Module {
  BaseNetwork(int64_t keywords, const TrainOptions& options) : dropout_rate(options.dropout) {
    const auto dim = static_cast<int64_t>(options.dim);
    embedding = register_parameter("embedding", torch::randn({keywords + 1, dim}) * 0.05);
    int64_t in = 3 * dim;
    for (const uint32_t size : options.hidden) {
      layers.push_back(
          register_module("mlp" + std::to_string(layers.size()), torch::nn::Linear(in, size)));
      in = size;
    }
    head = register_module("head", torch::nn::Linear(in, 1));
    clear_unknown_row();
  }

  void clear_unknown_row() {
    const torch::NoGradGuard no_grad;
    embedding[embedding.size(0) - 1].zero_();
  }

  torch::Tensor pooled(const torch::Tensor& rows, const torch::Tensor& offsets) const {  // Eq. 4
    return std::get<0>(torch::embedding_bag(embedding, rows, offsets, false, /*mode=mean*/ 1));
  }

  torch::Tensor forward(const Batch& batch) {  // logits [instances]
    torch::Tensor context = torch::cat(
        {pooled(batch.history, batch.history_offsets), pooled(batch.query, batch.query_offsets)},
        1);
    torch::Tensor target = torch::embedding(embedding, batch.target);
    context = torch::dropout(context, dropout_rate, is_training());
    target = torch::dropout(target, dropout_rate, is_training());
    torch::Tensor h = torch::cat({context.index_select(0, batch.search), target}, 1);  // Eq. 5
    for (auto& layer : layers) h = torch::relu(layer->forward(h));                     // Eq. 6-7
    return head->forward(h).squeeze(1);                                                // Eq. 8
  }

  torch::Tensor embedding;
  std::vector<torch::nn::Linear> layers;
  torch::nn::Linear head{nullptr};
  double dropout_rate;
};

std::vector<float> values_of(const torch::Tensor& tensor) {
  const torch::Tensor flat = tensor.detach().contiguous().to(torch::kFloat32).view(-1);
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

// Sparse symmetric matrix, rows as lists.
struct SparseMatrix {
  std::vector<std::vector<std::pair<uint32_t, float>>> rows;

  torch::Tensor times(const torch::Tensor& dense) const {
    torch::Tensor out = torch::zeros({static_cast<int64_t>(rows.size()), dense.size(1)});
    const int64_t width = dense.size(1);
    const float* in = dense.data_ptr<float>();
    float* to = out.data_ptr<float>();
    for (size_t i = 0; i < rows.size(); ++i) {
      for (const auto& [j, value] : rows[i]) {
        for (int64_t d = 0; d < width; ++d)
          to[static_cast<int64_t>(i) * width + d] += value * in[int64_t{j} * width + d];
      }
    }
    return out;
  }
};

// Positive pointwise mutual information of two keywords standing in one list of at most kWindow
// keywords.
SparseMatrix ppmi(const Instances& data) {
  constexpr size_t kWindow = 30;
  const size_t n = data.keywords.size();
  std::unordered_map<uint64_t, float> pairs;
  std::vector<double> count(n, 0);
  double total = 0;
  const auto add = [&](std::span<const uint32_t> list) {
    list = list.first(std::min(kWindow, list.size()));
    for (const uint32_t a : list) {
      for (const uint32_t b : list) {
        if (a == b) continue;
        pairs[uint64_t{a} << 32 | b] += 1;
        count[a] += 1;
        total += 1;
      }
    }
  };
  for (size_t d = 0; d < data.documents.size(); ++d) add(data.documents[d]);
  std::vector<uint32_t> together;
  for (const uint32_t search : data.searches_of(Split::kTrain)) {
    const auto history = data.history[search];
    const auto query = data.query[search];
    together.assign(query.begin(), query.end());
    together.insert(together.end(), history.begin(),
                    history.begin() + static_cast<ptrdiff_t>(std::min<size_t>(10, history.size())));
    for (const Target& t : data.targets[search]) {
      if (t.clicked && t.keyword != kUnknownKeyword) together.push_back(t.keyword);
    }
    add(together);
  }
  SparseMatrix matrix;
  matrix.rows.resize(n);
  for (const auto& [pair, together_count] : pairs) {
    const auto a = static_cast<uint32_t>(pair >> 32), b = static_cast<uint32_t>(pair);
    const double mutual = std::log(together_count * total / (count[a] * count[b]));
    if (mutual > 0) matrix.rows[a].push_back({b, static_cast<float>(mutual)});
  }
  for (auto& row : matrix.rows)
    std::sort(row.begin(), row.end());  // the hash's order must not matter
  return matrix;
}

class Trainer {
 public:
  Trainer(const Instances& data, const TrainOptions& options)
      : data_(data), options_(options), random_(options.seed) {
    at::set_num_threads(options.threads);
    torch::manual_seed(options.seed);
    network_ = std::make_shared<BaseNetwork>(static_cast<int64_t>(data.keywords.size()), options);
    if (options.svd) {
      const torch::NoGradGuard no_grad;
      std::vector<float> start = svd_embeddings(data, options.dim, options.seed);
      const auto keywords = static_cast<int64_t>(data.keywords.size());
      network_->embedding.slice(0, 0, keywords)
          .copy_(torch::from_blob(start.data(), {keywords, static_cast<int64_t>(options.dim)}));
    }
  }

  Trained run(const std::function<void(const Epoch&)>& progress) {
    std::vector<torch::Tensor> dense;
    for (const auto& parameter : network_->named_parameters()) {
      if (parameter.key() != "embedding") dense.push_back(parameter.value());
    }
    torch::optim::Adam adam(
        {torch::optim::OptimizerParamGroup(
             dense, std::make_unique<torch::optim::AdamOptions>(options_.learning_rate)),
         torch::optim::OptimizerParamGroup({network_->embedding},
                                           std::make_unique<torch::optim::AdamOptions>(
                                               torch::optim::AdamOptions(options_.learning_rate)
                                                   .weight_decay(options_.embedding_l2)))},
        torch::optim::AdamOptions(options_.learning_rate));
    std::vector<torch::Tensor> best;
    double best_auc = -1;
    uint32_t without_gain = 0;
    for (uint32_t number = 1; number <= options_.max_epochs && without_gain < options_.patience;
         ++number) {
      const auto start = std::chrono::steady_clock::now();
      const double loss = run_epoch(adam);
      const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
      const double auc = auc_of(predict(Split::kValidation));
      const bool is_best = auc > best_auc;
      without_gain = is_best ? 0 : without_gain + 1;
      if (is_best) {
        best_auc = auc;
        best.clear();
        for (const torch::Tensor& p : network_->parameters()) best.push_back(p.detach().clone());
      }
      progress({number, loss, auc,
                static_cast<double>(data_.targets_of(Split::kTrain)) / seconds.count(), is_best});
    }
    {
      const torch::NoGradGuard no_grad;
      const std::vector<torch::Tensor> parameters = network_->parameters();
      for (size_t i = 0; i < best.size(); ++i) parameters[i].copy_(best[i]);
    }
    return {model(), predict(Split::kValidation), predict(Split::kTest)};
  }

 private:
  double run_epoch(torch::optim::Adam& adam) {
    network_->train();
    std::vector<uint32_t> searches = data_.searches_of(Split::kTrain);
    std::shuffle(searches.begin(), searches.end(), random_);
    double loss_sum = 0;
    uint64_t instances = 0;
    for (size_t begin = 0; begin < searches.size(); begin += options_.batch_searches) {
      const size_t count = std::min<size_t>(options_.batch_searches, searches.size() - begin);
      const Batch batch =
          make_batch(data_, {searches.data() + begin, count}, options_.history_dropout, random_);
      adam.zero_grad();
      // Eq. 9 with its minus sign.
      torch::Tensor loss =
          torch::binary_cross_entropy_with_logits(network_->forward(batch), batch.clicked);
      loss.backward();
      adam.step();
      network_->clear_unknown_row();
      loss_sum += loss.item<double>() * static_cast<double>(batch.clicked.numel());
      instances += static_cast<uint64_t>(batch.clicked.numel());
    }
    return loss_sum / static_cast<double>(instances);
  }

  std::vector<Prediction> predict(Split split) {
    const torch::NoGradGuard no_grad;
    network_->eval();
    std::vector<Prediction> out;
    const std::vector<uint32_t> searches = data_.searches_of(split);
    for (size_t begin = 0; begin < searches.size(); begin += 1024) {
      const std::span<const uint32_t> part(searches.data() + begin,
                                           std::min<size_t>(1024, searches.size() - begin));
      const std::vector<float> p =
          values_of(torch::sigmoid(network_->forward(make_batch(data_, part, 0, random_))));
      size_t i = 0;
      for (const uint32_t search : part) {
        for (const Target& t : data_.targets[search])
          out.push_back({data_.user[search], t.clicked, t.keyword, p[i++]});
      }
    }
    return out;
  }

  static double auc_of(const std::vector<Prediction>& predictions) {
    std::vector<float> scores;
    std::vector<uint8_t> clicked;
    for (const Prediction& p : predictions) {
      scores.push_back(p.probability);
      clicked.push_back(p.clicked);
    }
    return auc(scores, clicked);
  }

  ModelSpec model() {
    ModelSpec model;
    model.architecture.dim = options_.dim;
    model.architecture.groups = {{"hist", true, 200, 0}, {"query", true, 0, 0}};
    model.architecture.hidden = options_.hidden;
    model.names = data_.keywords;
    model.keyword_rows = static_cast<uint32_t>(data_.keywords.size());
    model.tensors["embedding"] =
        values_of(network_->embedding.slice(0, 0, network_->embedding.size(0) - 1));
    for (size_t i = 0; i < network_->layers.size(); ++i) {
      model.tensors["mlp." + std::to_string(i) + ".weight"] =
          values_of(network_->layers[i]->weight);
      model.tensors["mlp." + std::to_string(i) + ".bias"] = values_of(network_->layers[i]->bias);
    }
    model.tensors["head.main.weight"] = values_of(network_->head->weight);
    model.tensors["head.main.bias"] = values_of(network_->head->bias);
    add_golden(model);
    return model;
  }

  // The trainer's own outputs on real searches, and on one of a stranger: what every machine must
  // reproduce.
  void add_golden(ModelSpec& model) {
    const torch::NoGradGuard no_grad;
    network_->eval();
    const std::vector<uint32_t> searches = data_.searches_of(Split::kValidation);
    constexpr size_t kVectors = 16;
    for (size_t i = 0; i < std::min(kVectors, searches.size()); ++i) {
      const uint32_t search = searches[i * searches.size() / std::min(kVectors, searches.size())];
      Batch batch = make_batch(data_, {&search, 1}, 0, random_);
      GoldenSpec golden;
      golden.groups.resize(2);
      if (i > 0) {
        for (const uint32_t k : data_.history[search])
          golden.groups[0].fingerprints.push_back(fingerprint(data_.keywords[k]));
      } else {
        batch.history = torch::empty({0}, torch::kInt64);
      }
      for (const uint32_t k : data_.query[search])
        golden.groups[1].fingerprints.push_back(fingerprint(data_.keywords[k]));
      const std::vector<float> logits = values_of(network_->forward(batch));
      for (size_t t = 0; t < logits.size(); ++t) {
        const uint32_t keyword = data_.targets[search][t].keyword;
        if (keyword == kUnknownKeyword) continue;
        golden.candidates.push_back(fingerprint(data_.keywords[keyword]));
        golden.main_logits.push_back(logits[t]);
      }
      model.golden.push_back(std::move(golden));
    }
  }

  const Instances& data_;
  const TrainOptions& options_;
  std::mt19937_64 random_;
  std::shared_ptr<BaseNetwork> network_;
};

Status check_classes(const Instances& instances, Split split, const char* name) {
  uint64_t clicks = 0;
  for (const uint32_t search : instances.searches_of(split)) {
    for (const Target& target : instances.targets[search]) clicks += target.clicked;
  }
  const uint64_t all = instances.targets_of(split);
  if (all == 0) return bad_data(std::string("the ") + name + " split has no SF impressions");
  if (clicks == 0 || clicks == all) {
    return bad_data(std::string("the ") + name + " split has " + std::to_string(all) +
                    " SF impressions, all of them " + (clicks ? "clicked" : "not clicked") +
                    ": nothing to learn");
  }
  return {};
}

}  // namespace

// Randomised subspace iteration (Halko, Martinsson, Tropp 2011): the matrix is only ever
// multiplied.
std::vector<float> svd_embeddings(const Instances& instances, uint32_t dim, uint64_t seed) {
  const torch::NoGradGuard no_grad;
  torch::manual_seed(seed);
  const SparseMatrix matrix = ppmi(instances);
  const auto n = static_cast<int64_t>(matrix.rows.size());
  const int64_t width = std::min<int64_t>(n, dim + 8);
  torch::Tensor basis = torch::randn({n, width});
  for (int i = 0; i < 6; ++i) {
    basis = std::get<0>(torch::linalg_qr(matrix.times(basis))).contiguous();
  }
  const torch::Tensor projected = torch::matmul(basis.t(), matrix.times(basis));
  const auto [values, vectors] = torch::linalg_eigh((projected + projected.t()) / 2);
  const torch::Tensor order =
      torch::argsort(values.abs(), 0, true).slice(0, 0, std::min<int64_t>(dim, width));
  torch::Tensor embedding = torch::matmul(basis, vectors.index_select(1, order)) *
                            values.index_select(0, order).abs().sqrt();
  embedding = embedding * (0.3 / embedding.std().clamp_min(1e-12));
  torch::Tensor out = torch::zeros({n, static_cast<int64_t>(dim)});
  out.slice(1, 0, embedding.size(1)).copy_(embedding);
  return values_of(out);
}

Result<Trained> train_base_model(const Instances& instances, const TrainOptions& options,
                                 const std::function<void(const Epoch&)>& progress) {
  if (Status s = check_classes(instances, Split::kTrain, "training"); !s.ok()) return s;
  if (Status s = check_classes(instances, Split::kValidation, "validation"); !s.ok()) return s;
  return Trainer(instances, options).run(progress);
}

}  // namespace barker
