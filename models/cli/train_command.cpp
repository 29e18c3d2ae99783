#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cctype>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>

#include "models/base/exit_code.h"
#include "models/cli/commands.h"
#include "models/evaluate/instances.h"
#include "models/evaluate/metrics.h"
#include "models/evaluate/quality.h"
#include "models/evaluate/score.h"
#include "models/train/peers.h"
#include "models/train/trainer.h"
#include "scoring/isa.h"

namespace barker {
namespace {

struct Options {
  std::string data, out, config, name = "barker", version = "1", checkpoint, peers;
  std::vector<std::string> set;
  DatasetOptions dataset;
  uint64_t checkpoint_steps = 0;
  bool resume = false, quiet = false;
  int draws = 200, rank = 0, ranks = 1;
  int64_t created = -1;
};

std::atomic<bool> stop_requested{false};

// The first signal asks for a checkpoint, the second one ends the process as usual.
void request_stop(int signal) {
  stop_requested = true;
  std::signal(signal, SIG_DFL);
}

int fail(const Status& status) {
  std::cerr << "barker-train train: " << status.message() << "\n";
  return exit_code(status);
}

// "train.seed=2".
Status apply_setting(const std::string& setting, TrainOptions& options) {
  const size_t equals = setting.find('=');
  const size_t dot = setting.find('.');
  if (equals == std::string::npos || dot == std::string::npos || dot > equals) {
    return invalid_argument("--set: expected section.key=value, found \"" + setting + "\"");
  }
  std::string value = setting.substr(equals + 1);
  const bool word = !value.empty() && std::isalpha(static_cast<unsigned char>(value[0])) &&
                    value != "true" && value != "false";
  if (word) value = '"' + value + '"';  // strings need no quotes here
  const Status s =
      read_options("[" + setting.substr(0, dot) + "]\n" +
                       setting.substr(dot + 1, equals - dot - 1) + " = " + value + "\n",
                   options);
  return s.ok() ? s : Status(s.code(), "--set " + setting + ": " + s.message());
}

Result<TrainOptions> train_options(const Options& options) {
  TrainOptions train;
  if (!options.config.empty()) {
    std::ifstream in(options.config);
    std::ostringstream text;
    text << in.rdbuf();
    if (!in) return not_found(options.config + ": cannot be read");
    if (Status s = read_options(text.str(), train); !s.ok()) {
      return Status(s.code(), options.config + ": " + s.message());
    }
  }
  for (const std::string& setting : options.set) {
    if (Status s = apply_setting(setting, train); !s.ok()) return s;
  }
  return train;
}

void print_epoch(const EpochReport& e) {
  std::fprintf(stderr, "\r%-9s %3u ", e.phase, e.number);
  if (!std::isnan(e.main_loss)) std::fprintf(stderr, " loss %.4f", e.main_loss);
  if (!std::isnan(e.aux_loss)) std::fprintf(stderr, " ad loss %.4f", e.aux_loss);
  std::fprintf(stderr, "  validation AUC %.4f%s  %.0f instances/s\n", e.validation_auc,
               e.best ? " best" : "     ", e.instances_per_second);
}

void print_step(const StepReport& s) {
  std::fprintf(stderr, "\r%-9s %3u  %5.1f%%  %.0f instances/s  %.0f s left   ", s.phase, s.epoch,
               100.0 * static_cast<double>(s.step) / static_cast<double>(s.steps),
               s.instances_per_second, s.seconds_left);
}

// The AUC of the frozen file on the test split, for the model card.
Status judge(const std::string& path, const Dataset& data, const Options& options,
             std::vector<MetricSpec>& metrics) {
  const InstanceTable test = instances_of(data, Split::kTest, Task::kMain);
  if (test.size() == 0) return {};
  Result<std::shared_ptr<const WeightFile>> file = WeightFile::open(path);
  if (!file.ok()) return file.status();
  const KernelTable& kernels = kernels_for(supported_isas().back());
  const auto prior = static_cast<float>(data.clicks_of(Split::kTrain, Task::kMain)) /
                     static_cast<float>(data.instances_of(Split::kTrain, Task::kMain));
  const auto add = [&](const char* name, const InstanceTable& table,
                       const std::vector<float>& scores) {
    const Interval i =
        auc_by_user(scores, table.clicked, table.user, table.users, options.draws, 1);
    metrics.push_back({name, i.value, i.low, i.high});
    std::printf("%-24s %.4f  [%.4f, %.4f]  %zu instances\n", name, i.value, i.low, i.high,
                table.size());
  };
  const auto main = score_dataset(**file, kernels, data, Split::kTest, Task::kMain, prior);
  if (!main.ok()) return main.status();
  add("auc", test, *main);
  const double error = calibration_error(*main, test.clicked), loss = log_loss(*main, test.clicked);
  metrics.push_back({"calibration error", error, error, error});
  metrics.push_back({"log loss", loss, loss, loss});
  const InstanceTable ads = instances_of(data, Split::kTest, Task::kAuxiliary);
  const auto aux = score_dataset(**file, kernels, data, Split::kTest, Task::kAuxiliary, prior);
  if (aux.ok() && ads.size() > 0) add("auxiliary auc", ads, *aux);
  return {};
}

int run(const Options& options) {
  const Result<TrainOptions> train_with = train_options(options);
  if (!train_with.ok()) return fail(train_with.status());
  BadLines bad;
  Result<std::shared_ptr<const Dataset>> opened =
      open_dataset_or_log(options.data, options.out, options.dataset, bad);
  if (!opened.ok()) return fail(opened.status());
  const Dataset& data = **opened;
  std::cerr << bad.report(options.data);
  const auto count = [&](Split split, Task task) {
    return static_cast<unsigned long long>(data.instances_of(split, task));
  };
  std::fprintf(stderr,
               "%llu events used, %llu lines reported, %u users, %u keywords, %u features\n"
               "SF impressions: %llu train, %llu validation, %llu test; ads: %llu, %llu, %llu\n",
               static_cast<unsigned long long>(data.events()),
               static_cast<unsigned long long>(bad.count()), data.users(), data.keywords(),
               data.features(), count(Split::kTrain, Task::kMain),
               count(Split::kValidation, Task::kMain), count(Split::kTest, Task::kMain),
               count(Split::kTrain, Task::kAuxiliary), count(Split::kValidation, Task::kAuxiliary),
               count(Split::kTest, Task::kAuxiliary));
  RunOptions run;
  run.checkpoint = options.checkpoint.empty() ? options.out + ".checkpoint" : options.checkpoint;
  run.checkpoint_steps = options.checkpoint_steps;
  run.resume = options.resume;
  run.stop = &stop_requested;
  if (!options.quiet) {
    run.on_epoch = print_epoch;
    if (isatty(fileno(stderr))) run.on_step = print_step;
  }
  std::unique_ptr<Peers> peers;
  if (options.ranks > 1) {
    Result<std::unique_ptr<Peers>> connected =
        connect_peers(options.peers, options.rank, options.ranks);
    if (!connected.ok()) return fail(connected.status());
    peers = std::move(*connected);
    run.peers = peers.get();
  }
  std::signal(SIGINT, request_stop);
  std::signal(SIGTERM, request_stop);
  Result<Trained> trained = train(data, *train_with, run);
  if (!trained.ok()) return fail(trained.status());
  if (trained->stopped) {
    std::fprintf(stderr, "\nstopped; go on with --resume, from %s\n", run.checkpoint.c_str());
    return kExitUnavailable;
  }
  if (options.rank > 0) return kExitOk;  // rank 0 writes
  if (train_with->model.is_experiment()) {
    const InstanceTable test = instances_of(data, Split::kTest, Task::kMain);
    const Interval i =
        auc_by_user(trained->test_logits, test.clicked, test.user, test.users, options.draws, 1);
    std::printf("auc (libtorch) %.4f  [%.4f, %.4f]  %zu instances\n", i.value, i.low, i.high,
                test.size());
    std::fprintf(stderr, "an experiment: no weight file carries it, so %s is not written\n",
                 options.out.c_str());
    std::remove(run.checkpoint.c_str());
    return kExitOk;
  }
  ModelSpec& model = trained->model;
  CardSpec& card = model.card;
  card.name = options.name;
  card.version = options.version;
  card.model = train_with->model.name;
  card.created = options.created;
  if (options.created < 0) {
    using namespace std::chrono;
    card.created = duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
  }
  card.notes = {
      {"options", options_to_toml(*train_with)},
      {"split", "by the log, or by time 80/5/15"},
      {"instances", std::to_string(count(Split::kTrain, Task::kMain)) + " main, " +
                        std::to_string(count(Split::kTrain, Task::kAuxiliary)) + " auxiliary"}};
  // Once to be judged, once more with what was found: the card is part of the file.
  if (const Status s = write_weight_file(model, options.out); !s.ok()) return fail(s);
  if (const Status s = judge(options.out, data, options, card.metrics); !s.ok()) return fail(s);
  card.metrics.push_back({"validation auc", trained->validation_auc, trained->validation_auc,
                          trained->validation_auc});
  if (const Status s = write_weight_file(model, options.out); !s.ok()) return fail(s);
  std::remove(run.checkpoint.c_str());
  std::fprintf(stderr, "%s is ready\n", options.out.c_str());
  return kExitOk;
}

}  // namespace

Command add_train_command(CLI::App& app) {
  const auto o = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "train", "Learn from an event log (models/data/EVENTS.md) or a prepared dataset, and freeze");
  command->add_option("--data,--events", o->data, "Event log, plain or gzip, or dataset")
      ->required();
  command->add_option("--out", o->out, "Weight file to write")->required();
  command->add_option("--config", o->config, "TOML; `barker-train config` prints the defaults");
  command->add_option("--set", o->set, "section.key=value, over the configuration; repeatable");
  command->add_option("--name", o->name, "Name for the model card");
  command->add_option("--model-version", o->version, "Version for the model card");
  command->add_option("--created", o->created,
                      "Seconds since 1970 for the model card; default: now");
  command
      ->add_option("--main-share", o->dataset.main_share, "Keep this share of the training SF bars")
      ->check(CLI::Range(0.0, 1.0));
  command->add_option("--checkpoint", o->checkpoint, "File; default: OUT.checkpoint");
  command->add_option("--checkpoint-steps", o->checkpoint_steps,
                      "Save after so many steps, too, not after epochs only");
  command->add_flag("--resume", o->resume, "Go on from the checkpoint");
  command->add_option("--bootstrap", o->draws, "Draws for the intervals")
      ->check(CLI::Range(10, 100000));
  command->add_flag("--quiet", o->quiet, "No progress");
  command->add_option("--peers", o->peers,
                      "host:port of rank 0, for training in several processes");
  command->add_option("--rank", o->rank, "This process, 0 to RANKS - 1")
      ->check(CLI::Range(0, 4095));
  command->add_option("--ranks", o->ranks, "Number of processes")->check(CLI::Range(1, 4096));
  return [o] { return run(*o); };
}

Command add_config_command(CLI::App& app) {
  app.add_subcommand("config", "Print all training options with their defaults, as TOML");
  return [] {
    std::cout << options_to_toml({});
    return static_cast<int>(kExitOk);
  };
}

}  // namespace barker
