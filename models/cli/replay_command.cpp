// replay: what users' own states would have brought on a log, through the serving code.
#include <algorithm>
#include <cmath>
#include <iostream>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>

#include "models/base/exit_code.h"
#include "models/base/number_text.h"
#include "models/cli/commands.h"
#include "models/cli/interval_output.h"
#include "models/cli/shared_options.h"
#include "models/command/options.h"
#include "models/data/merged_log.h"
#include "models/evaluate/number_format.h"
#include "models/evaluate/replay.h"
#include "models/evaluate/score.h"
#include "models/text/text.h"
#include "models/weights/weights_generated.h"
#include "scoring/isa.h"
#include "scoring/user_state.h"

namespace barker {
namespace {

using Json = nlohmann::ordered_json;

struct ReplayFlags {
  std::string weights;
  std::vector<std::string> data;
  std::vector<double> prior_variances = {0.003, 0.01, 0.03, 0.1, 0.3, 1};
  std::string split = "test", learn_from = "train", isa;
  int draws = 200;
  uint64_t seed = 1;
  bool json = false;
  DatasetOptions dataset;
};

// What one prior variance reaches on the validation split.
struct VarianceTrial {
  double prior_variance;
  ReplaySlice all;
};

struct Report {
  std::vector<VarianceTrial> trials;  // empty where there was nothing to choose
  double prior_variance = 0;
  std::vector<ReplaySlice> sfs, ads;
};

class Replays {
 public:
  Replays(const ReplayFlags& o, const WeightFile& file, const KernelTable& kernels,
          const Dataset& data)
      : o_(o), file_(file), kernels_(kernels), data_(data), unknown_(training_click_rate(data)) {}

  Result<std::vector<float>> without_states(Split split, Task task) const {
    return score_dataset(file_, kernels_, data_, split, task, unknown_);
  }

  // without: of without_states().
  Result<std::vector<ReplaySlice>> judge(Split split, Task task, const std::vector<float>& without,
                                         double prior_variance) const {
    const Result<ReplayedScores> with =
        replay(file_, kernels_, data_, split, task,
               {prior_variance, std::min(split, split_named(o_.learn_from))}, unknown_);
    if (!with.ok()) return with.status();
    return judge_replay(instances_of(data_, split, task), without, *with, o_.draws, o_.seed);
  }

  // The prior variance whose gain on the validation split is surest: with the highest lower bound.
  // By the gain itself, a small split would choose states that move far by chance.
  Status choose(Report& report) const {
    report.prior_variance = o_.prior_variances.front();
    if (o_.prior_variances.size() == 1) return {};
    const Result<std::vector<float>> without = without_states(Split::kValidation, Task::kMain);
    if (!without.ok()) return without.status();
    double surest = -std::numeric_limits<double>::infinity();
    for (const double variance : o_.prior_variances) {
      Result<std::vector<ReplaySlice>> slices =
          judge(Split::kValidation, Task::kMain, *without, variance);
      if (!slices.ok()) return slices.status();
      const ReplaySlice& all =
          report.trials.emplace_back(VarianceTrial{variance, slices->front()}).all;
      if (std::isnan(all.gain.low)) {
        const InstanceTable table = instances_of(data_, Split::kValidation, Task::kMain);
        const std::string too_few = too_few_for_interval(table.clicked, table.user, table.users);
        if (too_few.empty()) return bad_data(o_.weights + ": predicts what is not a number");
        return bad_data(log_name(o_.data) + ": the validation split has SF impressions of " +
                        too_few +
                        ", too few to choose a prior variance; give one with --prior-variance");
      }
      if (all.gain.low <= surest) continue;
      surest = all.gain.low;
      report.prior_variance = variance;
    }
    return {};
  }

