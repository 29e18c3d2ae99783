// sweep and tune: many trainings on one dataset, by seeds or by options.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "models/base/exit_code.h"
#include "models/base/file_bytes.h"
#include "models/base/output_paths.h"
#include "models/base/random.h"
#include "models/cli/commands.h"
#include "models/cli/search_space.h"
#include "models/cli/shared_options.h"
#include "models/cli/training_options.h"
#include "models/cli/trial_run.h"
#include "models/command/options.h"
#include "models/data/merged_log.h"
#include "models/evaluate/number_format.h"
#include "models/experiment/statistics.h"
#include "models/text/text.h"

namespace barker {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr size_t kMaxSpace = 1 << 20;  // bytes
constexpr char kObjective[] = "validation auc";

struct SearchFlags {
  std::string out, space;
  std::vector<std::string> data;
  DatasetOptions dataset;
  TrainingWords training;
  uint32_t trials = 0;
  uint64_t seed = 1;
  bool json = false;
};

std::string journal_path(const SearchFlags& o) { return o.out + "/trials.jsonl"; }

// The dataset of a search, and the file that its trials read.
struct SearchData {
  std::shared_ptr<const Dataset> dataset;
  std::string path;
  std::string made;  // what a log became, until the journal says that it is of this search
};

// Trials are processes of their own, so that a log becomes a dataset in the directory first. The
// directory must exist.
Result<SearchData> open_search_data(const SearchFlags& o) {
  SearchData out;
  BadLines bad;
  if (std::ranges::any_of(o.data, Dataset::is_dataset)) {
    out.path = o.data[0];
    Result<std::shared_ptr<const Dataset>> data = open_data(o.data, o.out, o.dataset, bad);
    if (!data.ok()) return data.status();
    out.dataset = std::move(*data);
    return out;
  }
  out.path = o.out + "/log.data";
  out.made = out.path + ".new";
  if (fs::exists(out.path) && !fs::exists(journal_path(o))) {
    return Status(Code::kFailedPrecondition,
                  out.path + ": is there, and no search made it; name another directory");
  }
  if (Status s = check_outputs(input_paths("--data", o.data), {{"--out", out.path}}); !s.ok())
    return s;
  const Status built = build_dataset(o.data, out.made, o.dataset, bad);
  std::cerr << visible_lines(bad.report(log_name(o.data)));
  if (!built.ok()) return built;
  Result<std::shared_ptr<const Dataset>> data = Dataset::open(out.made);
  if (!data.ok()) return data.status();
  out.dataset = std::move(*data);
  return out;
}

// Only the search that the journal belongs to may replace the dataset in the directory.
Result<TrialJournal> open_journal(const SearchFlags& o, const TrialSubject& subject,
                                  const SearchData& data) {
  Result<TrialJournal> journal = TrialJournal::open(journal_path(o), subject);
  if (data.made.empty()) return journal;
  std::error_code error;
  if (!journal.ok()) {
    fs::remove(data.made, error);
    return journal;
  }
  fs::rename(data.made, data.path, error);
  if (error) return io_error(data.path + ": cannot be written: " + error.message());
  return journal;
}

// The dataset, the directory and the journal of a search.
class Search {
 public:
  // `subject` is what this kind of search adds to the data and options that its trials share.
  static Result<Search> open(const SearchFlags& o, TrialSubject subject) {
    Result<TrainOptions> base = read_training_options(o.training);
    if (!base.ok()) return base.status();
    std::error_code error;
    fs::create_directories(o.out, error);
    if (error) return io_error(o.out + ": cannot be made: " + error.message());
    Result<SearchData> data = open_search_data(o);
    if (!data.ok()) return data.status();
    subject["dataset"] = std::string(data->dataset->digest());
    if (!data->made.empty()) subject["split"] = std::string(data->dataset->split_text());
    subject["training options"] = options_to_toml(*base);
    Result<TrialJournal> journal = open_journal(o, subject, *data);
    if (!journal.ok()) return journal.status();
    catch_stop_signals();
    return Search(o, std::move(*data), std::move(*base), std::move(*journal));
  }

  TrialFiles files(uint32_t number) const {
    char name[32];
    std::snprintf(name, sizeof name, "trial-%04u", number);
    return {options_.out, name};
  }

  // Runs the trial unless the journal has it. False if a signal asked for the end.
  Result<bool> run(uint32_t number, const std::vector<std::string>& settings,
                   const std::vector<Split>& splits) {
    if (journal_.has(number)) return true;
    if (is_stop_requested()) return false;
    Trial trial;
    trial.number = number;
    trial.settings = settings;
    const Result<TrainOptions> options = options_of(trial);
    if (options.ok()) {
      const Result<bool> over = run_trial(data_.path, *options, files(number), trial);
      if (!over.ok() || !*over) return over;
    } else {
      trial.failure = options.status().message();
    }
    for (const Split split : splits) {
      if (!trial.failure.empty()) break;
      Status s = add_metrics(files(number).weights, *data_.dataset, split,
                             options->main_negatives_kept, trial.metrics);
      if (!s.ok()) return s;
    }
    print(trial);
    if (Status s = journal_.add(std::move(trial)); !s.ok()) return s;
    return true;
  }

  // Trains a trial of the journal again, to the very same weights, where its file is gone: with
  // more or fewer trials, another one is the best. False as in run().
  Result<bool> restore(const Trial& done) {
    const std::string& weights = files(done.number).weights;
    if (fs::exists(weights)) return true;
    std::cerr << visible(weights) << ": is not there, so trial " << done.number
              << " is trained again\n";
    const Result<TrainOptions> options = options_of(done);
    if (!options.ok()) return options.status();
    Trial again = done;
    const Result<bool> over = run_trial(data_.path, *options, files(done.number), again);
    if (!over.ok() || !*over) return over;
    if (!again.failure.empty()) return io_error(weights + ": " + again.failure);
    return true;
  }

  const Dataset& data() const { return *data_.dataset; }
  const TrainOptions& base() const { return base_; }
  const TrialJournal& journal() const { return journal_; }

  int stopped() const {
    std::fprintf(stderr, "stopped; the same command goes on after %zu trials\n",
                 journal_.trials().size());
    return kExitUnavailable;
  }

 private:
  Search(const SearchFlags& options, SearchData data, TrainOptions base, TrialJournal journal)
      : options_(options),
        data_(std::move(data)),
        base_(std::move(base)),
        journal_(std::move(journal)) {}

  Result<TrainOptions> options_of(const Trial& trial) const {
    TrainOptions options = base_;
    for (const std::string& setting : trial.settings) {
      if (Status s = apply_setting(setting, options); !s.ok()) return s;
    }
    return options;
  }

  static void print(const Trial& trial) {
    std::string line = "trial " + std::to_string(trial.number) + "  ";
    const auto found = trial.metrics.find(kObjective);
    line += found == trial.metrics.end() ? "failed: " + trial.failure
                                         : "validation AUC " + number_text(found->second, 4);
    line += "  " + number_text(trial.seconds, 1) + " s ";
    for (const std::string& setting : trial.settings) line += " " + setting;
    std::cerr << visible(line) << "\n";
  }

  const SearchFlags& options_;
  SearchData data_;
  TrainOptions base_;
  TrialJournal journal_;
};

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
