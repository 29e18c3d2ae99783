#include "models/train/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <future>
#include <string_view>

#include "models/base/number_text.h"
#include "models/base/workers.h"
#include "models/train/course.h"
#include "models/train/freeze_torch.h"
#include "models/train/half_life.h"
#include "models/train/identity.h"
#include "models/train/judge_torch.h"
#include "models/train/optimiser_torch.h"
#include "models/train/peers.h"
#include "models/train/step_maker.h"
#include "models/train/training_split.h"
#include "models/train/warm_start_torch.h"

namespace barker {
namespace {

using Clock = std::chrono::steady_clock;

// Nats. A network that gives every click a probability of 1e-4 has less, so that a mean above it
// comes of weights that have run away.
constexpr double kWorstLoss = 10;

// No other error of a phase has this code.
constexpr Code kDiverged = Code::kBadConfiguration;

// The texts of all processes, in rank order. Collective.
std::vector<std::string> gather_texts(Peers& peers, const std::string& text) {
  // Each text travels as whole words of 64 bits, padded with at least one zero byte.
  std::vector<int64_t> words(text.size() / sizeof(int64_t) + 1);
  std::memcpy(words.data(), text.data(), text.size());
  const std::vector<int64_t> all = peers.gather(std::span<const int64_t>(words));
  const std::string_view bytes(reinterpret_cast<const char*>(all.data()),
                               all.size() * sizeof(int64_t));
  std::vector<std::string> texts;
  for (size_t begin = 0; begin < bytes.size();) {
    texts.emplace_back(bytes.substr(begin, bytes.find('\0', begin) - begin));
    begin += (texts.back().size() / sizeof(int64_t) + 1) * sizeof(int64_t);
  }
  return texts;
}

StepShare share_of(const TrainOptions& options, const RunOptions& run) {
  StepShare share{.threads = static_cast<size_t>(options.threads)};
  if (run.peers) {
    share.rank = static_cast<size_t>(run.peers->rank());
    share.ranks = static_cast<size_t>(run.peers->size());
  }
  return share;
}

// The training loop: phases, their epochs and steps, early stop, checkpoints. The processes of a
// run go through it in step. Whatever makes one of them leave it (a request to stop, a loss that is
// not finite, a checkpoint that cannot be written) is first agreed on, because a process that left
// alone would keep the others waiting for it.
class Trainer {
 public:
  Trainer(const Dataset& data, const TrainOptions& options, const RunOptions& run, ModelPlan plan)
      : data_(data),
        options_(options),
        run_(run),
        plan_(std::move(plan)),
        network_(plan_, options),
        workers_(static_cast<size_t>(options.threads)),
        steps_(data, share_of(options, run),
               {data, plan_, options, InstanceWeights(data, options, run.increment)}),
        course_(options, run.increment.has_value()),
        identity_(identity_of(data, options, run.increment)),
        state_(make_train_state(plan_, options, network_)),
        optimiser_(plan_, options, workers_, run.peers, network_, state_) {}

  Result<Trained> run() {
    if (Status s = begin(); !s.ok()) return s;
    Trained trained;
    trained.rows_taken = rows_taken_;
    trained.rows_begun = rows_begun_;
    for (; state_.phase < course_.phases().size(); next_phase()) {
      Result<bool> finished = run_phase();
      if (!finished.ok()) return finished.status();
      if (!*finished) {
        trained.stopped = true;
        return trained;
      }
      trained.epochs += state_.epoch;
      trained.validation_auc = state_.best_auc;
    }
    trained.lost_cool_down = lost_cool_down_;
    trained.examination = network_.examination();
    if (!trained.examination.empty()) trained.examination.resize(places_of_ads(data_));
    trained.model = freeze(data_, plan_, options_, network_, state_.table, &trained.trend);
    if (!trained.trend.shift.empty()) trained.validation_auc = trained.trend.auc_with;
    if (run_.increment && is_first()) {
      const Result<uint32_t> kept = keep_keywords(run_.start, network_, trained.model);
      if (!kept.ok()) return kept.status();
      trained.rows_kept = *kept;
    }
    return trained;
  }

