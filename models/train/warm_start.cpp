#include <algorithm>
#include <memory>
#include <string_view>
#include <unordered_set>

#include "models/train/ridge_torch.h"
#include "models/train/warm_start_torch.h"
#include "models/weights/add_keywords.h"
#include "models/weights/weight_file.h"
#include "models/weights/weights_generated.h"
#include "models/weights/writer.h"

namespace barker {
namespace {

// Rows of the training's table, and where each comes from.
struct Match {
  std::vector<int64_t> row, source;  // of what the file has
  std::vector<int64_t> begun;        // keywords that it does not have
};

Match match_rows(const Vocabulary& vocabulary, const Dataset& data, const ModelPlan& plan) {
  Match match;
  for (uint32_t row = 0; row < plan.first_bucket(); ++row) {
    const bool is_keyword = row < plan.keywords;
    const std::string_view name =
        is_keyword ? data.keyword(row) : data.feature(row - plan.keywords);
    const uint32_t source = vocabulary.find(fingerprint(name));
    if (source != kUnknownRow) {
      match.row.push_back(row);
      match.source.push_back(source);
    } else if (is_keyword) {
      match.begun.push_back(row);
    }
  }
  return match;
}

torch::Tensor tensor_of(const std::vector<float>& values, int64_t columns) {
  return torch::tensor(values).view({-1, columns});
}

void take_rows(const ModelSpec& file, const Match& match, const ModelPlan& plan,
               TrainState& state) {
  const int64_t dim = state.table.size(1);
  const torch::Tensor rows = torch::tensor(match.row, torch::kInt64);
  const torch::Tensor embedding = tensor_of(file.tensors.at("embedding"), dim);
  const torch::Tensor taken = embedding.index_select(0, torch::tensor(match.source, torch::kInt64));
  if (!match.begun.empty() && !match.row.empty()) {
    const torch::Tensor known = rows.masked_select(rows < static_cast<int64_t>(plan.keywords));
    if (known.size(0) > 0) {
      std::vector<float> weights;
      for (int64_t i = 0; i < known.size(0); ++i) {
        const auto row = static_cast<uint32_t>(match.source[static_cast<size_t>(i)]);
        weights.push_back(weight_of_row(file.click_rates.evidence, row));
      }
      const torch::Tensor root = torch::tensor(weights).sqrt().unsqueeze(1);
      const torch::Tensor map = ridge_fit(state.table.index_select(0, known) * root,
                                          taken.slice(0, 0, known.size(0)) * root);
      const torch::Tensor begun = torch::tensor(match.begun, torch::kInt64);
      state.table.index_copy_(0, begun, torch::mm(state.table.index_select(0, begun), map));
    }
  }
  state.table.index_copy_(0, rows, taken);
}

// Buckets of hashed users, where both have the same number of them.
void take_buckets(const ModelSpec& file, const ModelPlan& plan, TrainState& state) {
  uint32_t buckets = 0;
  for (const GroupSpec& group : file.architecture.groups) buckets += group.hash_buckets;
  if (buckets == 0 || buckets != plan.buckets) return;
  const torch::Tensor embedding = tensor_of(file.tensors.at("embedding"), state.table.size(1));
  state.table.slice(0, plan.first_bucket(), plan.unknown_row())
      .copy_(embedding.slice(0, static_cast<int64_t>(file.names.size())));
}

Status check_groups(const std::string& path, const ModelSpec& file, const ModelPlan& plan) {
  const auto text = [](const auto& groups) {
    std::string out;
    for (const auto& group : groups) out += (out.empty() ? "" : ", ") + group.name;
    return out;
  };
  const std::string theirs = text(file.architecture.groups), ours = text(plan.groups);
  if (theirs == ours) return {};
  return invalid_argument(path + ": has the groups " + theirs + ", and this model has " + ours);
}

}  // namespace

Result<WarmStart> warm_start(const std::string& weights, const Dataset& data, const ModelPlan& plan,
                             const TrainOptions& options, TorchNetwork& network,
                             TrainState& state) {
  const torch::NoGradGuard no_grad;
  const Result<std::shared_ptr<const WeightFile>> opened = WeightFile::open(weights);
  if (!opened.ok()) return opened.status();
  const ModelSpec file = read_model(**opened);
  if (Status s = check_groups(weights, file, plan); !s.ok()) return s;
  if (file.architecture.dim != static_cast<uint32_t>(state.table.size(1))) {
    return invalid_argument(weights + ": has embeddings of " +
                            std::to_string(file.architecture.dim) + " numbers, and this model of " +
                            std::to_string(state.table.size(1)));
  }
  WarmStart out;
  for (const Parameter& p : network.parameters()) {
    const auto found = file.tensors.find(p.name);
    if (found == file.tensors.end()) {
      ++out.layers_begun;
      continue;
    }
    if (found->second.size() != static_cast<size_t>(p.value.numel())) {
      return invalid_argument(weights + ": tensor " + p.name + " has " +
                              std::to_string(found->second.size()) + " values, and this model's " +
                              std::to_string(p.value.numel()));
    }
    p.value.copy_(torch::tensor(found->second).view(p.value.sizes()));
    ++out.layers_taken;
  }
  const Match match = match_rows((*opened)->vocabulary(), data, plan);
  // The co-occurrences of the log take their time, and only new keywords need them.
  TrainOptions start = options;
  if (match.begun.empty()) start.init = Initialisation::kNoise;
  initialise_table(data, plan, start, state);
  out.rows_taken = static_cast<uint32_t>(match.row.size());
  out.rows_begun = plan.first_bucket() - out.rows_taken;
  take_rows(file, match, plan, state);
  take_buckets(file, plan, state);
  // A file holds b_v = w . Em(v) of each row and not w, which follows from them. Where a trend of
  // keywords (keyword_trend.h) was added to b_v, no w gives all of them: this one takes over what
  // the embeddings can tell of the trend, and the rest is left to the next trend.
  const auto bias = file.tensors.find("dot.target.bias");
  for (const Parameter& p : network.parameters()) {
    if (p.name != "dot.target.popularity" || bias == file.tensors.end()) continue;
    const auto names = static_cast<int64_t>(file.names.size());
    const torch::Tensor rows =
        tensor_of(file.tensors.at("embedding"), state.table.size(1)).slice(0, 0, names);
    p.value.copy_(ridge_fit(rows, tensor_of(bias->second, 1)).view(-1));
    --out.layers_begun;
    ++out.layers_taken;
  }
  return out;
}

Result<uint32_t> keep_keywords(const std::string& weights, const TorchNetwork& network,
                               ModelSpec& model) {
  const Result<std::shared_ptr<const WeightFile>> opened = WeightFile::open(weights);
  if (!opened.ok()) return opened.status();
  const ModelSpec file = read_model(**opened);
  const std::unordered_set<std::string_view> there(model.names.begin(), model.names.end());
  const auto dim = static_cast<std::ptrdiff_t>(file.architecture.dim);
  const std::vector<float>& embedding = file.tensors.at("embedding");
  NewKeywords kept;
  for (uint32_t row = 0; row < file.keyword_rows; ++row) {
    if (there.contains(file.names[row])) continue;
    kept.names.push_back(file.names[row]);
    const auto from = embedding.begin() + row * dim;
    kept.rows.insert(kept.rows.end(), from, from + dim);
    if (file.click_rates.evidence.empty()) continue;
    kept.prior.push_back(file.click_rates.prior[row]);
    kept.evidence.push_back(file.click_rates.evidence[row]);
  }
  const auto count = static_cast<uint32_t>(kept.names.size());
  if (count == 0) return count;
  kept.dot_target_bias.assign(count, 0);
  // b_v = w . Em(v), as of all rows. A trend that the file added to b_v is left out: it is one of a
  // time that is over, and this log says nothing of how these keywords moved since.
  if (model.architecture.dot_dim > 0) {
    const torch::NoGradGuard no_grad;
    const torch::Tensor bias =
        torch::mv(tensor_of(kept.rows, dim), network.at("dot.target.popularity")).contiguous();
    std::copy_n(bias.data_ptr<float>(), count, kept.dot_target_bias.begin());
  }
  if (Status s = add_keywords(kept, model); !s.ok()) return s;
  if (model.phrases && file.phrases) {
    const std::unordered_set<std::string_view> names(kept.names.begin(), kept.names.end());
    for (const std::string& phrase : *file.phrases) {
      if (names.contains(phrase)) model.phrases->push_back(phrase);
    }
    std::ranges::sort(*model.phrases);
  }
  return count;
}

}  // namespace barker