 private:
  const ReplayFlags& o_;
  const WeightFile& file_;
  const KernelTable& kernels_;
  const Dataset& data_;
  const float unknown_;
};

void print_slices(const std::vector<ReplaySlice>& slices) {
  for (const ReplaySlice& s : slices) {
    if (s.instances == 0) continue;
    std::cout << "  " << align_left(s.name, 21) << align_right(std::to_string(s.instances), 9)
              << align_right(std::to_string(s.users), 9) << "  "
              << align_left(known_number_text(s.without.value, 4), 6) << "   "
              << align_left(known_number_text(s.with.value, 4), 6) << "   "
              << align_left(gain_text(s.gain), 26) << "   " << number_text(s.log_loss_without, 4)
              << "   " << number_text(s.log_loss_with, 4) << "\n";
  }
}

void print_text(const ReplayFlags& o, const Report& r) {
  if (!r.trials.empty()) {
    std::cout << "prior variance, chosen by the lower bound of the gain on the validation split\n"
                 "             without  with    gain\n";
    for (const VarianceTrial& t : r.trials) {
      std::cout << (t.prior_variance == r.prior_variance ? "* " : "  ")
                << align_left(number_text(t.prior_variance), 11)
                << number_text(t.all.without.value, 4) << "   " << number_text(t.all.with.value, 4)
                << "  " << gain_text(t.all.gain) << "\n";
    }
  }
  std::cout << o.split << " split, prior variance " << number_text(r.prior_variance)
            << ", states learn from the " << o.learn_from << " split on\n"
            << "                       instances    users without   with    gain"
               "                         log loss\n";
  std::cout << "SFs\n";
  print_slices(r.sfs);
  if (r.ads.empty()) return;
  std::cout << "ads\n";
  print_slices(r.ads);
}

Json json_of(const ReplaySlice& s) {
  return {{"name", s.name},
          {"instances", s.instances},
          {"users", s.users},
          {"auc_without", json_of(s.without)},
          {"auc_with", json_of(s.with)},
          {"gain", json_of(s.gain)},
          {"log_loss_without", s.log_loss_without},
          {"log_loss_with", s.log_loss_with}};
}

Json json_of(const std::vector<ReplaySlice>& slices) {
  Json out = Json::array();
  for (const ReplaySlice& s : slices) out.push_back(json_of(s));
  return out;
}

void print_json(const ReplayFlags& o, const Report& r) {
  Json out = {{"split", o.split},
              {"learn_from", o.learn_from},
              {"prior_variance", r.prior_variance},
              {"validation", Json::array()},
              {"sfs", json_of(r.sfs)},
              {"ads", json_of(r.ads)}};
  for (const VarianceTrial& t : r.trials) {
    Json trial = {{"prior_variance", t.prior_variance}};
    trial.update(json_of(t.all));
    out["validation"].push_back(std::move(trial));
  }
  std::cout << out.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
}

Result<int> run(const ReplayFlags& o) {
  const Split split = split_named(o.split);
  if (split_named(o.learn_from) > split) {
    return invalid_argument("--learn-from: expected " + o.split + " or a split before it, found " +
                            o.learn_from);
  }
  if (o.prior_variances.size() > 1 && split != Split::kTest) {
    return invalid_argument(
        "--prior-variance: several are chosen among on the validation split, so that only the test "
        "split can judge the choice; give one, or --split test");
  }
  const Result<Isa> isa = choose_isa(o.isa);
  if (!isa.ok()) return isa.status();
  const Result<std::shared_ptr<const WeightFile>> file = WeightFile::open(o.weights);
  if (!file.ok()) return file.status();
  const Result<std::shared_ptr<const Dataset>> data = open_data_to_read(o.data, o.dataset);
  if (!data.ok()) return data.status();
  if ((*data)->instances_of(split, Task::kMain) == 0) {
    return bad_data(log_name(o.data) + ": the " + o.split + " split has no SF impressions");
  }
  const Replays replays(o, **file, kernels_for(*isa), **data);
  Report report;
  if (Status s = replays.choose(report); !s.ok()) return s;
  const auto judge = [&](Task task, std::vector<ReplaySlice>& slices) -> Status {
    const Result<std::vector<float>> without = replays.without_states(split, task);
    if (!without.ok()) return without.status();
    Result<std::vector<ReplaySlice>> judged =
        replays.judge(split, task, *without, report.prior_variance);
    if (!judged.ok()) return judged.status();
    slices = std::move(*judged);
    return {};
  };
  if (Status s = judge(Task::kMain, report.sfs); !s.ok()) return s;
  if ((*file)->architecture().has_auxiliary() &&
      (*data)->instances_of(split, Task::kAuxiliary) > 0) {
    if (Status s = judge(Task::kAuxiliary, report.ads); !s.ok()) return s;
  }
  o.json ? print_json(o, report) : print_text(o, report);
  return kExitOk;
}

}  // namespace

Command add_replay_command(CLI::App& app) {
  const auto o = std::make_shared<ReplayFlags>();
  CLI::App* command = add_subcommand(
      app, "replay", "Replay a log with users' own states, and judge what these bring");
  command->add_option("weights,--weights", o->weights, "Weight file with a dot product")
      ->required()
      ->type_name(kFile);
  add_data_option(*command, o->data, "one of its splits is judged");
  command
      ->add_option("--prior-variance", o->prior_variances,
                   "Prior variances of the states, separated by commas; of several, the one whose "
                   "gain on the validation split has the highest lower bound is judged")
      ->delimiter(',')
      ->check(CLI::Range(kLeastPriorVariance, kLargestPriorVariance))
      ->type_name("NUMBERS")
      ->default_str("0.003,0.01,0.03,0.1,0.3,1")
      ->group(kJudging);
  one_of(command->add_option("--learn-from", o->learn_from,
                             "The first split that states learn from, in the order of time"),
         {std::begin(kSplitNames), std::end(kSplitNames)})
      ->group(kJudging);
  add_split_option(*command, o->split);
  add_log_options(*command, o->dataset);
  add_isa_option(*command, o->isa);
  add_draws_option(*command, o->draws);
  add_seed_option(*command, o->seed);
  add_json_flag(*command, o->json);
  return [o] { return run(*o); };
}

}  // namespace barker