 private:
  Phase phase() const { return course_.phases()[state_.phase]; }
  Task judged_task() const { return phase() == Phase::kPretrain ? Task::kAuxiliary : Task::kMain; }
  bool is_first() const { return !run_.peers || run_.peers->rank() == 0; }

  Status begin() {
    if (run_.resume) {
      Status s = for_all(load_checkpoint(run_.checkpoint, identity_, state_, network_));
      if (!s.ok()) return s;
    } else if (run_.start.empty()) {
      initialise_table(data_, plan_, options_, state_);
    } else if (Status s = for_all(start_warm()); !s.ok()) {
      return s;
    }
    return run_.peers ? check_peers_agree() : Status();
  }

  Status start_warm() {
    const Result<WarmStart> start =
        warm_start(run_.start, data_, plan_, options_, network_, state_);
    if (!start.ok()) return start.status();
    rows_taken_ = start->rows_taken;
    rows_begun_ = start->rows_begun;
    return {};
  }

  // Processes with other data, options or checkpoints would add gradients of different models, or
  // wait for steps that the others never take. Every process sees the texts of all, so every
  // process fails, and with the same message.
  Status check_peers_agree() {
    const std::string mine = identity_ +
                             "[run]\ncheckpoint-steps = " + std::to_string(run_.checkpoint_steps) +
                             "\nstart = " + (run_.start.empty() || run_.resume ? "anew" : "warm") +
                             "\n[start]\nphase = " + std::to_string(state_.phase) +
                             "\nepoch = " + std::to_string(state_.epoch) +
                             "\nstep = " + std::to_string(state_.position.step) + "\n";
    const std::vector<std::string> texts = gather_texts(*run_.peers, mine);
    for (size_t rank = 1; rank < texts.size(); ++rank) {
      if (texts[rank] == texts[0]) continue;
      return {Code::kFailedPrecondition,
              "the processes of this run differ: " +
                  identity_differences(texts[0], "in process 0", texts[rank],
                                       "in process " + std::to_string(rank))};
    }
    return {};
  }

  // Runs the rest of a phase. False means that it was stopped by request and a checkpoint is
  // written.
  Result<bool> run_phase() {
    Result<bool> finished = run_epochs();
    // What a cool-down began with is whole, whatever became of the cool-down.
    if (!finished.ok() && phase() == Phase::kCoolDown && finished.status().code() == kDiverged) {
      lost_cool_down_ = finished.status().message();
      finished = true;
    }
    if (finished.ok() && *finished) restore_best(network_, state_);
    return finished;
  }

  Result<bool> run_epochs() {
    const PhaseSchedule schedule(data_, options_, phase(), run_.increment);
    // A checkpoint may have been taken after the last epoch of a phase.
    while (!course_.is_over(phase(), state_.epoch, state_.best_epoch)) {
      const auto began = Clock::now();
      uint64_t instances = 0;
      Result<bool> finished = run_epoch(schedule, began, instances);
      if (!finished.ok() || !*finished) return finished;
      const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
      const uint64_t steps = schedule.steps_per_epoch();
      const double used_rate = course_.rate(phase(), state_.epoch * steps + steps - 1, steps);
      if (Status s = end_epoch(used_rate, instances, seconds); !s.ok()) return s;
      if (Status s = save(); !s.ok()) return s;
    }
    // Where no epoch of a cool-down is better, the weights that it began with are the best ones.
    if (state_.best_epoch == 0 && phase() != Phase::kCoolDown) {
      return diverged("no epoch had a finite validation AUC");
    }
    return true;
  }

