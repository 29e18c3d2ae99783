#include "models/train/trainer.h"

#include <algorithm>
#include <chrono>
#include <future>

#include "models/evaluate/metrics.h"
#include "models/train/adam.h"
#include "models/train/freeze_torch.h"
#include "models/train/initialise.h"
#include "models/train/peers.h"

namespace barker {
namespace {

using Clock = std::chrono::steady_clock;

// The batches of one step and where the schedule stands behind them.
struct PreparedStep {
  std::vector<Batch> batches;
  std::vector<size_t> instances;  // of each batch over all processes
  Position after;
};

class Trainer {
 public:
  Trainer(const Dataset& data, const TrainOptions& options, const RunOptions& run, ModelPlan plan)
      : data_(data),
        options_(options),
        run_(run),
        plan_(std::move(plan)),
        network_(plan_, options),
        batches_(data, plan_, options),
        judging_(data, plan_, options) {
    if (!options.model.auxiliary()) {
      phases_ = {Phase::kMain};
    } else if (options.schedule == Schedule::kPretrain) {
      phases_ = {Phase::kPretrain, Phase::kFinetune};
    } else {
      phases_ = {options.schedule == Schedule::kJoint ? Phase::kJoint : Phase::kAlternate};
    }
    identity_ = "data " + std::string(data.digest()) + ", " +
                std::to_string(data.instances_of(Split::kTrain, Task::kMain)) + " + " +
                std::to_string(data.instances_of(Split::kTrain, Task::kAuxiliary)) +
                " training instances\n" + options_to_toml(options);
  }

  Result<Trained> run() {
    allocate_state();
    if (run_.resume) {
      if (Status s = load_checkpoint(run_.checkpoint, identity_, state_, network_); !s.ok()) {
        return s;
      }
    } else {
      initialise_table();
    }
    Trained trained;
    for (; state_.phase < phases_.size(); next_phase()) {
      Result<bool> finished = run_phase();
      if (!finished.ok()) return finished.status();
      if (!*finished) {
        trained.stopped = true;
        return trained;
      }
      trained.epochs += state_.epoch;
      trained.validation_auc = state_.best_auc;
    }
    if (options_.model.is_experiment()) {
      const auto test = data_.searches_of(Split::kTest, Task::kMain);
      trained.test_logits = predict_logits(network_, state_.table, judging_, Task::kMain, test);
    } else {
      trained.model = freeze(data_, plan_, options_, network_, state_.table);
    }
    return trained;
  }

 private:
  Phase phase() const { return phases_[state_.phase]; }
  Task judged_task() const { return phase() == Phase::kPretrain ? Task::kAuxiliary : Task::kMain; }

  void allocate_state() {
    const auto rows = static_cast<int64_t>(plan_.rows());
    const auto dim = static_cast<int64_t>(options_.model.dim);
    state_.table = torch::zeros({rows, dim});
    state_.table_moments = {torch::zeros({rows, dim}), torch::zeros({rows, dim})};
    state_.table_steps = torch::zeros({rows}, torch::kInt32);
    state_.best_table = state_.table.clone();
    for (const Parameter& p : network_.parameters()) {
      state_.moments.push_back({torch::zeros_like(p.value), torch::zeros_like(p.value)});
      state_.steps.push_back(0);
      state_.best.push_back(p.value.detach().clone());
    }
  }

  void initialise_table() {
    const torch::NoGradGuard no_grad;
    const auto keywords = static_cast<int64_t>(plan_.keywords);
    const auto first_bucket = static_cast<int64_t>(plan_.first_bucket());
    const auto unknown = static_cast<int64_t>(plan_.unknown_row());
    torch::manual_seed(options_.seed);
    state_.table.slice(0, 0, first_bucket).normal_(0, options_.init_deviation);
    state_.table.slice(0, keywords, first_bucket).normal_(0, 0.05);
    state_.table.slice(0, first_bucket, unknown).normal_(0, 0.01);
    if (options_.init == Initialisation::kSvd && keywords > 0) {
      std::vector<float> start =
          svd_embeddings(data_, options_.model.dim, options_.init_deviation, options_.seed);
      state_.table.slice(0, 0, keywords)
          .copy_(torch::from_blob(start.data(), {keywords, state_.table.size(1)}));
    }
  }

