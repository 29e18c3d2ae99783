#include "models/cli/search_run.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <iostream>

#include "models/base/exit_code.h"
#include "models/base/output_paths.h"
#include "models/cli/shared_options.h"
#include "models/data/merged_log.h"
#include "models/evaluate/number_format.h"
#include "models/text/text.h"

namespace barker {
namespace {

namespace fs = std::filesystem;

// Other processors may add up in another order.
constexpr double kSameAuc = 1e-3;

std::string journal_path(const SearchFlags& o) { return o.out + "/trials.jsonl"; }

void print(const Trial& trial) {
  std::string line = "trial " + std::to_string(trial.number) + "  ";
  const auto found = trial.metrics.find(kObjective);
  line += found == trial.metrics.end() ? "failed: " + trial.failure
                                       : "validation AUC " + number_text(found->second, 4);
  line += "  " + number_text(trial.seconds, 1) + " s ";
  for (const std::string& setting : trial.settings) line += " " + setting;
  std::cerr << visible(line) << "\n";
}

}  // namespace

// Trials are processes of their own, so that a log becomes a dataset in the directory first. The
// directory must exist.
Result<Search::Data> Search::open_data(const SearchFlags& o) {
  Data out;
  BadLines bad;
  if (std::ranges::any_of(o.data, Dataset::is_dataset)) {
    out.path = o.data[0];
    Result<std::shared_ptr<const Dataset>> data = barker::open_data(o.data, o.out, o.dataset, bad);
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
Result<TrialJournal> Search::open_journal(const SearchFlags& o, const TrialSubject& subject,
                                          const Data& data) {
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

Result<Search> Search::open(const SearchFlags& o, TrialSubject subject) {
  Result<TrainOptions> base = read_training_options(o.training);
  if (!base.ok()) return base.status();
  std::error_code error;
  fs::create_directories(o.out, error);
  if (error) return io_error(o.out + ": cannot be made: " + error.message());
  Result<CommandLocks> locks = CommandLocks::take(o.out, "search", [&] {
    std::cerr << visible(o.out) << ": waits until the training of an earlier search has ended\n";
  });
  if (!locks.ok()) return locks.status();
  Result<Data> data = open_data(o);
  if (!data.ok()) return data.status();
  subject["dataset"] = std::string(data->dataset->digest());
  if (!data->made.empty()) subject["split"] = std::string(data->dataset->split_text());
  subject["training options"] = options_to_toml(*base);
  Result<TrialJournal> journal = open_journal(o, subject, *data);
  if (!journal.ok()) return journal.status();
  catch_stop_signals();
  return Search(o, std::move(*locks), std::move(*data), std::move(*base), std::move(*journal));
}

TrialFiles Search::files(uint32_t number) const {
  char name[32];
  std::snprintf(name, sizeof name, "trial-%04u", number);
  return {options_.out, name};
}

Result<bool> Search::run(uint32_t number, const std::vector<std::string>& settings,
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

Result<bool> Search::restore(const Trial& done) const {
  const TrialFiles to = files(done.number);
  if (fs::exists(to.weights)) return true;
  std::cerr << visible(to.weights) << ": is not there, so trial " << done.number
            << " is trained again\n";
  const Result<TrainOptions> options = options_of(done);
  if (!options.ok()) return options.status();
  std::remove(to.epochs.c_str());  // Otherwise each epoch would stand there twice.
  Trial again;
  again.number = done.number;
  const Result<bool> over = run_trial(data_.path, *options, to, again);
  if (!over.ok() || !*over) return over;
  if (!again.failure.empty()) return io_error(to.weights + ": " + again.failure);
  Status s = add_metrics(to.weights, *data_.dataset, Split::kValidation,
                         options->main_negatives_kept, again.metrics);
  if (!s.ok()) return s;
  const double before = done.metrics.at(kObjective), now = again.metrics[kObjective];
  if (std::fabs(now - before) <= kSameAuc) return true;
  return Status(Code::kFailedPrecondition, to.weights + ": trained again, its " + kObjective +
                                               " is " + number_text(now, 4) +
                                               ", and the journal says " + number_text(before, 4) +
                                               "; search in another directory");
}

Result<TrainOptions> Search::options_of(const Trial& trial) const {
  TrainOptions options = base_;
  for (const std::string& setting : trial.settings) {
    if (Status s = apply_setting(setting, options); !s.ok()) return s;
  }
  return options;
}

int Search::stopped() const {
  std::fprintf(stderr, "stopped; the same command goes on after %zu trials\n",
               journal_.trials().size());
  return kExitUnavailable;
}

}  // namespace barker
