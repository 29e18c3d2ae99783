// Options that several subcommands of `barker-train` have, so that they read alike everywhere.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/base/output_paths.h"
#include "models/data/dataset.h"
#include "models/weights/writer.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace barker {

// The splits in words, as --split takes them, in the order of Split.
inline constexpr const char* kSplitNames[] = {"train", "validation", "test"};

// --data: the files of an event log, or a prepared dataset; required. `use` says what the command
// does with it.
CLI::Option* add_data_option(CLI::App& command, std::vector<std::string>& data,
                             const std::string& use);

// --events: the files of an event log; also operands where `names` says so.
void add_events_option(CLI::App& command, const char* names, std::vector<std::string>& events);

// The files of an option that is given several times, for check_outputs().
std::vector<InputPath> input_paths(const char* option, const std::vector<std::string>& paths);

// --out: the one file that the command writes.
void add_out_option(CLI::App& command, const char* names, std::string& out, const char* what);

// --split: the one split that the command judges, "test" or another of kSplitNames; and the Split
// of such a name.
void add_split_option(CLI::App& command, std::string& split);
Split split_named(const std::string& name);

// --json: of a command that prints a report.
void add_json_flag(CLI::App& command, bool& json);

// What the model card of a new weight file says of the file.
struct CardOptions {
  std::string name, version = "1";
  int64_t created = -1;  // seconds since 1970; -1: now

  void write_to(CardSpec& card) const;
};

// --name, --model-version and --created.
void add_card_options(CLI::App& command, CardOptions& card);

// --created alone, and the time that it stands for.
void add_created_option(CLI::App& command, int64_t& created);
int64_t created_or_now(int64_t created);

void add_main_share_option(CLI::App& command, DatasetOptions& dataset);

// --hold-out-words: a fold of the SFs that training never sees.
CLI::Option* add_held_out_option(CLI::App& command, HeldOutWords& words, const std::string& use);

// --max-bad-share: which share of a log's lines may be unusable; 5% unless the user says otherwise.
void add_max_bad_share_option(CLI::App& command, double& share);

// How an event log is read: its encoding, how many of its lines may be unusable (5% unless the user
// says otherwise), how it is split, and where temporary files are written.
void add_log_options(CLI::App& command, DatasetOptions& dataset);

// --draws: from how many samples of the users the intervals are computed.
void add_draws_option(CLI::App& command, int& draws);

// --seed: of the bootstrap.
void add_seed_option(CLI::App& command, uint64_t& seed);

// --isa: by which kernels a weight file is judged.
void add_isa_option(CLI::App& command, std::string& isa);

// --negatives-kept: the share of the SFs not clicked that the log kept.
void add_negatives_option(CLI::App& command, double& kept);

// "period 2024-10-27 03:33:20 to ...; validation from ..., test from ...; split by time: ...": of
// the searches, by which a wrong clock is seen.
std::string period_text(const Dataset& data);

// Where a command that writes no file builds what it needs for a moment: a path in the temporary
// directory ($TMPDIR or /tmp), because the directory of its input may be read-only.
Result<std::string> temporary_scratch();

// Opens a log or dataset for a command that writes no file. Lines that could not be used are
// printed on standard error.
Result<std::shared_ptr<const Dataset>> open_data_to_read(const std::vector<std::string>& data,
                                                         const DatasetOptions& options);

// Opens a log or dataset (see open_dataset_or_log) and prints the lines that could not be used on
// standard error.
Result<std::shared_ptr<const Dataset>> open_data(const std::vector<std::string>& data,
                                                 const std::string& near,
                                                 const DatasetOptions& options, BadLines& bad);

}  // namespace barker
