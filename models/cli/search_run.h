// The trainings of `barker-train sweep` and `tune`: many on one dataset, in one directory that has
// a journal of them, so that a killed search goes on. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "models/base/command_locks.h"
#include "models/cli/training_options.h"
#include "models/cli/trial_journal.h"
#include "models/cli/trial_run.h"
#include "models/data/dataset.h"
#include "models/train/options.h"

namespace barker {

struct SearchFlags {
  std::string out, space;
  std::vector<std::string> data;
  DatasetOptions dataset;
  TrainingWords training;
  uint32_t trials = 0;
  uint64_t seed = 1;
  bool json = false;
};

// The metric that trials are compared by.
inline constexpr char kObjective[] = "validation auc";

// The dataset, the directory and the journal of a search.
class Search {
 public:
  // `subject` is what this kind of search adds to the data and options that its trials share. Keeps
  // a reference to the flags. Where another search runs in the directory, an error of code
  // kFailedPrecondition.
  static Result<Search> open(const SearchFlags& o, TrialSubject subject);

  TrialFiles files(uint32_t number) const;

  // Runs the trial unless the journal has it. False if a signal asked for the end.
  Result<bool> run(uint32_t number, const std::vector<std::string>& settings,
                   const std::vector<Split>& splits);

  // Trains a trial of the journal again where its file is gone, because with more or fewer trials
  // another one is the best. An error if it is not what the journal says. False as in run().
  Result<bool> restore(const Trial& done) const;

  const Dataset& data() const { return *data_.dataset; }
  const TrainOptions& base() const { return base_; }
  const TrialJournal& journal() const { return journal_; }

  // What a command ends with whose search a signal stopped; says that it goes on.
  int stopped() const;

 private:
  // The dataset of a search, and the file that its trials read.
  struct Data {
    std::shared_ptr<const Dataset> dataset;
    std::string path;
    std::string made;  // what a log became, until the journal says that it is of this search
  };

  Search(const SearchFlags& options, CommandLocks locks, Data data, TrainOptions base,
         TrialJournal journal)
      : options_(options),
        locks_(std::move(locks)),
        data_(std::move(data)),
        base_(std::move(base)),
        journal_(std::move(journal)) {}
  static Result<Data> open_data(const SearchFlags& o);
  static Result<TrialJournal> open_journal(const SearchFlags& o, const TrialSubject& subject,
                                           const Data& data);
  Result<TrainOptions> options_of(const Trial& trial) const;

  const SearchFlags& options_;
  CommandLocks locks_;  // of the directory
  Data data_;
  TrainOptions base_;
  TrialJournal journal_;
};

}  // namespace barker
