#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>

#include "models/base/exit_code.h"
#include "models/base/output_paths.h"
#include "models/cli/commands.h"
#include "models/cli/epoch_log.h"
#include "models/cli/interval_output.h"
#include "models/cli/shared_options.h"
#include "models/cli/training_messages.h"
#include "models/cli/training_options.h"
#include "models/cli/weight_draft.h"
#include "models/command/options.h"
#include "models/data/period.h"
#include "models/data/time_check.h"
#include "models/evaluate/instances.h"
#include "models/evaluate/metrics.h"
#include "models/evaluate/quality.h"
#include "models/evaluate/score.h"
#include "models/text/text.h"
#include "models/train/half_life.h"
#include "models/train/peers.h"
#include "models/train/trainer.h"
#include "models/weights/weights_generated.h"
#include "scoring/isa.h"

namespace barker {
namespace {

struct TrainFlags {
  std::vector<std::string> data;
  std::string out, checkpoint, peers, start, log_json;
  TrainingWords training;
  DatasetOptions dataset;
  uint64_t checkpoint_steps = 0;
  bool resume = false, quiet = false, relearn = false;
  int draws = 200, rank = 0, ranks = 1;
  CardOptions card{.name = "barker"};
};

std::atomic<bool> checkpoint_requested{false};

// The first signal asks for a checkpoint, the second one ends the process as usual.
void request_checkpoint(int signal) {
  checkpoint_requested = true;
  std::signal(signal, SIG_DFL);
}

// The AUC of the frozen file on the test split, for the model card.
Status judge(const std::string& path, const Dataset& data, const TrainOptions& train_with,
             const TrainFlags& options, std::vector<MetricSpec>& metrics) {
  const InstanceTable test = instances_of(data, Split::kTest, Task::kMain);
  if (test.size() == 0) return {};
  Result<std::shared_ptr<const WeightFile>> file = WeightFile::open(path);
  if (!file.ok()) return file.status();
  const KernelTable& kernels = kernels_for(supported_isas().back());
  const float prior = training_click_rate(data);
  const auto add = [&](const char* name, const InstanceTable& table,
                       const std::vector<float>& scores) {
    const Interval i =
        auc_by_user(scores, table.clicked, table.user, table.users, options.draws, 1);
    const bool has_interval = std::isfinite(i.low);
    metrics.push_back(
        {name, i.value, has_interval ? i.low : i.value, has_interval ? i.high : i.value});
    // Standard output may be the log of epochs.
    std::fprintf(options.log_json == "-" ? stderr : stdout, "%-24s %s  %zu instances\n", name,
                 interval_text(i).c_str(), table.size());
  };
  const auto main = score_dataset(**file, kernels, data, Split::kTest, Task::kMain, prior);
  if (!main.ok()) return main.status();
  add("auc", test, *main);
  const double weight = 1 / train_with.main_negatives_kept;
  const double error = calibration_error(*main, test.clicked, weight);
  const double loss = log_loss(*main, test.clicked, weight);
  metrics.push_back({"calibration error", error, error, error});
  metrics.push_back({"log loss", loss, loss, loss});
  const InstanceTable ads = instances_of(data, Split::kTest, Task::kAuxiliary);
  if (!(*file)->architecture().has_auxiliary() || ads.size() == 0) return {};
  const auto aux = score_dataset(**file, kernels, data, Split::kTest, Task::kAuxiliary, prior);
  if (!aux.ok()) return aux.status();
  add("auxiliary auc", ads, *aux);
  return {};
}

RunOptions run_options(const TrainFlags& options) {
  RunOptions run;
  run.checkpoint = options.checkpoint.empty() ? options.out + ".checkpoint" : options.checkpoint;
  run.checkpoint_steps = options.checkpoint_steps;
  run.resume = options.resume && std::filesystem::exists(run.checkpoint);
  run.start = options.start;
  run.stop = &checkpoint_requested;
  if (!options.quiet) {
    run.on_epoch = print_training_epoch;
    if (isatty(fileno(stderr))) run.on_step = print_training_step;
  }
  return run;
}

// What --init says of its own training decides what is left to be learned of the log.
Status read_start(const TrainFlags& options, const Dataset& data, TrainOptions& train_with,
                  EarlierTraining& before, RunOptions& run) {
  if (options.start.empty()) return {};
  const Result<EarlierTraining> found = earlier_training(options.start);
  if (!found.ok()) return found.status();
  before = *found;
  // The number that is taken by default grows with the users, and other buckets mean other users.
  if (train_with.model.user_id_buckets == 0) train_with.model.user_id_buckets = before.user_buckets;
  const std::optional<Period> learned = period_of(data, Split::kTrain);
  if (learned && before.from) before.from = on_clock_of(learned->first, *before.from);
  if (learned && before.to) before.to = on_clock_of(learned->first, *before.to);
  if (!before.to) return {};
  const std::optional<Period> judged = period_of(data, Split::kValidation);
  if (learned && judged && *before.to >= judged->first && *before.to > learned->last) {
    std::fprintf(stderr,
                 "WARNING: %s learned until %s, and the training split ends at %s: what is judged "
                 "here flatters it\n",
                 visible(options.start).c_str(), time_text(*before.to).c_str(),
                 time_text(learned->last).c_str());
  }
  if (!options.relearn) run.increment = increment_after(*before.to, data);
  if (run.increment) print_increment(options.start, data, train_with, *run.increment);
  return {};
}

// Writes the weight file twice as a draft: first to be judged, then with the metrics that were
// found, because the model card is a part of the file. Only then does the draft replace OUT.
Status write_model(Trained& trained, const Dataset& data, const TrainOptions& train_with,
                   const EarlierTraining& before, const TrainFlags& options) {
  CardSpec& card = trained.model.card;
  options.card.write_to(card);
  card.model = train_with.model.name;
  card.notes = {
      {"options", options_to_toml(train_with)},
      {"split", std::string(data.split_text())},
      {"instances", std::to_string(data.instances_of(Split::kTrain, Task::kMain)) + " main, " +
                        std::to_string(data.instances_of(Split::kTrain, Task::kAuxiliary)) +
                        " auxiliary"}};
  if (const std::optional<Period> period = period_of(data, Split::kTrain)) {
    // What the start learned from is in the weights as well.
    const int64_t from = std::min(period->first, before.from.value_or(period->first));
    const int64_t to = std::max(period->last, before.to.value_or(period->last));
    card.notes.emplace_back(kTrainedFromNote, std::to_string(from));
    card.notes.emplace_back(kTrainedToNote, std::to_string(to));
  }
  if (!options.start.empty()) card.notes.emplace_back("started from", options.start);
  const std::string trend = trained.trend.text();
  if (!trend.empty()) card.notes.emplace_back("trend", trend);
  WeightDraft draft(options.out);
  if (Status s = draft.write(trained.model); !s.ok()) return s;
  if (Status s = judge(draft.path(), data, train_with, options, card.metrics); !s.ok()) return s;
  card.metrics.push_back(
      {"validation auc", trained.validation_auc, trained.validation_auc, trained.validation_auc});
  if (Status s = draft.write(trained.model); !s.ok()) return s;
  return draft.publish();
}

// A rank above 0 writes nothing, so that one of a single process would lose what it learned.
Status check_ranks(const TrainFlags& options) {
  if (options.rank >= options.ranks) {
    return invalid_argument("--rank " + std::to_string(options.rank) + ": expected one below the " +
                            std::to_string(options.ranks) + " of --ranks");
  }
  if (options.ranks == 1 && !options.peers.empty()) {
    return invalid_argument("--peers: expected --ranks N beside it, with N from 2 on");
  }
  if (options.ranks > 1 && options.peers.empty()) {
    return invalid_argument("--ranks: expected --peers HOST:PORT beside it");
  }
  return {};
}

Status check_files(const TrainFlags& options) {
  if (options.rank > 0) return {};  // only rank 0 writes
  std::vector<InputPath> inputs = input_paths("--data", options.data);
  inputs.push_back({"--config", options.training.config});
  inputs.push_back({"--init", options.start});
  return check_outputs(inputs, {{"--out", options.out},
                                {"--checkpoint", run_options(options).checkpoint},
                                {"--log-json", options.log_json, OutputPath::Kind::kFileOrStream}});
}

// Adds the log of epochs to what is done after each.
Status open_epoch_log(const TrainFlags& options, RunOptions& run, std::optional<EpochLog>& log) {
  if (options.log_json.empty() || options.rank > 0) return {};  // only rank 0 writes
  Result<EpochLog> opened = EpochLog::open(options.log_json, run.resume);
  if (!opened.ok()) return opened.status();
  log.emplace(std::move(*opened));
  run.judge_both = true;
  run.on_epoch = [&log, print = run.on_epoch](const EpochReport& epoch) {
    if (print) print(epoch);
    log->add(epoch);
  };
  return {};
}

Result<int> run(const TrainFlags& options) {
  ignore_broken_pipes();
  Result<TrainOptions> train_with = read_training_options(options.training);
  if (!train_with.ok()) return train_with.status();
  if (Status s = check_ranks(options); !s.ok()) return s;
  if (Status s = check_files(options); !s.ok()) return s;
  BadLines bad;
  const Result<std::shared_ptr<const Dataset>> opened =
      open_data(options.data, options.out, options.dataset, bad);
  if (!opened.ok()) return opened.status();
  const Dataset& data = **opened;
  print_data(data, bad);
  RunOptions run = run_options(options);
  if (options.resume && !run.resume) {
    std::fprintf(stderr, "%s: there is no checkpoint, so the run starts\n",
                 visible(run.checkpoint).c_str());
  }
  EarlierTraining before;
  if (Status s = read_start(options, data, *train_with, before, run); !s.ok()) return s;
  print_corrections(data, *train_with, run.increment);
  std::unique_ptr<Peers> peers;
  if (options.ranks > 1) {
    Result<std::unique_ptr<Peers>> connected =
        connect_peers(options.peers, options.rank, options.ranks);
    if (!connected.ok()) return connected.status();
    peers = std::move(*connected);
    run.peers = peers.get();
  }
  std::optional<EpochLog> log;
  if (Status s = open_epoch_log(options, run, log); !s.ok()) return s;
  std::signal(SIGINT, request_checkpoint);
  std::signal(SIGTERM, request_checkpoint);
  Result<Trained> trained = train(data, *train_with, run);
  if (!trained.ok()) return trained.status();
  if (trained->stopped) {
    std::fprintf(stderr, "\nstopped; --resume goes on from %s\n", visible(run.checkpoint).c_str());
    return kExitUnavailable;
  }
  if (options.rank > 0) {  // only rank 0 writes
    forget_output_errors();
    return kExitOk;
  }
  print_trained(*trained, options.start);
  if (Status s = write_model(*trained, data, *train_with, before, options); !s.ok()) return s;
  // Unless it is the log of epochs, the result is the file.
  if (options.log_json != "-") forget_output_errors();
  std::fprintf(stderr, "%s is ready\n", visible(options.out).c_str());
  std::remove(run.checkpoint.c_str());
  if (log && !log->status().ok()) return log->status();
  return kExitOk;
}

void add_model_options(CLI::App& command, TrainFlags& o) {
  add_training_options(command, o.training);
  CLI::Option* start =
      command.add_option("--init", o.start, "Weight file to start from, such as yesterday's")
          ->type_name(kFile)
          ->group(kModel);
  command
      .add_flag("--relearn", o.relearn,
                "With --init: learn all of the log again, and not only what came after the file's "
                "training with a sample of what was before (options `increment`)")
      ->needs(start)
      ->group(kModel);
  add_training_seed_option(command, o.training);
  add_card_options(command, o.card);
}

void add_run_options(CLI::App& command, TrainFlags& o) {
  command.add_option("--checkpoint", o.checkpoint, "Checkpoint file")
      ->type_name(kFile)
      ->default_str("OUT.checkpoint")
      ->group(kRun);
  command
      .add_option("--checkpoint-steps", o.checkpoint_steps,
                  "Save a checkpoint after so many steps, too; 0 saves after epochs only")
      ->group(kRun);
  command.add_flag("--resume", o.resume, "Go on from the checkpoint, if there is one")->group(kRun);
  command.add_flag("--quiet", o.quiet, "Print no progress")->group(kRun);
  command
      .add_option("--log-json", o.log_json,
                  "Also write a JSON object for each epoch: losses, validation AUCs, speed")
      ->type_name(kFile)
      ->group(kOutput);
  command.add_option("--peers", o.peers, "HOST:PORT of rank 0, to train in several processes")
      ->type_name("ADDRESS")
      ->group(kRun);
  command.add_option("--rank", o.rank, "Number of this process, from 0")
      ->check(CLI::Range(0, 4095))
      ->group(kRun);
  command.add_option("--ranks", o.ranks, "Number of processes")
      ->check(CLI::Range(1, 4096))
      ->group(kRun);
}

}  // namespace

Command add_train_command(CLI::App& app) {
  const auto o = std::make_shared<TrainFlags>();
  CLI::App* command = add_subcommand(
      app, "train", "Learn from an event log or dataset, judge, write a weight file");
  add_data_option(*command, o->data, "its training split is learned from");
  add_main_share_option(*command, o->dataset);
  add_log_options(*command, o->dataset);
  add_out_option(*command, "--out", o->out, "Weight file to write");
  add_model_options(*command, *o);
  add_run_options(*command, *o);
  add_draws_option(*command, o->draws);
  return [o] { return run(*o); };
}

Command add_config_command(CLI::App& app) {
  add_subcommand(app, "config", "Print all training options with their defaults, as TOML");
  return []() -> Result<int> {
    std::cout << options_to_toml({});
    return kExitOk;
  };
}

}  // namespace barker
