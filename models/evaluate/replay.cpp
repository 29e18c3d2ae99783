#include "models/evaluate/replay.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <tuple>

#include "models/evaluate/quality.h"
#include "models/evaluate/search_scorer.h"
#include "scoring/user_state.h"

namespace barker {
namespace {

class Replay {
 public:
  Replay(const WeightFile& file, const PackedNetwork& packed, const Dataset& data, Task task,
         double prior_variance)
      : network_(packed.network()),
        task_(task),
        prior_variance_(prior_variance),
        scorer_(file, packed, data, Exactness::kFast),
        states_(data.users()) {}

  // Appends the logits of the search's instances to `logits`, NaN for an unknown keyword.
  void score(const SearchView& search, std::vector<float>& logits) {
    scorer_.set_context(search);
    if (const UserState* const state = states_[search.user].get()) {
      scorer_.forward().add_user_state(state->mean);
    }
    scorer_.score(search, task_, logits);
  }
  bool finite() const { return scorer_.finite(); }

  uint32_t impressions(uint32_t user) const {
    return states_[user] ? states_[user]->impressions : 0;
  }

  void learn(const SearchView& search) {
    rows_.clear();
    clicked_.clear();
    for (size_t i = 0; i < search.sfs.size(); ++i) {
      const uint32_t row = scorer_.row_of(search.sfs[i]);
      if (row == kUnknownKeyword) continue;
      rows_.push_back(row);
      clicked_.push_back(search.sf_clicked[i]);
    }
    if (rows_.empty()) return;
    std::unique_ptr<UserState>& state = states_[search.user];
    if (!state) {
      state = std::make_unique<UserState>();
      state->reset(0, network_.dot_dim, prior_variance_);
    }
    scorer_.set_context(search);
    learner_.learn(scorer_.forward(), network_, rows_, clicked_, *state);
  }

 private:
  const Network& network_;
  const Task task_;
  const double prior_variance_;
  SearchScorer scorer_;
  UserLearner learner_;
  std::vector<std::unique_ptr<UserState>> states_;  // [users]
  std::vector<uint32_t> rows_;
  std::vector<uint8_t> clicked_;
};

struct Step {
  int64_t time;
  uint32_t search;
  bool is_judged;
  size_t first_instance;  // of a judged search, in the order of instances_of()
};

// The searches of the replay in the order of their times.
std::vector<Step> steps_of(const Dataset& data, Split judged, Task task, Split learn_from) {
  std::vector<Step> steps;
  for (const Split split : {Split::kTrain, Split::kValidation, Split::kTest}) {
    if (split < learn_from || split > judged) continue;
    for (const uint32_t s : data.searches_of(split, Task::kMain)) {
      if (split == judged && task == Task::kMain) continue;  // comes below
      steps.push_back({data.search(s).time, s, false, 0});
    }
  }
  size_t instances = 0;
  for (const uint32_t s : data.searches_of(judged, task)) {
    const SearchView search = data.search(s);
    steps.push_back({search.time, s, true, instances});
    instances += task == Task::kMain ? search.sfs.size() : search.ads.size();
  }
  std::ranges::sort(steps, {},
                    [](const Step& s) { return std::tuple(s.time, s.search, s.is_judged); });
  return steps;
}

ReplaySlice judge_slice(std::string name, const InstanceTable& table,
                        const std::vector<uint32_t>& instances, const std::vector<float>& without,
                        const std::vector<float>& with, int draws, uint64_t seed) {
  const std::vector<float> a = take(with, instances), b = take(without, instances);
  const std::vector<uint8_t> clicked = take(table.clicked, instances);
  const std::vector<uint32_t> users = take(table.user, instances);
  return {std::move(name),
          instances.size(),
          count_users(users, table.users),
          auc_by_user(b, clicked, users, table.users, draws, seed),
          auc_by_user(a, clicked, users, table.users, draws, seed),
          auc_difference_by_user(a, b, clicked, users, table.users, draws, seed),
          log_loss(b, clicked),
          log_loss(a, clicked)};
}

}  // namespace

Result<ReplayedScores> replay(const WeightFile& file, const KernelTable& kernels,
                              const Dataset& data, Split judged, Task task,
                              const ReplayOptions& options, float unknown) {
  const PackedNetwork packed(Network::bind(file), kernels);
  const Network& n = packed.network();
  if (n.dot_dim == 0) {
    return invalid_argument(file.path() +
                            ": a user's state needs a model with a dot product (model.dot)");
  }
  if (task == Task::kAuxiliary && !n.has_auxiliary) {
    return invalid_argument(file.path() + ": the model has no auxiliary task");
  }
  Replay walk(file, packed, data, task, options.prior_variance);
  const std::vector<Step> steps = steps_of(data, judged, task, options.learn_from);
  ReplayedScores out;
  out.probability.resize(data.instances_of(judged, task));
  out.impressions.resize(out.probability.size());
  std::vector<float> logits;
  for (size_t begin = 0, end = 0; begin < steps.size(); begin = end) {
    for (; end < steps.size() && steps[end].time == steps[begin].time; ++end) {
      if (!steps[end].is_judged) continue;
      const SearchView search = data.search(steps[end].search);
      logits.clear();
      walk.score(search, logits);
      if (!walk.finite()) {
        return bad_data(file.path() + ": the model gives search " + std::to_string(search.index) +
                        " of the data a logit that is not a finite number");
      }
      std::ranges::copy(logits, out.probability.begin() + steps[end].first_instance);
      std::fill_n(out.impressions.begin() + steps[end].first_instance, logits.size(),
                  walk.impressions(search.user));
    }
    for (size_t i = begin; i < end; ++i) {
      if (steps[i].is_judged && task != Task::kMain) continue;  // its SFs have a step of their own
      walk.learn(data.search(steps[i].search));
    }
  }
  const bool is_main = task == Task::kMain;
  kernels.sigmoid(out.probability.data(), out.probability.size(),
                  is_main ? n.main_scale : n.aux_scale, is_main ? n.main_offset : n.aux_offset,
                  out.probability.data());
  for (float& p : out.probability) p = std::isnan(p) ? unknown : p;
  return out;
}

std::vector<ReplaySlice> judge_replay(const InstanceTable& table, const std::vector<float>& without,
                                      const ReplayedScores& with, int draws, uint64_t seed) {
  struct Bin {
    const char* name;
    uint32_t least, most;
  };
  constexpr Bin kBins[] = {{"all", 0, UINT32_MAX},
                           {"nothing learned yet", 0, 0},
                           {"1 to 9 impressions", 1, 9},
                           {"10 to 29", 10, 29},
                           {"30 and more", 30, UINT32_MAX}};
  std::vector<ReplaySlice> slices;
  for (const Bin& bin : kBins) {
    std::vector<uint32_t> instances;
    for (uint32_t i = 0; i < table.size(); ++i) {
      if (with.impressions[i] >= bin.least && with.impressions[i] <= bin.most) {
        instances.push_back(i);
      }
    }
    slices.push_back(
        judge_slice(bin.name, table, instances, without, with.probability, draws, seed));
  }
  return slices;
}

}  // namespace barker
