// sweep and tune: many trainings on one dataset, by seeds or by options.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "models/base/exit_code.h"
#include "models/base/file_bytes.h"
#include "models/base/random.h"
#include "models/cli/commands.h"
#include "models/cli/search_run.h"
#include "models/cli/search_space.h"
#include "models/cli/shared_options.h"
#include "models/command/options.h"
#include "models/evaluate/number_format.h"
#include "models/experiment/statistics.h"
#include "models/text/text.h"

namespace barker {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMaxSpace = 1 << 20;  // bytes

Status no_trial_finished(const Search& search) {
  const std::vector<Trial>& trials = search.journal().trials();
  return {Code::kBadConfiguration,
          "no trial has a validation AUC" +
              (trials.empty() ? std::string() : "; the last one: " + trials.back().failure)};
}

// ---- sweep

// The mean of a metric over the seeds, and how far they lie apart.
struct Spread {
  Effect mean;  // with its Student interval
  size_t count = 0;
  double deviation = NAN;  // of the sample (n - 1)
  double least = NAN, greatest = NAN;
};

Spread spread_of(const std::vector<double>& values) {
  Covariances<1> sums;
  for (const double v : values) sums.add({v});
  const ArmMoments moments = sums.moments(0);
  const auto [least, greatest] = std::ranges::minmax(values);
  return {mean_interval(moments), values.size(), std::sqrt(moments.variance), least, greatest};
}

std::map<std::string, Spread> spreads_of(const std::vector<Trial>& trials) {
  std::map<std::string, std::vector<double>> values;
  for (const Trial& trial : trials) {
    for (const auto& [name, value] : trial.metrics) values[name].push_back(value);
  }
  std::map<std::string, Spread> out;
  for (const auto& [name, of_seeds] : values) out[name] = spread_of(of_seeds);
  return out;
}

void print_spreads(const std::map<std::string, Spread>& spreads, size_t failed, bool as_json) {
  const auto number = [](double v) { return known_number_text(v, 4); };
  if (as_json) {
    Json out = {{"failed", failed}, {"metrics", Json::object()}};
    for (const auto& [name, s] : spreads) {
      out["metrics"][name] = {{"seeds", s.count},      {"mean", s.mean.value}, {"sd", s.deviation},
                              {"low", s.mean.low},     {"high", s.mean.high},  {"least", s.least},
                              {"greatest", s.greatest}};
    }
    std::cout << out.dump(2) << "\n";
    return;
  }
  std::cout << align_left("metric", 30) << "seeds  mean    sd      95% interval of the mean  "
            << "least   greatest\n";
  for (const auto& [name, s] : spreads) {
    std::cout << align_left(name, 30) << align_left(std::to_string(s.count), 7)
              << number(s.mean.value) << "  " << align_left(number(s.deviation), 8)
              << align_left("[" + number(s.mean.low) + ", " + number(s.mean.high) + "]", 26)
              << number(s.least) << "  " << number(s.greatest) << "\n";
  }
  if (failed > 0) std::cout << failed << " trainings failed and are not among them\n";
}

Result<int> run_sweep(const SearchFlags& o) {
  ignore_broken_pipes();
  Result<Search> search =
      Search::open(o, {{"kind", "sweep"}, {"first seed", std::to_string(o.seed)}});
  if (!search.ok()) return search.status();
  for (uint32_t i = 0; i < o.trials; ++i) {
    const Result<bool> over = search->run(i + 1, {"train.seed=" + std::to_string(o.seed + i)},
                                          {Split::kTrain, Split::kValidation, Split::kTest});
    if (!over.ok()) return over.status();
    if (!*over) return search->stopped();
  }
  std::vector<Trial> trials = search->journal().trials();
  std::erase_if(trials, [&](const Trial& t) { return t.number > o.trials; });
  const auto failed = static_cast<size_t>(
      std::ranges::count_if(trials, [](const Trial& t) { return !t.failure.empty(); }));
  if (failed == trials.size()) return no_trial_finished(*search);
  print_spreads(spreads_of(trials), failed, o.json);
  return kExitOk;
}

// ---- tune

// The best of the first `count` trials; null if none has metrics. Of equal ones, the first.
const Trial* best_of(const std::vector<Trial>& trials, uint32_t count) {
  const Trial* best = nullptr;
  for (const Trial& trial : trials) {
    if (trial.number > count || !trial.metrics.contains(kObjective)) continue;
    if (!best || trial.metrics.at(kObjective) > best->metrics.at(kObjective)) best = &trial;
  }
  return best;
}

// Only the best weight file is kept, however many trials there are: that of the trials which are
// asked for, and that of all in the journal, which may be more.
void remove_others(const Search& search, uint32_t count) {
  const std::vector<Trial>& trials = search.journal().trials();
  const Trial* best = best_of(trials, count);
  const Trial* best_of_all = best_of(trials, UINT32_MAX);
  for (const Trial& trial : trials) {
    if (best && &trial != best && &trial != best_of_all)
      std::remove(search.files(trial.number).weights.c_str());
  }
}

// What training would refuse at the ends of the ranges, before any trial runs.
Status check_space(const SearchSpace& space, const TrainOptions& base, const std::string& path) {
  for (const std::string& setting : space.extremes()) {
    TrainOptions options = base;
    if (Status s = apply_setting(setting, options); !s.ok()) {
      return {Code::kBadConfiguration, path + ": " + s.message()};
    }
  }
  return {};
}

Status print_best(const Search& search, const Trial& best, bool as_json) {
  std::map<std::string, double> metrics = best.metrics;
  const std::string& weights = search.files(best.number).weights;
  Status s =
      add_metrics(weights, search.data(), Split::kTest, search.base().main_negatives_kept, metrics);
  if (!s.ok()) return s;
  if (as_json) {
    const Json out = {{"trial", best.number},
                      {"settings", best.settings},
                      {"weights", weights},
                      {"options", search.files(best.number).options},
                      {"metrics", metrics}};
    std::cout << out.dump(2) << "\n";
    return {};
  }
  std::cout << "best: trial " << best.number << "\n";
  for (const std::string& setting : best.settings) std::cout << "  " << visible(setting) << "\n";
  for (const auto& [name, value] : metrics) {
    std::cout << "  " << align_left(name, 30) << number_text(value, 4) << "\n";
  }
  std::cout << visible(weights) << " holds its weights, "
            << visible(search.files(best.number).options) << " its options\n";
  return {};
}

Result<int> run_tune(const SearchFlags& o) {
  ignore_broken_pipes();
  const Result<std::string> text = read_small_file(o.space, kMaxSpace);
  if (!text.ok()) return text.status();
  const Result<SearchSpace> space = SearchSpace::parse(*text);
  if (!space.ok()) return Status(space.status().code(), o.space + ": " + space.status().message());
  const Result<TrainOptions> base = read_training_options(o.training);
  if (!base.ok()) return base.status();
  if (Status s = check_space(*space, *base, o.space); !s.ok()) return s;
  Result<Search> search = Search::open(
      o, {{"kind", "tune"}, {"space", *text}, {"seed of the search", std::to_string(o.seed)}});
  if (!search.ok()) return search.status();
  for (uint32_t number = 1; number <= o.trials; ++number) {
    // Of the trial, so that it is the same after a kill.
    Random random(mix_bits(o.seed), number);
    const Result<bool> over = search->run(number, space->draw(random), {Split::kValidation});
    if (!over.ok()) return over.status();
    if (!*over) return search->stopped();
    remove_others(*search, o.trials);
  }
  const Trial* best = best_of(search->journal().trials(), o.trials);
  if (!best) return no_trial_finished(*search);
  const Result<bool> is_there = search->restore(*best);
  if (!is_there.ok()) return is_there.status();
  if (!*is_there) return search->stopped();
  if (Status s = print_best(*search, *best, o.json); !s.ok()) return s;
  return kExitOk;
}

void add_common(CLI::App& command, SearchFlags& o) {
  add_data_option(command, o.data, "a log becomes DIR/log.data, which every trial reads");
  add_log_options(command, o.dataset);
  command
      .add_option("--out", o.out,
                  "Directory of the journal trials.jsonl and of every trial's files; a killed "
                  "command goes on there")
      ->required()
      ->type_name(kDirectory)
      ->group(kOutput);
  command.add_flag("--json", o.json, "Print the result as JSON")->group(kOutput);
  add_training_options(command, o.training);
}

}  // namespace

