#include "models/evaluate/report.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

namespace barker {
namespace {

constexpr size_t kCategories = 20;  // the largest ones are reported

// The indices of some instances of a table.
using Slice = std::vector<uint32_t>;

template <typename Condition>
Slice where(size_t size, Condition condition) {
  Slice out;
  for (uint32_t i = 0; i < size; ++i) {
    if (condition(i)) out.push_back(i);
  }
  return out;
}

class Evaluator {
 public:
  explicit Evaluator(const EvaluationInput& input) : in_(input), judged_(input.judged) {
    for (size_t bin = 0; bin < kClickBins.size(); ++bin) {
      bins_[bin] = {kClickBins[bin], where(judged_.size(), [&](uint32_t i) {
                      return click_bin(judged_, judged_.user[i]) == bin;
                    })};
    }
    cold_ = {"searches without history",
             where(judged_.size(), [&](uint32_t i) { return judged_.is_cold[i] != 0; })};
    unknown_ = {"keywords not in training", where(judged_.size(), [&](uint32_t i) {
                  return judged_.keyword[i] == kUnknownKeyword;
                })};
    find_categories();
  }

  Evaluation run() {
    Evaluation out;
    out.instances = judged_.size();
    out.draws = in_.draws;
    out.log = in_.log;
    out.clicks = std::accumulate(judged_.clicked.begin(), judged_.clicked.end(), uint64_t{0});
    out.searches = std::set<uint32_t>(judged_.search.begin(), judged_.search.end()).size();
    out.users = std::set<uint32_t>(judged_.user.begin(), judged_.user.end()).size();
    for (const uint32_t position : positions_of(judged_)) {
      out.longest_bar = std::max(out.longest_bar, position);
    }
    std::vector<NamedPredictions> models = in_.models;
    const bool truth_known = judged_.size() > 0 && !any_nan(judged_.truth);
    if (truth_known) {
      models.push_back({"true probability", judged_.truth, {}, {}});
      if (!any_nan(in_.validation.truth)) models.back().validation = in_.validation.truth;
      if (!in_.auxiliary.truth.empty() && !any_nan(in_.auxiliary.truth)) {
        models.back().auxiliary = in_.auxiliary.truth;
      }
    }
    for (size_t m = 0; m < models.size(); ++m) {
      out.models.push_back(judge(models[m], m == 0 ? nullptr : &models[0]));
      if (m == 0) continue;
      out.models[m].above_first = difference(models[m], models[0]);
      out.models[m].above_previous = difference(models[m], models[m - 1]);
    }
    return out;
  }

 private:
  struct NamedSlice {
    std::string name;
    Slice slice;
  };

  void find_categories() {
    std::vector<uint64_t> count(judged_.categories.size());
    for (const uint32_t c : judged_.category) ++count[c];
    std::vector<uint32_t> largest(count.size());
    std::iota(largest.begin(), largest.end(), 0u);
    std::stable_sort(largest.begin(), largest.end(),
                     [&](uint32_t a, uint32_t b) { return count[a] > count[b]; });
    for (const uint32_t c : largest) {
      if (categories_.size() == kCategories || count[c] == 0) break;
      if (judged_.categories[c].empty()) continue;
      categories_.push_back({judged_.categories[c], where(judged_.size(), [&](uint32_t i) {
                               return judged_.category[i] == c;
                             })});
    }
  }

  // Of a model without the task, whose scores are empty, NaN.
  SliceAuc slice_auc(const std::string& name, const InstanceTable& table,
                     const std::vector<uint32_t>& instances,
                     const std::vector<float>& scores) const {
    const std::vector<uint32_t> users = take(table.user, instances);
    const std::vector<uint8_t> clicked = take(table.clicked, instances);
    return {name, instances.size(), count_users(users, table.users),
            !too_few_for_interval(clicked, users, table.users).empty(),
            scores.empty() ? Interval{NAN, NAN, NAN}
                           : auc_by_user(take(scores, instances), clicked, users, table.users,
                                         in_.draws, in_.seed)};
  }

  SliceAuc slice_auc(const NamedSlice& slice, const std::vector<float>& scores) const {
    return slice_auc(slice.name, judged_, slice.slice, scores);
  }