  // The steps of an epoch that are still to be taken; `instances` counts their instances. Each
  // step's batches are made while the step before is taken.
  Result<bool> run_epoch(const PhaseSchedule& schedule, Clock::time_point began,
                         uint64_t& instances) {
    const uint64_t steps = schedule.steps_per_epoch();
    const uint64_t last_step = (state_.epoch + 1) * steps;
    auto reported = began;
    uint64_t done = 0;
    TrainingStep ahead;
    if (state_.position.step < last_step) {
      ahead = begin_step(schedule);
      workers_.run([&](size_t part) { steps_.make(ahead, part); });
    }
    while (state_.position.step < last_step) {
      const double rate = course_.rate(phase(), state_.position.step, steps);
      const TrainingStep step = std::exchange(ahead, {});
      state_.position = step.after;
      if (state_.position.step < last_step) ahead = begin_step(schedule);
      bool finite = take_step(step, rate, ahead);
      bool stop = run_.stop && run_.stop->load();
      agree(stop, finite);
      const uint64_t in_epoch = state_.position.step - state_.epoch * steps;
      if (!finite) {
        return diverged("the loss of step " + std::to_string(in_epoch) + " of epoch " +
                        std::to_string(state_.epoch + 1) + " is not a finite number");
      }
      for (const size_t count : step.instances) instances += count;
      ++done;
      const auto now = Clock::now();
      if (run_.on_step && now - reported >= std::chrono::seconds(1)) {
        reported = now;
        const double seconds = std::chrono::duration<double>(now - began).count();
        run_.on_step({name_of(phase()), state_.epoch + 1, in_epoch, steps,
                      static_cast<double>(instances) / seconds,
                      seconds / static_cast<double>(done) *
                          static_cast<double>(last_step - state_.position.step)});
      }
      const bool due =
          run_.checkpoint_steps > 0 && state_.position.step % run_.checkpoint_steps == 0;
      if (stop || due) {
        if (Status s = save(); !s.ok()) return s;
      }
      if (stop) return false;
    }
    return true;
  }

  void next_phase() {
    ++state_.phase;
    state_.epoch = state_.best_epoch = 0;
    state_.position = {};
    if (state_.phase == course_.phases().size()) return;
    // The moments are those of the steps after the best weights.
    reset_moments(state_);
    if (phase() == Phase::kCoolDown) return;  // It must be better than the best epoch before.
    // Fine-tuning starts from the weights that pre-training found, and the main head from the
    // auxiliary one.
    state_.best_auc = -1;
    const torch::NoGradGuard no_grad;
    if (options_.model.dot != DotHead::kAlone) {
      torch::Tensor weight = network_.at("head.main.weight"), bias = network_.at("head.main.bias");
      weight.copy_(network_.at("head.aux.weight"));
      bias.copy_(network_.at("head.aux.bias"));
    }
  }

  TrainingStep begin_step(const PhaseSchedule& schedule) const {
    const Position at = state_.position;
    return steps_.begin(schedule, at, noise(options_.seed * 1024 + state_.phase, at.step));
  }

  // Takes a step and makes the batches of the next one. Several threads make them when they have
  // their gradients, so that all cores stay busy and none has more threads than one. A single
  // thread leaves it to another, because there may be a core that has nothing else to do.
  bool take_step(const TrainingStep& step, double rate, TrainingStep& next) {
    const auto make = [&](size_t part) {
      if (!next.parts.empty()) steps_.make(next, part);
    };
    if (workers_.count() > 1) return optimiser_.take_step(step, rate, make);
    std::future<void> made = std::async(std::launch::async, make, 0);
    const bool finite = optimiser_.take_step(step, rate, {});
    made.get();  // or throws what went wrong
    return finite;
  }

  Status end_epoch(double used_rate, uint64_t instances, double seconds) {
    ++state_.epoch;
    double auc_now = is_first() ? auc_of_validation(judged_task()) : 0;
    if (run_.peers) auc_now = run_.peers->from_first(auc_now);
    const bool best = course_.is_kept(auc_now, state_.best_auc);
    if (best) {
      state_.best_auc = auc_now;
      state_.best_epoch = state_.epoch;
      keep_as_best(network_, state_);
    }
    const auto mean = [&](size_t task) {
      return state_.loss_weight[task] > 0 ? state_.loss_sum[task] / state_.loss_weight[task] : NAN;
    };
    if (run_.on_epoch) {
      const double per_second = static_cast<double>(instances) / std::max(seconds, 1e-9);
      run_.on_epoch({name_of(phase()), state_.epoch, mean(0), mean(1), auc_now, best, per_second,
                     used_rate, instances, seconds, auc_of(Task::kMain, auc_now),
                     auc_of(Task::kAuxiliary, auc_now)});
    }
    const double worst = std::fmax(mean(0), mean(1));
    for (size_t task = 0; task < 2; ++task) state_.loss_sum[task] = state_.loss_weight[task] = 0;
    if (worst > kWorstLoss) {
      return diverged("the mean loss of epoch " + std::to_string(state_.epoch) + " is " +
                      rounded_number_text(worst, 3));
    }
    if (std::isfinite(auc_now)) return {};
    return diverged("the validation AUC of epoch " + std::to_string(state_.epoch) +
                    " is not a finite number");
  }