Command add_sweep_command(CLI::App& app) {
  const auto o = std::make_shared<SearchFlags>();
  CLI::App* command = add_subcommand(
      app, "sweep", "Train with several seeds: mean and spread of what the model reaches");
  add_common(*command, *o);
  o->trials = 5;
  command->add_option("--seeds", o->trials, "How many seeds")
      ->check(CLI::Range(1, 10000))
      ->group(kRun);
  command->add_option("--first-seed", o->seed, "The first; the others follow it")->group(kRun);
  return [o] { return run_sweep(*o); };
}

Command add_tune_command(CLI::App& app) {
  const auto o = std::make_shared<SearchFlags>();
  CLI::App* command = add_subcommand(
      app, "tune",
      "Search for training options at random in a declared space, judged on validation");
  add_common(*command, *o);
  command->add_option("--space", o->space, "TOML file that declares what is searched")
      ->required()
      ->type_name(kFile)
      ->group(kInput);
  o->trials = 20;
  command->add_option("--trials", o->trials, "How many points of the space are tried")
      ->check(CLI::Range(1, 10000))
      ->group(kRun);
  command->add_option("--seed", o->seed, "Seed of the search; trainings have train.seed")
      ->group(kRun);
  return [o] { return run_tune(*o); };
}

}  // namespace barker