  // False: stopped by request, a checkpoint is written.
  Result<bool> run_phase() {
    const PhaseSchedule schedule(data_, options_, phase());
    const uint64_t steps = schedule.steps_per_epoch();
    // A checkpoint may have been taken after the last epoch of a phase.
    while (!phase_is_over()) {
      const auto began = Clock::now();
      auto reported = began;
      uint64_t instances = 0, done = 0;
      const uint64_t last_step = (state_.epoch + 1) * steps;
      std::future<PreparedStep> ahead;
      if (state_.position.step < last_step) ahead = prepare(schedule, state_.position);
      while (state_.position.step < last_step) {
        const PreparedStep step = ahead.get();
        state_.position = step.after;
        if (state_.position.step < last_step) ahead = prepare(schedule, state_.position);
        take_step(step);
        for (const size_t count : step.instances) instances += count;
        ++done;
        const auto now = Clock::now();
        const double seconds = std::chrono::duration<double>(now - began).count();
        if (run_.on_step && now - reported >= std::chrono::seconds(1)) {
          reported = now;
          run_.on_step({name_of(phase()), state_.epoch + 1, state_.position.step % steps, steps,
                        static_cast<double>(instances) / seconds,
                        seconds / static_cast<double>(done) *
                            static_cast<double>(last_step - state_.position.step)});
        }
        const bool stop = run_.stop && run_.stop->load();
        const bool due =
            run_.checkpoint_steps > 0 && state_.position.step % run_.checkpoint_steps == 0;
        if (stop || due) {
          if (Status s = save(); !s.ok()) return s;
        }
        if (stop) return false;
      }
      const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
      end_epoch(static_cast<double>(instances) / std::max(seconds, 1e-9));
      if (Status s = save(); !s.ok()) return s;
    }
    restore_best();
    return true;
  }

  bool phase_is_over() const {
    return state_.epoch >= options_.max_epochs ||
           (state_.epoch > 0 && state_.epoch - state_.best_epoch >= options_.patience);
  }

  void next_phase() {
    const Phase was = phase();
    ++state_.phase;
    state_.epoch = state_.best_epoch = 0;
    state_.best_auc = -1;
    state_.position = {};
    if (was != Phase::kPretrain) return;
    // Fine-tuning starts where pre-training ended, its head at the auxiliary one's, Adam afresh.
    const torch::NoGradGuard no_grad;
    if (options_.model.dot != DotHead::kAlone) {
      torch::Tensor weight = network_.at("head.main.weight"), bias = network_.at("head.main.bias");
      weight.copy_(network_.at("head.aux.weight"));
      bias.copy_(network_.at("head.aux.bias"));
    }
    for (size_t i = 0; i < state_.moments.size(); ++i) {
      state_.moments[i].first.zero_();
      state_.moments[i].second.zero_();
      state_.steps[i] = 0;
    }
    state_.table_moments.first.zero_();
    state_.table_moments.second.zero_();
    state_.table_steps.zero_();
  }

  // Builds the next step's batches on another thread while this one computes.
  std::future<PreparedStep> prepare(const PhaseSchedule& schedule, Position at) {
    return std::async(std::launch::async, [this, &schedule, at] {
      PreparedStep prepared;
      prepared.after = at;
      const uint64_t key = noise(options_.seed * 1024 + state_.phase, at.step);
      const Step step = schedule.next(prepared.after);
      for (const Task task : {Task::kMain, Task::kAuxiliary}) {
        const std::vector<uint32_t>& all = task == Task::kMain ? step.main : step.auxiliary;
        if (all.empty()) continue;
        size_t instances = 0;
        std::vector<uint32_t> mine;
        const size_t ranks = run_.peers ? static_cast<size_t>(run_.peers->size()) : 1;
        const size_t rank = run_.peers ? static_cast<size_t>(run_.peers->rank()) : 0;
        for (size_t i = 0; i < all.size(); ++i) {
          const SearchView search = data_.search(all[i]);
          instances += task == Task::kMain ? search.sfs.size() : search.ads.size();
          if (i % ranks == rank) mine.push_back(all[i]);
        }
        prepared.batches.push_back(batches_.make(task, mine, key));
        prepared.instances.push_back(instances);
      }
      return prepared;
    });
  }

  double rate() const {
    return options_.learning_rate * std::pow(options_.decay, state_.epoch) *
           (phase() == Phase::kFinetune ? options_.finetune_rate : 1);
  }

  void take_step(const PreparedStep& step) {
    // Parameters outside the step's branch get no gradient and so do not move (Theta_1, Theta_2).
    std::vector<torch::Tensor> gradients(network_.parameters().size());
    std::vector<RowGradients> rows;
    for (size_t b = 0; b < step.batches.size(); ++b) {
      rows.push_back(backward(step.batches[b], step.instances[b], gradients));
    }
    if (run_.peers) exchange(gradients, rows);
    const torch::NoGradGuard no_grad;
    for (size_t i = 0; i < gradients.size(); ++i) {
      if (!gradients[i].defined()) continue;
      torch::Tensor& value = network_.parameters()[i].value;
      const torch::Tensor g = gradients[i].contiguous();
      adam({rate(), ++state_.steps[i]}, g.data_ptr<float>(), static_cast<size_t>(g.numel()),
           value.data_ptr<float>(), state_.moments[i].first.data_ptr<float>(),
           state_.moments[i].second.data_ptr<float>());
    }
    for (const RowGradients& r : rows) update_rows(r);
  }

