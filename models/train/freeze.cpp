#include <algorithm>
#include <cmath>

#include "models/data/click_rates.h"
#include "models/data/period.h"
#include "models/evaluate/metrics.h"
#include "models/train/calibration.h"
#include "models/train/freeze_torch.h"
#include "models/train/half_life.h"
#include "models/train/judge_torch.h"

namespace barker {
namespace {

std::vector<float> values_of(const torch::Tensor& tensor) {
  const torch::Tensor flat = tensor.detach().contiguous().view(-1);
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

// What is trained and not served. The bias of a target is served instead of its popularity.
bool is_of_training(const std::string& parameter) {
  static constexpr const char* kNames[] = {"dot.target.popularity", "position", "examination",
                                           "points.offset"};
  return std::ranges::find(kNames, parameter) != std::end(kNames);
}

// The rows that are served. Buckets that no user of the training split falls into still hold their
// random start values. They become zero, so that an unknown user gets no random vector. Calibration
// and golden vectors are computed from these rows, too.
torch::Tensor served_rows(const Dataset& data, const ModelPlan& plan, const TrainOptions& options,
                          const torch::Tensor& table) {
  torch::Tensor rows = table.detach().clone();
  if (plan.buckets == 0) return rows;
  std::vector<bool> trained(plan.buckets);
  for (const Task task : {Task::kMain, Task::kAuxiliary}) {
    if (task == Task::kAuxiliary && !options.model.auxiliary()) continue;
    for (const uint32_t search : data.searches_of(Split::kTrain, task)) {
      const std::string_view user = data.user(data.search(search).user);
      trained[bucket_of(user_id_fingerprint(user), plan.buckets)] = true;
    }
  }
  for (uint32_t b = 0; b < plan.buckets; ++b) {
    if (!trained[b]) rows[plan.first_bucket() + b].zero_();
  }
  return rows;
}

class Freezer {
 public:
  Freezer(const Dataset& data, const ModelPlan& plan, const TrainOptions& options,
          const TorchNetwork& network, const torch::Tensor& table)
      : data_(data),
        plan_(plan),
        options_(options),
        network_(network),
        table_(served_rows(data, plan, options, table)),
        batches_(data, plan, options),
        weights_(InstanceWeights::of_calibration(data, options)) {}

  const KeywordTrend& trend() const { return trend_; }

  ModelSpec run() {
    describe();
    add_tensors(plan_, network_, table_, model_);
    add_trend();
    add_calibration();
    model_.click_rates = count_click_rates(data_, plan_.keywords, options_.main_negatives_kept);
    add_golden();
    return std::move(model_);
  }

 private:
  void describe() {
    describe_network(plan_, options_.model, model_);
    for (uint32_t k = 0; k < plan_.keywords; ++k) model_.names.emplace_back(data_.keyword(k));
    for (uint32_t f = 0; f < plan_.features; ++f) model_.names.emplace_back(data_.feature(f));
    model_.phrases.emplace();
    for (uint32_t p = 0; p < data_.phrases(); ++p) model_.phrases->emplace_back(data_.phrase(p));
    model_.card.data_digest = data_.digest();
  }

  // What of the training split's clicks the network does not expect, by keyword.
  std::vector<float> recent_residuals() {
    constexpr size_t kSearches = 1 << 16;  // of one part: their logits are held in memory
    const auto all = data_.searches_of(Split::kTrain, Task::kMain);
    const int64_t newest = period_of(data_, all)->last;  // train() has checked it all
    TrendCounts counts(plan_.keywords,
                       *half_life_on_clock(kTrendHalfLife, options_.trend_half_life, newest),
                       newest);
    std::vector<uint32_t> part;
    const auto add_part = [&] {
      const std::vector<float> logits =
          predict_logits(network_, table_, batches_, Task::kMain, part);
      size_t at = 0;
      std::vector<float> weights;
      for (const uint32_t s : part) {
        const SearchView search = data_.search(s);
        weights.clear();
        if (weights_.are_used()) weights_.append(search, Task::kMain, weights);
        counts.add(search, std::span(logits).subspan(at, search.sfs.size()), weights);
        at += search.sfs.size();
      }
      part.clear();
    };
    for (const uint32_t s : all) {
      if (counts.is_forgotten(data_.search(s).time)) continue;
      part.push_back(s);
      if (part.size() == kSearches) add_part();
    }
    if (!part.empty()) add_part();
    return counts.residuals();
  }

  // As the file will give them, so with the trend once it is found.
  std::vector<float>& validation_logits(Task task) {
    std::vector<float>& logits = validation_logits_[static_cast<size_t>(task)];
    if (logits.empty()) {
      logits = predict_logits(network_, table_, batches_, task,
                              data_.searches_of(Split::kValidation, task));
    }
    return logits;
  }

  void add_trend() {
    if (options_.trend_half_life.empty()) return;
    trend_.was_sought = true;
    const std::vector<float> residuals = recent_residuals();
    std::vector<float> weights;
    std::vector<uint32_t> keywords;
    std::vector<uint8_t> clicked;
    for (const uint32_t s : data_.searches_of(Split::kValidation, Task::kMain)) {
      const SearchView view = data_.search(s);
      clicked.insert(clicked.end(), view.sf_clicked.begin(), view.sf_clicked.end());
      keywords.insert(keywords.end(), view.sfs.begin(), view.sfs.end());
      if (weights_.are_used()) weights_.append(view, Task::kMain, weights);
    }
    std::vector<float>& logits = validation_logits(Task::kMain);
    trend_.fit = fit_trend(logits, keywords, residuals, clicked, weights);
    if (!trend_.fit.is_used()) return;
    std::vector<float>& bias = model_.tensors.at("dot.target.bias");
    for (const float r : residuals) {
      trend_.shift.push_back(static_cast<float>(trend_.fit.coefficient * r));
      bias[trend_.shift.size() - 1] += trend_.shift.back();
    }
    trend_.auc_without = auc(logits, clicked);
    for (size_t i = 0; i < logits.size(); ++i) logits[i] += trend_.of(keywords[i]);
    trend_.auc_with = auc(logits, clicked);
  }

  void add_calibration() {
    ArchitectureSpec& a = model_.architecture;
    const auto fit = [&](Task task, double kept, float& scale, float& offset) {
      const auto searches = data_.searches_of(Split::kValidation, task);
      const uint64_t all = data_.instances_of(Split::kValidation, task);
      const uint64_t clicks = data_.clicks_of(Split::kValidation, task);
      Calibration c;
      if (options_.calibrate && clicks > 0 && clicks < all) {
        std::vector<uint8_t> clicked;
        std::vector<float> weights;
        for (const uint32_t s : searches) {
          const SearchView view = data_.search(s);
          const auto& labels = task == Task::kMain ? view.sf_clicked : view.ad_clicked;
          clicked.insert(clicked.end(), labels.begin(), labels.end());
          if (weights_.are_used()) weights_.append(view, task, weights);
        }
        c = calibrate(validation_logits(task), clicked, weights);
      }
      scale = static_cast<float>(c.scale);
      // If the log kept only a share of the negatives, then p = p' / (p' + (1 - p') / kept), which
      // is a shift of the logit.
      offset = static_cast<float>(c.offset + std::log(kept));
    };
    fit(Task::kMain, options_.main_negatives_kept, a.main_scale, a.main_offset);
    if (a.has_auxiliary) {
      fit(Task::kAuxiliary, options_.aux_negatives_kept, a.aux_scale, a.aux_offset);
    }
  }

  // The trainer's own outputs on real searches, and on one search of an unknown user. Every machine
  // that serves the file must reproduce them.
  void add_golden() {
    constexpr size_t kVectors = 16;
    const auto all = data_.searches_of(Split::kValidation, Task::kMain);
    const size_t count = std::min(kVectors, all.size());
    for (size_t i = 0; i < count; ++i) {
      model_.golden.push_back(golden_of(all[i * all.size() / count], i == 0));
    }
    if (!model_.architecture.has_auxiliary) return;
    const auto ads = data_.searches_of(Split::kValidation, Task::kAuxiliary);
    const size_t ad_count = std::min(kVectors, ads.size());
    for (size_t i = 0; i < ad_count; ++i) {
      model_.golden.push_back(golden_of(ads[i * ads.size() / ad_count], i == 0));
    }
  }

  GoldenSpec golden_of(uint32_t search, bool stranger) {
    const torch::NoGradGuard no_grad;
    GoldenSpec golden;
    const SearchView view = data_.search(search);
    Batch main = batches_.make(Task::kMain, {&search, 1}, std::nullopt);
    if (stranger) forget_user(main);
    for (size_t g = 0; g < plan_.groups.size(); ++g) golden.groups.push_back(bag_of(main, g, view));
    const std::vector<float> logits = logits_of(main);
    for (size_t i = 0; i < view.sfs.size(); ++i) {
      if (view.sfs[i] == kUnknownKeyword) continue;
      golden.candidates.push_back(fingerprint(data_.keyword(view.sfs[i])));
      golden.main_logits.push_back(logits[i] + trend_.of(view.sfs[i]));
    }
    if (model_.architecture.has_auxiliary && !view.ads.empty()) {
      Batch ads = batches_.make(Task::kAuxiliary, {&search, 1}, std::nullopt);
      if (stranger) forget_user(ads);
      golden.aux_logits = logits_of(ads);
      for (const uint32_t ad : view.ads) {
        BagSpec& title = golden.titles.emplace_back();
        for (const uint32_t keyword : data_.title(ad)) {
          if (keyword != kUnknownKeyword)
            title.fingerprints.push_back(fingerprint(data_.keyword(keyword)));
        }
      }
    }
    return golden;
  }

  // Empties every group except the query, as if the user were unknown.
  void forget_user(Batch& batch) const {
    for (size_t g = 0; g < plan_.groups.size(); ++g) {
      if (plan_.groups[g].source == GroupSource::kQuery) continue;
      batch.groups[g].values.clear();
      batch.groups[g].weights.clear();
    }
    std::ranges::fill(batch.match, 0.0f);
  }

  BagSpec bag_of(const Batch& batch, size_t group, const SearchView& view) const {
    BagSpec bag;
    for (const int64_t local : batch.groups[group].values) {
      const auto row = static_cast<uint32_t>(batch.rows[static_cast<size_t>(local)]);
      if (row >= plan_.first_bucket()) {
        bag.fingerprints.push_back(user_id_fingerprint(data_.user(view.user)));
      } else if (row >= plan_.keywords) {
        bag.fingerprints.push_back(fingerprint(data_.feature(row - plan_.keywords)));
      } else {
        bag.fingerprints.push_back(fingerprint(data_.keyword(row)));
      }
    }
    bag.weights = batch.groups[group].weights;
    if (options_.model.match_inputs && plan_.groups[group].source == GroupSource::kHistory) {
      std::ranges::reverse(bag.fingerprints);  // the newest first, as in requests
    }
    return bag;
  }

  std::vector<float> logits_of(const Batch& batch) const {
    if (batch.instances == 0) return {};
    const torch::Tensor rows = torch::tensor(batch.rows, torch::kInt64);
    return values_of(network_.logits(batch, table_.index_select(0, rows)));
  }

  const Dataset& data_;
  const ModelPlan& plan_;
  const TrainOptions& options_;
  const TorchNetwork& network_;
  const torch::Tensor table_;
  BatchMaker batches_;
  const InstanceWeights weights_;
  KeywordTrend trend_;
  std::vector<float> validation_logits_[2];  // by task; empty: not needed yet
  ModelSpec model_;
};

}  // namespace

void describe_network(const ModelPlan& plan, const ModelOptions& options, ModelSpec& model) {
  ArchitectureSpec& a = model.architecture;
  a.dim = options.dim;
  for (const GroupPlan& group : plan.groups) {
    const bool history =
        group.source == GroupSource::kHistory || group.source == GroupSource::kSfHistory;
    a.groups.push_back({group.name, holds_keywords(group.source),
                        history ? options.history_length : 0,
                        group.source == GroupSource::kUserId ? plan.buckets : 0});
  }
  if (options.dot != DotHead::kAlone) a.hidden = options.hidden;
  a.has_auxiliary = options.auxiliary();
  a.attention_dim = options.auxiliary() ? options.dim : 0;
  if (options.dot != DotHead::kNone) {
    a.dot_dim = options.dot_dim;
    a.dot_hidden = options.dot_hidden;
  }
  a.history_match = options.exact_match;
  a.match_inputs = options.match_inputs;
  model.keyword_rows = plan.keywords;
}

void add_tensors(const ModelPlan& plan, const TorchNetwork& network, const torch::Tensor& table,
                 ModelSpec& model) {
  const torch::Tensor rows = table.slice(0, 0, plan.unknown_row());
  model.tensors["embedding"] = values_of(rows);
  for (const Parameter& p : network.parameters()) {
    if (!is_of_training(p.name)) model.tensors[p.name] = values_of(p.value);
  }
  if (model.architecture.dot_dim > 0) {
    // b_v = w . Em(v) is linear while training. Serving needs only one number for each keyword.
    model.tensors["dot.target.bias"] = values_of(torch::mv(
        rows.slice(0, 0, plan.keywords + plan.features), network.at("dot.target.popularity")));
  }
}

ModelSpec freeze(const Dataset& data, const ModelPlan& plan, const TrainOptions& options,
                 const TorchNetwork& network, const torch::Tensor& table, KeywordTrend* trend) {
  Freezer freezer(data, plan, options, network, table);
  ModelSpec model = freezer.run();
  if (trend) *trend = freezer.trend();
  return model;
}

}  // namespace barker
