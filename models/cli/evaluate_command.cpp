// evaluate and compare: judging weight files on a split of a dataset through the serving kernels.
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <memory>

#include "models/base/exit_code.h"
#include "models/base/output_file.h"
#include "models/base/output_paths.h"
#include "models/baselines/all_baselines.h"
#include "models/cli/commands.h"
#include "models/cli/shared_options.h"
#include "models/command/options.h"
#include "models/data/merged_log.h"
#include "models/data/time_check.h"
#include "models/evaluate/predictions.h"
#include "models/evaluate/report.h"
#include "models/evaluate/score.h"
#include "models/text/text.h"
#include "models/weights/weights_generated.h"
#include "scoring/isa.h"

namespace barker {
namespace {

struct EvaluateFlags {
  std::string json, html, isa, split = "test", predictions;
  std::vector<std::string> data, weights, baselines, slices;
  int draws = 200;
  uint64_t seed = 1;
  double negatives_kept = 1;
  DatasetOptions dataset;
};

// A dataset, the kernels, and what is judged on it.
class Judge {
 public:
  Status open(const EvaluateFlags& o) {
    const Result<Isa> isa = choose_isa(o.isa);
    if (!isa.ok()) return isa.status();
    kernels_ = &kernels_for(*isa);
    Result<std::shared_ptr<const Dataset>> data = open_data_to_read(o.data, o.dataset);
    if (!data.ok()) return data.status();
    data_ = *data;
    split_ = split_named(o.split);
    judged = instances_of(*data_, split_, Task::kMain);
    validation = instances_of(*data_, Split::kValidation, Task::kMain);
    auxiliary = instances_of(*data_, split_, Task::kAuxiliary);
    if (judged.size() == 0) {
      return bad_data(log_name(o.data) + ": the " + o.split + " split has no SF impressions");
    }
    unknown_ = training_click_rate(*data_);
    return {};
  }

  Result<NamedPredictions> score(const std::string& path) const {
    Result<std::shared_ptr<const WeightFile>> file = WeightFile::open(path);
    if (!file.ok()) return file.status();
    NamedPredictions out{path, {}, {}, {}};
    const auto run = [&](Split split, Task task, std::vector<float>& to) -> Status {
      Result<std::vector<float>> p =
          score_dataset(**file, *kernels_, *data_, split, task, unknown_);
      if (!p.ok()) return p.status();
      to = std::move(*p);
      return {};
    };
    if (Status s = run(split_, Task::kMain, out.judged); !s.ok()) return s;
    if (split_ != Split::kValidation) {
      Status s = run(Split::kValidation, Task::kMain, out.validation);
      if (!s.ok()) return s;
    }
    if ((*file)->architecture().has_auxiliary() && auxiliary.size() > 0) {
      if (Status s = run(split_, Task::kAuxiliary, out.auxiliary); !s.ok()) return s;
    }
    return out;
  }

  Result<NamedPredictions> score_baseline(const std::string& name) const {
    const std::unique_ptr<Baseline> baseline = make_any_baseline(name);
    if (!baseline) {
      std::string known;
      for (const std::string& n : all_baseline_names()) known += (known.empty() ? "" : ", ") + n;
      return invalid_argument("--baseline: \"" + name + "\" is none of " + known);
    }
    if (Status s = baseline->fit(*data_); !s.ok()) return s;
    NamedPredictions out{name, {}, {}, {}};
    Result<std::vector<float>> judged_split = baseline->predict(split_);
    if (!judged_split.ok()) return judged_split.status();
    out.judged = std::move(*judged_split);
    if (split_ != Split::kValidation) {
      Result<std::vector<float>> validation_split = baseline->predict(Split::kValidation);
      if (!validation_split.ok()) return validation_split.status();
      out.validation = std::move(*validation_split);
    }
    return out;
  }

  // For SFs, and for ads if there are any.
  Result<std::vector<Slicing>> slicings(const std::vector<std::string>& names) const {
    std::vector<Slicing> out;
    for (const std::string& name : names) {
      for (const Task task : {Task::kMain, Task::kAuxiliary}) {
        const InstanceTable& table = task == Task::kMain ? judged : auxiliary;
        if (table.size() == 0) continue;
        Result<Slicing> slicing = slice_by(name, *data_, table, task);
        if (!slicing.ok()) return invalid_argument("--slice: " + slicing.status().message());
        out.push_back(std::move(*slicing));
      }
    }
    return out;
  }

  // The period is that of the split that is judged.
  EvaluatedLog log(const EvaluateFlags& o) const {
    int64_t first = INT64_MAX, last = INT64_MIN;
    for (const uint32_t s : judged.search) {
      const int64_t time = data_->search(s).time;
      first = std::min(first, time);
      last = std::max(last, time);
    }
    return {log_name(o.data), o.split, time_text(first) + " to " + time_text(last)};
  }

  const Dataset& data() const { return *data_; }

  std::string split_rule() const { return std::string(data_->split_text()); }

  InstanceTable judged, validation, auxiliary;