  // `first`: what the model is compared with; may be null.
  SlicedAuc judge(const NamedPredictions& model, const NamedPredictions* first,
                  const Slicing& slicing) const {
    const bool is_main = slicing.task == Task::kMain;
    const InstanceTable& table = is_main ? judged_ : in_.auxiliary;
    const std::vector<float>& scores = is_main ? model.judged : model.auxiliary;
    SlicedAuc out{slicing.by, slicing.task, slicing.values, {}};
    for (const InstanceSlice& slice : slicing.slices) {
      SliceAuc judged = slice_auc(slice.name, table, slice.instances, scores);
      const std::vector<float>* other =
          first == nullptr ? nullptr : (is_main ? &first->judged : &first->auxiliary);
      if (!scores.empty() && other != nullptr && !other->empty()) {
        judged.above_first = auc_difference_by_user(
            take(scores, slice.instances), take(*other, slice.instances),
            take(table.clicked, slice.instances), take(table.user, slice.instances), table.users,
            in_.draws, in_.seed);
      }
      out.slices.push_back(std::move(judged));
    }
    return out;
  }

  ModelReport judge(const NamedPredictions& model, const NamedPredictions* first) const {
    ModelReport r;
    r.name = model.name;
    const std::vector<float>& p = model.judged;
    r.auc = auc_by_user(p, judged_.clicked, judged_.user, judged_.users, in_.draws, in_.seed);
    for (size_t bin = 0; bin < 4; ++bin) r.bins[bin] = slice_auc(bins_[bin], p);
    r.cold = slice_auc(cold_, p);
    r.unknown = slice_auc(unknown_, p);
    for (const NamedSlice& category : categories_) r.categories.push_back(slice_auc(category, p));
    for (const Slicing& slicing : in_.slicings) r.sliced.push_back(judge(model, first, slicing));
    r.lists = list_quality(p, judged_.clicked, judged_.search);
    r.grouped_auc = grouped_auc(p, judged_.clicked, judged_.search);
    const double weight = 1 / in_.negatives_kept;
    r.average_precision = average_precision(p, judged_.clicked, weight);
    r.log_loss = log_loss(p, judged_.clicked, weight);
    r.rmse = root_mean_square_error(p, judged_.clicked, weight);
    r.reliability = reliability(p, judged_.clicked, weight);
    r.calibration_error = calibration_error(p, judged_.clicked, weight);
    r.roc = roc(p, judged_.clicked);
    r.top_k = top_k(p, judged_.clicked, judged_.search, judged_.keyword);
    const bool by_validation = !model.validation.empty();
    r.decisions = decide(p, judged_.clicked,
                         by_validation ? best_f1_threshold(model.validation, in_.validation.clicked)
                                       : best_f1_threshold(p, judged_.clicked));
    r.is_threshold_own = !by_validation;
    const InstanceTable& ads = in_.auxiliary;
    if (!model.auxiliary.empty()) {
      r.auxiliary = {
          "auxiliary task", ads.size(), count_users(ads.user, ads.users),
          !too_few_for_interval(ads.clicked, ads.user, ads.users).empty(),
          auc_by_user(model.auxiliary, ads.clicked, ads.user, ads.users, in_.draws, in_.seed)};
      if (first != nullptr && !first->auxiliary.empty()) {
        r.auxiliary.above_first =
            auc_difference_by_user(model.auxiliary, first->auxiliary, ads.clicked, ads.user,
                                   ads.users, in_.draws, in_.seed);
      }
    }
    return r;
  }

  Interval difference(const NamedPredictions& a, const NamedPredictions& b) const {
    return auc_difference_by_user(a.judged, b.judged, judged_.clicked, judged_.user, judged_.users,
                                  in_.draws, in_.seed);
  }

  const EvaluationInput& in_;
  const InstanceTable& judged_;
  std::array<NamedSlice, 4> bins_;
  NamedSlice cold_, unknown_;
  std::vector<NamedSlice> categories_;
};

}  // namespace

size_t longest_list(const Evaluation& evaluation) {
  return std::clamp<size_t>(evaluation.longest_bar, 1, kMaxK);
}

Evaluation evaluate(const EvaluationInput& input) { return Evaluator(input).run(); }

}  // namespace barker