  struct RowGradients {
    std::vector<int64_t> rows;
    torch::Tensor values;  // [rows, D]
  };

  // Adds the gradients of the mean loss over `instances` to the parameters' ones.
  RowGradients backward(const Batch& batch, size_t instances,
                        std::vector<torch::Tensor>& gradients) {
    RowGradients out{batch.rows, {}};
    const auto dim = static_cast<int64_t>(options_.model.dim);
    if (batch.instances == 0) {
      out.rows.clear();
      out.values = torch::zeros({0, dim});
      return out;
    }
    torch::Tensor table = state_.table.index_select(
        0, torch::from_blob(const_cast<int64_t*>(batch.rows.data()),
                            {static_cast<int64_t>(batch.rows.size())}, torch::kInt64));
    table.set_requires_grad(true);
    const torch::Tensor labels = torch::from_blob(const_cast<float*>(batch.clicked.data()),
                                                  {static_cast<int64_t>(batch.instances)});
    // Eq. 9, 14, 15 with their minus sign.
    const torch::Tensor loss = torch::binary_cross_entropy_with_logits(
        network_.logits(batch, table, true), labels, {}, {}, at::Reduction::Sum);
    std::vector<torch::Tensor> inputs = {table};
    for (const Parameter& p : network_.parameters()) inputs.push_back(p.value);
    const auto grads = torch::autograd::grad({loss / static_cast<double>(instances)}, inputs, {},
                                             c10::nullopt, false, /*allow_unused=*/true);
    out.values = grads[0].contiguous();
    for (size_t i = 0; i < gradients.size(); ++i) {
      if (!grads[i + 1].defined()) continue;
      gradients[i] = gradients[i].defined() ? gradients[i] + grads[i + 1] : grads[i + 1];
    }
    const auto task = static_cast<size_t>(batch.task);
    state_.loss_sum[task] += loss.item<double>();
    state_.loss_weight[task] += static_cast<double>(batch.instances);
    return out;
  }

  void update_rows(const RowGradients& gradients) {
    const auto dim = static_cast<size_t>(options_.model.dim);
    float* table = state_.table.data_ptr<float>();
    float* first = state_.table_moments.first.data_ptr<float>();
    float* second = state_.table_moments.second.data_ptr<float>();
    int32_t* steps = state_.table_steps.data_ptr<int32_t>();
    const float* values = gradients.values.data_ptr<float>();
    const double step_rate = rate();
    const auto decay = static_cast<float>(options_.embedding_l2);
    std::vector<float> gradient(dim);
    for (size_t i = 0; i < gradients.rows.size(); ++i) {
      const auto row = static_cast<size_t>(gradients.rows[i]);
      if (row == plan_.unknown_row()) continue;  // stays zero
      for (size_t d = 0; d < dim; ++d) {
        gradient[d] = values[i * dim + d] + decay * table[row * dim + d];
      }
      adam({step_rate, ++steps[row]}, gradient.data(), dim, table + row * dim, first + row * dim,
           second + row * dim);
    }
  }

  // Sums gradients over processes. Dense ones that no process has stay undefined everywhere, since
  // all take the same tasks.
  void exchange(std::vector<torch::Tensor>& gradients, std::vector<RowGradients>& rows) {
    for (size_t i = 0; i < gradients.size(); ++i) {
      float has = gradients[i].defined() ? 1.0f : 0.0f;
      run_.peers->sum({&has, 1});
      if (has == 0) continue;
      torch::Tensor g = gradients[i].defined()
                            ? gradients[i].contiguous()
                            : torch::zeros_like(network_.parameters()[i].value).detach();
      run_.peers->sum({g.data_ptr<float>(), static_cast<size_t>(g.numel())});
      gradients[i] = g;
    }
    const auto dim = static_cast<int64_t>(options_.model.dim);
    for (RowGradients& r : rows) {
      const std::vector<int64_t> all_rows = run_.peers->gather(std::span<const int64_t>(r.rows));
      const std::vector<float> all_values = run_.peers->gather(std::span<const float>(
          r.values.data_ptr<float>(), static_cast<size_t>(r.values.numel())));
      // A row that several processes touched becomes one.
      std::vector<int64_t> place(plan_.rows(), -1);
      RowGradients joined;
      for (const int64_t row : all_rows) {
        int64_t& at = place[static_cast<size_t>(row)];
        if (at >= 0) continue;
        at = static_cast<int64_t>(joined.rows.size());
        joined.rows.push_back(row);
      }
      joined.values = torch::zeros({static_cast<int64_t>(joined.rows.size()), dim});
      float* out = joined.values.data_ptr<float>();
      for (size_t i = 0; i < all_rows.size(); ++i) {
        const int64_t at = place[static_cast<size_t>(all_rows[i])];
        for (int64_t d = 0; d < dim; ++d)
          out[at * dim + d] += all_values[i * static_cast<size_t>(dim) + static_cast<size_t>(d)];
      }
      r = std::move(joined);
    }
  }

