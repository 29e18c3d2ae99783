// gate: may new weights replace the current ones?
#include <cmath>
#include <iostream>
#include <memory>
#include <optional>
#include <string_view>

#include "models/base/exit_code.h"
#include "models/base/number_text.h"
#include "models/cli/commands.h"
#include "models/cli/shared_options.h"
#include "models/command/options.h"
#include "models/data/fresh_log.h"
#include "models/data/period.h"
#include "models/data/time_check.h"
#include "models/evaluate/gate.h"
#include "models/evaluate/score.h"
#include "models/text/text.h"
#include "models/weights/time_notes.h"
#include "models/weights/weights_generated.h"
#include "scoring/isa.h"

namespace barker {
namespace {

struct GateFlags {
  std::string candidate, against, isa;
  std::vector<std::string> data;
  FreshLogPaths fresh;
  DatasetOptions dataset;
  GateOptions gate;
};

// A weight file, the data as it reads them, and what it predicts.
struct JudgedFile {
  std::shared_ptr<const WeightFile> file;
  std::shared_ptr<const Dataset> data;
  GateModel model;
};

Status score(const KernelTable& kernels, JudgedFile& judged) {
  const Dataset& data = *judged.data;
  // NaN stands for an SF whose keyword the file does not know. Serving never chooses it.
  Result<std::vector<float>> main =
      score_dataset(*judged.file, kernels, data, Split::kTest, Task::kMain, NAN);
  if (!main.ok()) return main.status();
  const float rate = training_click_rate(data);
  for (float& p : *main) {
    if (!std::isnan(p)) continue;
    p = rate;
    ++judged.model.unknown;
  }
  judged.model.main = std::move(*main);
  judged.model.has_auxiliary = judged.file->architecture().has_auxiliary();
  if (!judged.model.has_auxiliary) return {};
  Result<std::vector<float>> auxiliary =
      score_dataset(*judged.file, kernels, data, Split::kTest, Task::kAuxiliary, rate);
  if (!auxiliary.ok()) return auxiliary.status();
  judged.model.auxiliary = std::move(*auxiliary);
  return {};
}

// Each weight file reads a fresh log by the phrases that it serves with. Where they are the same,
// so is what is read.
Status open_fresh(const GateFlags& o, const std::string& scratch, JudgedFile& candidate,
                  JudgedFile& current) {
  const Result<FreshLog> fresh = FreshLog::open(o.fresh, o.dataset, scratch);
  if (!fresh.ok()) return fresh.status();
  for (JudgedFile* judged : {&candidate, &current}) {
    if (judged == &current && current.file->phrases() == candidate.file->phrases()) {
      judged->data = candidate.data;
      break;
    }
    BadLines bad;
    Result<std::shared_ptr<const Dataset>> data = fresh->dataset(judged->file->phrases(), bad);
    if (judged == &candidate) {
      std::cerr << visible_lines(bad.report(fresh->log().name()));
    }
    if (!data.ok()) return data.status();
    judged->data = std::move(*data);
  }
  return {};
}

Status open_judged(const GateFlags& o, JudgedFile& candidate, JudgedFile& current) {
  for (JudgedFile* judged : {&candidate, &current}) {
    Result<std::shared_ptr<const WeightFile>> file =
        WeightFile::open(judged == &candidate ? o.candidate : o.against);
    if (!file.ok()) return file.status();
    judged->file = std::move(*file);
  }
  const Result<std::string> scratch = temporary_scratch();
  if (!scratch.ok()) return scratch.status();
  if (o.data.empty()) return open_fresh(o, *scratch, candidate, current);
  BadLines bad;
  Result<std::shared_ptr<const Dataset>> data = open_data(o.data, *scratch, o.dataset, bad);
  if (!data.ok()) return data.status();
  candidate.data = current.data = std::move(*data);
  return {};
}

// What a file learned by heart flatters it. It may still be judged on the days that it was trained
// on where the judged users were held out, so this is said and refuses nothing.
void tell_overlap(const std::string& path, const JudgedFile& judged) {
  const std::optional<int64_t> from_note = time_note(judged.file->card(), kTrainedFromNote);
  const std::optional<int64_t> to_note = time_note(judged.file->card(), kTrainedToNote);
  const std::optional<Period> period = period_of(*judged.data, Split::kTest);
  if (!from_note || !to_note || !period) return;
  const int64_t from = on_clock_of(period->first, *from_note);
  const int64_t to = on_clock_of(period->first, *to_note);
  if (from > period->last || to < period->first) return;
  std::cerr << visible_lines("WARNING: " + path + " was trained on " + time_text(from) + " to " +
                             time_text(to) + ", and what is judged is of " +
                             time_text(period->first) + " to " + time_text(period->last) +
                             ": the judgement holds only if the users are others\n");
}

// What happened after the judged searches is no history of them.
void tell_late_history(const GateFlags& o, const Dataset& data) {
  const std::optional<Period> history = period_of(data, Split::kTrain);
  const std::optional<Period> judged = period_of(data, Split::kTest);
  if (o.fresh.history.empty() || !history || !judged || history->first < judged->first) return;
  std::cerr << visible_lines("WARNING: " + log_name(o.fresh.history) + " begins at " +
                             time_text(history->first) + ", and what is judged at " +
                             time_text(judged->first) + ": --history is for what came before\n");
}

Result<int> run(const GateFlags& o) {
  if (o.data.empty() == o.fresh.log.empty()) {
    return invalid_argument("expected either --data FILE or --log FILE");
  }
  if (o.fresh.log.empty() && !o.fresh.history.empty()) {
    return invalid_argument("--history: expected --log FILE beside it");
  }
  const Result<Isa> isa = choose_isa(o.isa);
  if (!isa.ok()) return isa.status();
  JudgedFile candidate, current;
  if (Status s = open_judged(o, candidate, current); !s.ok()) return s;
  const InstanceTable main = instances_of(*candidate.data, Split::kTest, Task::kMain);
  const InstanceTable ads = instances_of(*candidate.data, Split::kTest, Task::kAuxiliary);
  if (main.size() == 0) {
    return bad_data(
        (o.data.empty() ? log_name(o.fresh.log) + ": it" : log_name(o.data) + ": the test split") +
        " has no SF impressions");
  }
  tell_late_history(o, *candidate.data);
  tell_overlap(o.candidate, candidate);
  tell_overlap(o.against, current);
  for (JudgedFile* judged : {&candidate, &current}) {
    if (Status s = score(kernels_for(*isa), *judged); !s.ok()) return s;
  }
  for (const JudgedFile* judged : {&candidate, &current}) {
    const GateModel& model = judged->model;
    if (model.main.size() != main.size() ||
        (model.has_auxiliary && model.auxiliary.size() != ads.size())) {
      return io_error(log_name(o.fresh.log) + ": changed while it was read");  // for each file anew
    }
  }
  const GateReport report = gate({main, ads, candidate.model, current.model}, o.gate);
  std::cout << visible_lines(to_text(report));
  switch (report.verdict) {
    case GateVerdict::kPassed:
      return kExitOk;
    case GateVerdict::kRefused:
      return kExitGateFailed;
    case GateVerdict::kCannotJudge:
      return kExitCannotJudge;
  }
  return kExitGateFailed;
}

void add_judging(CLI::App& command, GateFlags& o) {
  command.add_option("--min-instances", o.gate.min_instances, "A slice with fewer is not judged")
      ->group(kJudging);
  add_draws_option(command, o.gate.draws);
  add_seed_option(command, o.gate.seed);
  command
      .add_option("--calibration-tolerance", o.gate.calibration_tolerance,
                  "By how much the calibration error may grow")
      ->check(CLI::Range(0.0, 1.0))
      ->group(kJudging);
  add_negatives_option(command, o.gate.negatives_kept);
}

}  // namespace

Command add_gate_command(CLI::App& app) {
  const auto o = std::make_shared<GateFlags>();
  CLI::App* command = add_subcommand(
      app, "gate",
      "May new weights replace the current ones? Exit 1 if they are worse beyond the noise, 2 if "
      "the log says too little");
  command->add_option("weights,--weights", o->candidate, "Weight file to publish")
      ->required()
      ->expected(1)
      ->type_name(kFile);
  command->add_option("--against", o->against, "Weight file that serves now")
      ->required()
      ->type_name(kFile)
      ->group(kInput);
  add_data_option(*command, o->data, "its test split is judged")->required(false);
  command
      ->add_option(
          "--log", o->fresh.log,
          "Event log that no training saw; all of it is judged; repeatable for the files of "
          "one log")
      ->type_name(kFile)
      ->group(kInput);
  command
      ->add_option("--history", o->fresh.history,
                   "Earlier event log of the users of --log, for their histories; repeatable")
      ->type_name(kFile)
      ->group(kInput);
  add_log_options(*command, o->dataset);
  add_isa_option(*command, o->isa);
  add_judging(*command, *o);
  return [o] { return run(*o); };
}

}  // namespace barker