  double auc_of_validation(Task task) {
    return validation_auc(data_, network_, state_.table, workers_, steps_.batches(), task);
  }

  // For a report: the validation AUC of a task, where `judged` is that of judged_task().
  double auc_of(Task task, double judged) {
    if (task == judged_task()) return judged;
    const bool is_trained =
        task == Task::kMain ? phase() != Phase::kPretrain : options_.model.auxiliary();
    if (!run_.judge_both || !is_trained || !is_first()) return NAN;
    return auc_of_validation(task);
  }

  // The weights are worthless from here on, also for a checkpoint, so the phase ends. A run with
  // equal options would come to the same point, so the message says what to change.
  Status diverged(const std::string& what) const {
    return {kDiverged, "training diverged in phase " + std::string(name_of(phase())) + ": " + what +
                           "; " + course_.advice(phase(), state_.best_epoch, state_.best_auc)};
  }

  // Makes all processes of the run take the same way after a step: all stop if one is asked to, and
  // all fail if one has a loss that is not finite.
  void agree(bool& stop, bool& finite) {
    if (!run_.peers) return;
    float counts[] = {stop ? 1.0f : 0.0f, finite ? 0.0f : 1.0f};
    run_.peers->sum(counts);
    stop = counts[0] > 0;
    finite = counts[1] == 0;
  }

  // An error of one process becomes an error of all.
  Status for_all(Status mine) {
    if (!run_.peers) return mine;
    float failures = mine.ok() ? 0 : 1;
    run_.peers->sum({&failures, 1});
    if (failures == 0 || !mine.ok()) return mine;
    return io_error("another process of this run failed, and its message says why");
  }

  Status save() {
    if (run_.checkpoint.empty() && !run_.peers) return {};
    const bool writes = is_first() && !run_.checkpoint.empty();
    return for_all(writes ? save_checkpoint(run_.checkpoint, identity_, state_, network_)
                          : Status());
  }

  const Dataset& data_;
  const TrainOptions& options_;
  const RunOptions& run_;
  ModelPlan plan_;
  TorchNetwork network_;
  Workers workers_;
  StepMaker steps_;
  const Course course_;
  std::string identity_;
  TrainState state_;
  Optimiser optimiser_;
  uint32_t rows_taken_ = 0, rows_begun_ = 0;
  std::string lost_cool_down_;
};

}  // namespace

const char* name_of(Phase phase) {
  static constexpr const char* kNames[] = {"main",      "alternate", "joint",
                                           "pre-train", "fine-tune", "cool-down"};
  return kNames[static_cast<int>(phase)];
}

Result<Trained> train(const Dataset& data, const TrainOptions& options, const RunOptions& run) {
  if (Status s = check_options(options); !s.ok()) return s;
  if (Status s = check_half_lives(data, options); !s.ok()) return s;
  for (const Split split : {Split::kTrain, Split::kValidation}) {
    if (Status s = check_classes(data, split, Task::kMain); !s.ok()) return s;
    if (!options.model.auxiliary()) continue;
    if (Status s = check_classes(data, split, Task::kAuxiliary); !s.ok()) return s;
  }
  Result<ModelPlan> plan = make_plan(data, options.model);
  if (!plan.ok()) return plan.status();
  // The tensors of a step are too small to be shared by threads: each thread has a part of the
  // step's searches instead.
  at::set_num_threads(1);
  try {
    return Trainer(data, options, run, std::move(*plan)).run();
  } catch (const LostPeer& lost) {
    return io_error(lost.what());
  }
}

}  // namespace barker