  void end_epoch(double instances_per_second) {
    ++state_.epoch;
    double auc_now = !run_.peers || run_.peers->rank() == 0 ? judge() : 0;
    if (run_.peers) auc_now = run_.peers->from_first(auc_now);
    const bool best = auc_now > state_.best_auc;
    if (best) {
      const torch::NoGradGuard no_grad;
      state_.best_auc = auc_now;
      state_.best_epoch = state_.epoch;
      state_.best_table.copy_(state_.table);
      for (size_t i = 0; i < state_.best.size(); ++i)
        state_.best[i].copy_(network_.parameters()[i].value);
    }
    const auto mean = [&](size_t task) {
      return state_.loss_weight[task] > 0 ? state_.loss_sum[task] / state_.loss_weight[task] : NAN;
    };
    if (run_.on_epoch) {
      run_.on_epoch(
          {name_of(phase()), state_.epoch, mean(0), mean(1), auc_now, best, instances_per_second});
    }
    for (size_t task = 0; task < 2; ++task) state_.loss_sum[task] = state_.loss_weight[task] = 0;
  }

  // AUC on the validation split; on a part of it, evenly taken, where it is very large.
  double judge() {
    constexpr size_t kSearches = 100'000;
    const auto all = data_.searches_of(Split::kValidation, judged_task());
    const size_t stride = all.size() / kSearches + 1;
    std::vector<uint32_t> searches;
    std::vector<uint8_t> clicked;
    for (size_t i = 0; i < all.size(); i += stride) {
      searches.push_back(all[i]);
      const SearchView view = data_.search(all[i]);
      const auto& labels = judged_task() == Task::kMain ? view.sf_clicked : view.ad_clicked;
      clicked.insert(clicked.end(), labels.begin(), labels.end());
    }
    return auc(predict_logits(network_, state_.table, judging_, judged_task(), searches), clicked);
  }

  void restore_best() {
    const torch::NoGradGuard no_grad;
    state_.table.copy_(state_.best_table);
    for (size_t i = 0; i < state_.best.size(); ++i)
      network_.parameters()[i].value.copy_(state_.best[i]);
  }

  Status save() const {
    const bool mine = !run_.peers || run_.peers->rank() == 0;
    if (run_.checkpoint.empty() || !mine) return {};
    return save_checkpoint(run_.checkpoint, identity_, state_, network_);
  }

  const Dataset& data_;
  const TrainOptions& options_;
  const RunOptions& run_;
  ModelPlan plan_;
  TorchNetwork network_;
  BatchMaker batches_, judging_;  // one each for the thread that prepares and the one that judges
  std::vector<Phase> phases_;
  std::string identity_;
  TrainState state_;
};

Status check_classes(const Dataset& data, Split split, Task task) {
  const char* splits[] = {"training", "validation", "test"};
  const char* shown[] = {"SF impressions", "ad impressions"};
  const std::string where = std::string("the ") + splits[static_cast<int>(split)] + " split has ";
  const std::string what = shown[static_cast<int>(task)];
  const uint64_t all = data.instances_of(split, task), clicks = data.clicks_of(split, task);
  if (all == 0) {
    return bad_data(where + "no " + what +
                    (task == Task::kAuxiliary ? ": train BM, which needs none" : ""));
  }
  if (clicks == 0 || clicks == all) {
    return bad_data(where + std::to_string(all) + " " + what + ", all of them " +
                    (clicks ? "clicked" : "not clicked") + ": nothing to learn");
  }
  return {};
}

}  // namespace

const char* name_of(Phase phase) {
  static constexpr const char* kNames[] = {"main", "alternate", "joint", "pre-train", "fine-tune"};
  return kNames[static_cast<int>(phase)];
}

Result<Trained> train(const Dataset& data, const TrainOptions& options, const RunOptions& run) {
  if (Status s = check_options(options); !s.ok()) return s;
  for (const Split split : {Split::kTrain, Split::kValidation}) {
    if (Status s = check_classes(data, split, Task::kMain); !s.ok()) return s;
    if (!options.model.auxiliary()) continue;
    if (Status s = check_classes(data, split, Task::kAuxiliary); !s.ok()) return s;
  }
  Result<ModelPlan> plan = make_plan(data, options.model);
  if (!plan.ok()) return plan.status();
  at::set_num_threads(options.threads);
  return Trainer(data, options, run, std::move(*plan)).run();
}

}  // namespace barker
