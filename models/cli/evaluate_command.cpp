// evaluate, compare and gate: judging frozen weight files on a dataset through the serving kernels.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>

#include "models/base/exit_code.h"
#include "models/baselines/baseline.h"
#include "models/cli/commands.h"
#include "models/evaluate/gate.h"
#include "models/evaluate/report.h"
#include "models/evaluate/score.h"
#include "models/weights/weights_generated.h"
#include "scoring/isa.h"

namespace barker {
namespace {

struct Options {
  std::string data, json, html, isa, against;
  std::vector<std::string> weights, baselines;
  int draws = 200;
  GateOptions gate;
};

int fail(const char* command, const Status& status) {
  std::cerr << "barker-train " << command << ": " << status.message() << "\n";
  return exit_code(status);
}

// A dataset, the kernels, and what is judged on it.
class Judge {
 public:
  Status open(const Options& o) {
    const Result<Isa> isa = choose_isa(o.isa);
    if (!isa.ok()) return isa.status();
    kernels_ = &kernels_for(*isa);
    BadLines bad;
    Result<std::shared_ptr<const Dataset>> data = open_dataset_or_log(o.data, o.data, {}, bad);
    if (!data.ok()) return data.status();
    std::cerr << bad.report(o.data);
    data_ = *data;
    test = instances_of(*data_, Split::kTest, Task::kMain);
    validation = instances_of(*data_, Split::kValidation, Task::kMain);
    auxiliary = instances_of(*data_, Split::kTest, Task::kAuxiliary);
    if (test.size() == 0) return bad_data(o.data + ": the test split has no SF impressions");
    const uint64_t all = data_->instances_of(Split::kTrain, Task::kMain);
    if (all > 0) {
      unknown_ = static_cast<float>(data_->clicks_of(Split::kTrain, Task::kMain)) /
                 static_cast<float>(all);
    }
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
    if (Status s = run(Split::kTest, Task::kMain, out.test); !s.ok()) return s;
    if (Status s = run(Split::kValidation, Task::kMain, out.validation); !s.ok()) return s;
    if ((*file)->architecture().has_auxiliary() && auxiliary.size() > 0) {
      if (Status s = run(Split::kTest, Task::kAuxiliary, out.auxiliary); !s.ok()) return s;
    }
    return out;
  }

  Result<NamedPredictions> score_baseline(const std::string& name) const {
    const std::unique_ptr<Baseline> baseline = make_baseline(name);
    if (!baseline) {
      std::string known;
      for (const std::string& n : baseline_names()) known += (known.empty() ? "" : ", ") + n;
      return invalid_argument("--baseline: \"" + name + "\" is none of " + known);
    }
    if (Status s = baseline->fit(*data_); !s.ok()) return s;
    return NamedPredictions{
        name, baseline->predict(Split::kTest), baseline->predict(Split::kValidation), {}};
  }

  InstanceTable test, validation, auxiliary;

 private:
  const KernelTable* kernels_ = nullptr;
  std::shared_ptr<const Dataset> data_;
  float unknown_ = 0.5f;
};

Status write_text(const std::string& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  return out ? Status() : io_error(path + ": cannot be written");
}

int run_evaluate(const char* command, const Options& o) {
  Judge judge;
  if (Status s = judge.open(o); !s.ok()) return fail(command, s);
  EvaluationInput input{judge.test, judge.validation, judge.auxiliary, {}, o.draws, 1};
  for (const std::string& name : o.baselines) {
    Result<NamedPredictions> p = judge.score_baseline(name);
    if (!p.ok()) return fail(command, p.status());
    input.models.push_back(std::move(*p));
  }
  for (const std::string& path : o.weights) {
    Result<NamedPredictions> p = judge.score(path);
    if (!p.ok()) return fail(command, p.status());
    input.models.push_back(std::move(*p));
  }
  if (input.models.empty()) {
    return fail(command, invalid_argument("nothing to judge: give weight files or --baseline"));
  }
  const Evaluation evaluation = evaluate(input);
  if (o.json == "-") {
    std::cout << to_json(evaluation);
  } else {
    std::cout << to_text(evaluation);
    if (!o.json.empty()) {
      if (Status s = write_text(o.json, to_json(evaluation)); !s.ok()) return fail(command, s);
    }
  }
  if (!o.html.empty()) {
    if (Status s = write_text(o.html, to_html(evaluation)); !s.ok()) return fail(command, s);
    std::cerr << o.html << " is ready\n";
  }
  return kExitOk;
}

int run_gate(const Options& o) {
  Judge judge;
  if (Status s = judge.open(o); !s.ok()) return fail("gate", s);
  const Result<NamedPredictions> candidate = judge.score(o.weights.front());
  if (!candidate.ok()) return fail("gate", candidate.status());
  const Result<NamedPredictions> current = judge.score(o.against);
  if (!current.ok()) return fail("gate", current.status());
  const std::vector<GateFinding> findings =
      gate(judge.test, candidate->test, current->test, o.gate);
  std::cout << to_text(findings);
  const bool passed = passes(findings);
  std::cout << (passed ? "passed: no regression beyond the noise\n"
                       : "refused: worse beyond the noise where it says REFUSED\n");
  return passed ? kExitOk : kExitGateFailed;
}

void add_common(CLI::App& command, Options& o) {
  command.add_option("--data", o.data, "Event log or prepared dataset; its test split is judged")
      ->required();
  command.add_option("--isa", o.isa, "Kernels: baseline, avx2, avx512; default: the fastest");
}

void add_report(CLI::App& command, Options& o) {
  add_common(command, o);
  command
      .add_option("--baseline", o.baselines, "Compared algorithms, before the models; repeatable")
      ->delimiter(',');
  command.add_option("--bootstrap", o.draws, "Draws of users for the intervals")
      ->check(CLI::Range(10, 100000));
  command.add_option("--json", o.json, "Also write JSON; - for JSON alone on standard output");
  command.add_option("--html", o.html, "Also write one HTML page with plots");
}

}  // namespace

Command add_evaluate_command(CLI::App& app) {
  const auto o = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("evaluate", "Judge weight files and baselines on a log's test split");
  command->add_option("weights", o->weights, "Weight files");
  add_report(*command, *o);
  return [o] { return run_evaluate("evaluate", *o); };
}

Command add_compare_command(CLI::App& app) {
  const auto o = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "compare", "Judge several weight files on the same instances, with paired differences");
  command->add_option("weights", o->weights, "Weight files, the first is what others are held to")
      ->required()
      ->expected(2, 64);
  add_report(*command, *o);
  return [o] { return run_evaluate("compare", *o); };
}

Command add_gate_command(CLI::App& app) {
  const auto o = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "gate", "May NEW replace CURRENT? Exit 1 where it is worse beyond the noise");
  command->add_option("new", o->weights, "Weight file to publish")->required()->expected(1);
  command->add_option("--against", o->against, "Weight file that serves now")->required();
  add_common(*command, *o);
  command->add_option("--min-instances", o->gate.min_instances, "Smaller slices are not judged");
  command->add_option("--bootstrap", o->gate.draws)->check(CLI::Range(10, 100000));
  command->add_option("--calibration-tolerance", o->gate.calibration_tolerance)
      ->check(CLI::Range(0.0, 1.0));
  return [o] { return run_gate(*o); };
}

}  // namespace barker
