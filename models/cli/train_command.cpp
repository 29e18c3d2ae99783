#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <memory>

#include "models/cli/commands.h"
#include "models/evaluate/metrics.h"
#include "models/exit_code.h"
#include "models/train/instances.h"
#include "models/train/trainer.h"

namespace barker {
namespace {

struct Options {
  std::string events, out, name = "barker", version = "1", model = "BM", init = "svd";
  TrainOptions train;
  InstanceOptions instances;
  int draws = 200;
  int64_t created = -1;
};

int fail(const Status& status) {
  std::cerr << "barker-train train: " << status.message() << "\n";
  return exit_code(status);
}

// P(click) of each keyword alone: (clicks + 10 g) / (shown + 10), g the overall rate, from the
// training split.
std::vector<float> popularity(const Instances& data) {
  std::vector<double> clicks(data.keywords.size()), shown(data.keywords.size());
  double all_clicks = 0, all_shown = 0;
  for (const uint32_t search : data.searches_of(Split::kTrain)) {
    for (const Target& t : data.targets[search]) {
      clicks[t.keyword] += t.clicked;
      shown[t.keyword] += 1;
      all_clicks += t.clicked;
      all_shown += 1;
    }
  }
  const double rate = all_clicks / all_shown;
  std::vector<float> out;
  for (size_t k = 0; k < clicks.size(); ++k) {
    out.push_back(static_cast<float>((clicks[k] + 10 * rate) / (shown[k] + 10)));
  }
  out.push_back(static_cast<float>(rate));  // of an unknown keyword
  return out;
}

// Test AUC of the model, of popularity, and their difference, each with its interval by user.
std::vector<MetricSpec> judge(const Instances& data, const std::vector<Prediction>& test,
                              const Options& options) {
  if (test.empty()) return {};
  const std::vector<float> popular = popularity(data);
  std::vector<float> scores, baseline;
  std::vector<uint8_t> clicked;
  std::vector<uint32_t> users;
  for (const Prediction& p : test) {
    scores.push_back(p.probability);
    baseline.push_back(p.keyword == kUnknownKeyword ? popular.back() : popular[p.keyword]);
    clicked.push_back(p.clicked);
    users.push_back(p.user);
  }
  const auto count = static_cast<uint32_t>(data.users.size());
  std::vector<MetricSpec> metrics;
  const auto add = [&](const char* name, const Interval& i) {
    metrics.push_back({name, i.value, i.low, i.high});
    std::printf("%-34s %.4f  [%.4f, %.4f]\n", name, i.value, i.low, i.high);
  };
  std::printf("test split: %zu instances, 95%% interval by bootstrap over users\n", test.size());
  add("auc", auc_by_user(scores, clicked, users, count, options.draws, 1));
  add("auc of popularity", auc_by_user(baseline, clicked, users, count, options.draws, 1));
  add("auc above popularity",
      auc_difference_by_user(scores, baseline, clicked, users, count, options.draws, 1));
  return metrics;
}

int run(const Options& options) {
  if (options.model != "BM") {
    return fail(
        invalid_argument("--model: this version trains BM, found \"" + options.model + "\""));
  }
  BadLines bad;
  Result<Instances> data = read_instances(options.events, options.instances, bad);
  if (!data.ok()) return fail(data.status());
  std::cerr << bad.report(options.events);
  std::fprintf(stderr,
               "%llu events used, %llu lines reported, %zu users, %zu keywords; SF impressions: "
               "%llu train, %llu validation, %llu test\n",
               static_cast<unsigned long long>(data->events),
               static_cast<unsigned long long>(bad.count()), data->users.size(),
               data->keywords.size(),
               static_cast<unsigned long long>(data->targets_of(Split::kTrain)),
               static_cast<unsigned long long>(data->targets_of(Split::kValidation)),
               static_cast<unsigned long long>(data->targets_of(Split::kTest)));
  double validation_auc = 0;
  Result<Trained> trained = train_base_model(*data, options.train, [&](const Epoch& e) {
    if (e.best) validation_auc = e.validation_auc;
    std::fprintf(stderr, "epoch %2u  loss %.4f  validation AUC %.4f%s  %.0f instances/s\n",
                 e.number, e.train_loss, e.validation_auc, e.best ? " best" : "     ",
                 e.instances_per_second);
  });
  if (!trained.ok()) return fail(trained.status());
  ModelSpec& model = trained->model;
  model.card = {
      options.name, options.version, options.model, options.created, data->digest, {}, {}};
  if (options.created < 0) {
    using namespace std::chrono;
    model.card.created = duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
  }
  model.card.metrics = judge(*data, trained->test, options);
  model.card.metrics.push_back({"validation auc", validation_auc, validation_auc, validation_auc});
  model.card.notes = {{"seed", std::to_string(options.train.seed)},
                      {"split", "by the log, or by time 80/5/15"},
                      {"history", std::to_string(options.instances.history_length)},
                      {"initialisation", options.init}};
  if (const Status s = write_weight_file(model, options.out); !s.ok()) return fail(s);
  std::fprintf(stderr, "%s is ready\n", options.out.c_str());
  return kExitOk;
}

}  // namespace

Command add_train_command(CLI::App& app) {
  const auto o = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("train", "Learn from an event log (models/data/EVENTS.md) and freeze");
  command->add_option("--events", o->events, "Event log, JSON Lines, plain or gzip")->required();
  command->add_option("--out", o->out, "Weight file to write")->required();
  command->add_option("--model", o->model, "BM");
  command->add_option("--name", o->name, "Name for the model card");
  command->add_option("--model-version", o->version, "Version for the model card");
  command->add_option("--created", o->created,
                      "Seconds since 1970 for the model card; default: now");
  command->add_option("--seed", o->train.seed, "Equal seeds give equal weights on one thread");
  command->add_option("--threads", o->train.threads)->check(CLI::Range(1, 256));
  command->add_option("--dim", o->train.dim, "Width of an embedding")->check(CLI::Range(1, 1024));
  command->add_option("--hidden", o->train.hidden, "Sizes of the hidden layers")
      ->delimiter(',')
      ->check(CLI::Range(1, 4096));
  command->add_option("--learning-rate", o->train.learning_rate)->check(CLI::Range(1e-6, 1.0));
  command->add_option("--dropout", o->train.dropout)->check(CLI::Range(0.0, 0.95));
  command->add_option("--history-dropout", o->train.history_dropout)->check(CLI::Range(0.0, 0.95));
  command->add_option("--epochs", o->train.max_epochs, "At most")->check(CLI::Range(1, 10000));
  command->add_option("--patience", o->train.patience, "Epochs without a better validation AUC")
      ->check(CLI::Range(1, 1000));
  command->add_option("--history", o->instances.history_length, "Newest keywords kept")
      ->check(CLI::Range(1, 200));
  command->add_option("--init", o->init, "svd (co-occurrence) or noise")
      ->check(CLI::IsMember({"svd", "noise"}));
  command->add_option("--bootstrap", o->draws, "Draws for the intervals")
      ->check(CLI::Range(10, 100000));
  return [o] {
    o->train.svd = o->init == "svd";
    return run(*o);
  };
}

}  // namespace barker