 private:
  const KernelTable* kernels_ = nullptr;
  std::shared_ptr<const Dataset> data_;
  Split split_ = Split::kTest;
  float unknown_ = 0.5f;
};

Status write_text(const std::string& path, const std::string& text) {
  OutputFile out(path);
  out.write(text);
  return out.close();
}

// Before --json became a flag it took a file: `--json FILE`. Such a FILE arrives among the weight
// files now, and must not be taken for one.
void take_old_json_file(EvaluateFlags& o) {
  if (o.json != "-") return;
  const auto is_report = [](const std::string& path) {
    return path == "-" || path.ends_with(".json");
  };
  const auto found = std::ranges::find_if(o.weights, is_report);
  if (found == o.weights.end()) return;
  if (*found != "-") {
    std::cerr << "barker-train: note: --json " << visible(*found)
              << " is now written --json=" << visible(*found) << "\n";
  }
  o.json = *found;
  o.weights.erase(found);
}

Status write_all_predictions(const EvaluateFlags& o, const Judge& judge,
                             const std::vector<NamedPredictions>& models) {
  if (o.predictions.empty()) return {};
  std::vector<PredictionRows> rows;
  for (const NamedPredictions& m : models) {
    rows.push_back({m.name, Task::kMain, judge.judged, m.judged});
    if (m.auxiliary.empty()) continue;
    rows.push_back({m.name, Task::kAuxiliary, judge.auxiliary, m.auxiliary});
  }
  if (Status s = write_predictions(o.predictions, judge.data(), rows); !s.ok()) return s;
  std::cerr << visible(o.predictions) << " is ready\n";
  return {};
}

Status check_reports(const EvaluateFlags& o) {
  if (!o.predictions.empty()) {
    if (Status s = check_predictions_path(o.predictions); !s.ok()) {
      return Status(s.code(), "--predictions: " + s.message());
    }
  }
  constexpr auto kKind = OutputPath::Kind::kFileOrStream;
  std::vector<InputPath> inputs = input_paths("--data", o.data);
  for (const std::string& path : o.weights) inputs.push_back({"--weights", path});
  return check_outputs(inputs, {{"--json", o.json, kKind},
                                {"--html", o.html, kKind},
                                {"--predictions", o.predictions, kKind}});
}

Result<int> run_evaluate(EvaluateFlags o) {
  take_old_json_file(o);
  if (o.weights.empty() && o.baselines.empty()) {
    return invalid_argument("nothing to judge: give weight files or --baseline");
  }
  if (Status s = check_reports(o); !s.ok()) return s;
  Judge judge;
  if (Status s = judge.open(o); !s.ok()) return s;
  EvaluationInput input{judge.judged,
                        judge.validation,
                        judge.auxiliary,
                        {},
                        o.draws,
                        o.seed,
                        o.negatives_kept,
                        {},
                        {}};
  Result<std::vector<Slicing>> slicings = judge.slicings(o.slices);
  if (!slicings.ok()) return slicings.status();
  input.slicings = std::move(*slicings);
  input.log = judge.log(o);
  for (const std::string& name : o.baselines) {
    Result<NamedPredictions> p = judge.score_baseline(name);
    if (!p.ok()) return p.status();
    input.models.push_back(std::move(*p));
  }
  for (const std::string& path : o.weights) {
    Result<NamedPredictions> p = judge.score(path);
    if (!p.ok()) return p.status();
    input.models.push_back(std::move(*p));
  }
  if (Status s = write_all_predictions(o, judge, input.models); !s.ok()) return s;
  Evaluation evaluation = evaluate(input);
  evaluation.split_rule = judge.split_rule();
  if (o.json == "-") {
    std::cout << to_json(evaluation);
  } else {
    std::cout << visible_lines(to_text(evaluation));
    if (!o.json.empty()) {
      if (Status s = write_text(o.json, to_json(evaluation)); !s.ok()) return s;
    }
  }
  if (!o.html.empty()) {
    if (Status s = write_text(o.html, to_html(evaluation)); !s.ok()) return s;
    std::cerr << visible(o.html) << " is ready\n";
  }
  return kExitOk;
}

void add_report(CLI::App& command, EvaluateFlags& o) {
  add_data_option(command, o.data, "one of its splits is judged");
  add_split_option(command, o.split);
  add_log_options(command, o.dataset);
  add_isa_option(command, o.isa);
  command
      .add_option("--baseline", o.baselines,
                  "Algorithms to compare with, separated by commas, such as popularity,user-cf,"
                  "boosted-trees; they come before the models")
      ->delimiter(',')
      ->type_name("NAMES")
      ->group(kJudging);
  command
      .add_option(
          "--slice", o.slices,
          "Also judge slices, separated by commas: day, position, user, or a feature group of "
          "the log")
      ->delimiter(',')
      ->type_name("NAMES")
      ->group(kJudging);
  add_draws_option(command, o.draws);
  add_seed_option(command, o.seed);
  add_negatives_option(command, o.negatives_kept);
  command
      .add_flag("--json{-}", o.json,
                "Print JSON instead of text; --json=FILE writes it to a file beside the text")
      ->group(kOutput);
  command.add_option("--html", o.html, "Also write one HTML page with plots")
      ->type_name(kFile)
      ->group(kOutput);
  command
      .add_option("--predictions", o.predictions,
                  "Also write the probability of every instance, as FILE.csv or FILE.npy")
      ->type_name(kFile)
      ->group(kOutput);
}

}  // namespace

Command add_evaluate_command(CLI::App& app) {
  const auto o = std::make_shared<EvaluateFlags>();
  CLI::App* command =
      add_subcommand(app, "evaluate", "Judge weight files and baselines on a split of a log");
  command->add_option("weights,--weights", o->weights, "Weight files")->type_name(kFile);
  add_report(*command, *o);
  return [o] { return run_evaluate(*o); };
}

Command add_compare_command(CLI::App& app) {
  const auto o = std::make_shared<EvaluateFlags>();
  CLI::App* command = add_subcommand(
      app, "compare", "Judge several weight files on the same instances, with paired differences");
  command
      ->add_option("weights,--weights", o->weights,
                   "Two or more weight files; the others are compared with the first")
      ->required()
      ->expected(2, 64)
      ->type_name(kFile);
  add_report(*command, *o);
  return [o] { return run_evaluate(*o); };
}

}  // namespace barker
