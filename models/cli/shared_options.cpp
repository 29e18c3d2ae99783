#include "models/cli/shared_options.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <limits>
#include <map>

#include "models/command/options.h"
#include "models/command/program.h"
#include "models/data/merged_log.h"
#include "models/data/time_check.h"
#include "models/text/encoding.h"

namespace barker {

CLI::Option* add_data_option(CLI::App& command, std::vector<std::string>& data,
                             const std::string& use) {
  return command
      .add_option(
          "--data,--events", data,
          "Event log, or dataset of `barker-train prepare`; repeatable for the files of one "
          "log, which are merged by time; " +
              use)
      ->required()
      ->type_name(kFile)
      ->group(kInput);
}

void add_events_option(CLI::App& command, const char* names, std::vector<std::string>& events) {
  command
      .add_option(
          names, events,
          "Files of an event log as JSON Lines (models/data/EVENTS.md), plain, gzip or zstd; "
          "they are merged by time")
      ->required()
      ->type_name(kFile)
      ->group(kInput);
}

std::vector<InputPath> input_paths(const char* option, const std::vector<std::string>& paths) {
  std::vector<InputPath> inputs;
  for (const std::string& path : paths) inputs.push_back({option, path});
  return inputs;
}

void add_out_option(CLI::App& command, const char* names, std::string& out, const char* what) {
  command.add_option(names, out, what)->required()->type_name(kFile)->group(kOutput);
}

void add_split_option(CLI::App& command, std::string& split) {
  one_of(command.add_option("--split", split, "Split that is judged"),
         {std::begin(kSplitNames), std::end(kSplitNames)})
      ->group(kJudging);
}

Split split_named(const std::string& name) {
  return static_cast<Split>(std::ranges::find(kSplitNames, name) - std::begin(kSplitNames));
}

void add_json_flag(CLI::App& command, bool& json) {
  command.add_flag("--json", json, "Print JSON instead of text")->group(kOutput);
}

void CardOptions::write_to(CardSpec& card) const {
  card.name = name;
  card.version = version;
  card.created = created_or_now(created);
}

void add_card_options(CLI::App& command, CardOptions& card) {
  command.add_option("--name", card.name, "Name in the model card")->group(kModel);
  command.add_option("--model-version", card.version, "Version in the model card")->group(kModel);
  add_created_option(command, card.created);
}

void add_created_option(CLI::App& command, int64_t& created) {
  command.add_option("--created", created, "Seconds since 1970 in the model card")
      ->default_str("now")
      ->group(kModel);
}

int64_t created_or_now(int64_t created) {
  using std::chrono::system_clock;
  return created < 0 ? system_clock::to_time_t(system_clock::now()) : created;
}

void add_main_share_option(CLI::App& command, DatasetOptions& dataset) {
  command
      .add_option("--main-share", dataset.main_share,
                  "Share of the training SF bars to keep, to see what scarcity costs")
      ->check(CLI::Range(0.0, 1.0))
      ->group(kInput);
}

CLI::Option* add_held_out_option(CLI::App& command, HeldOutWords& words, const std::string& use) {
  return command
      .add_option_function<std::string>(
          "--hold-out-words",
          [&words](const std::string& text) {
            const Result<HeldOutWords> parsed = parse_held_out_words(text);
            if (!parsed.ok()) {
              throw CLI::ValidationError("--hold-out-words", parsed.status().message());
            }
            words = *parsed;
          },
          use)
      ->type_name("FOLD/FOLDS")
      ->group(kInput);
}

namespace {

void set_split_times(const std::string& text, SplitRule& split) {
  split.kind = SplitRule::Kind::kAt;
  split.at.clear();
  for (const std::string& part : CLI::detail::split(text, ',')) {
    Result<SplitTime> time = parse_split_time(part);
    if (!time.ok()) throw CLI::ValidationError("--split-at", time.status().message());
    split.at.push_back(std::move(*time));
  }
  if (split.at.size() > 2) {
    throw CLI::ValidationError("--split-at", "expected one or two times, found " + text);
  }
}

void add_split_options(CLI::App& command, SplitRule& split) {
  const std::map<std::string, SplitRule::Kind> kinds = {{"log", SplitRule::Kind::kLog},
                                                        {"time", SplitRule::Kind::kTime},
                                                        {"user-last", SplitRule::Kind::kUserLast}};
  CLI::Option* rule = command.add_option_function<std::string>(
      "--split-by", [kinds, &split](const std::string& name) { split.kind = kinds.at(name); },
      "How a log is split: as its lines say and otherwise by time, by time (80%, 5%, 15%), or each "
      "user's last searches as test and those before them as validation");
  one_of(rule, {"log", "time", "user-last"})->default_str("log")->group(kInput);
  command
      .add_option_function<std::string>(
          "--split-at", [&split](const std::string& text) { set_split_times(text, split); },
          "Where validation and test begin, such as 2024-10-27,2024-10-28T12:00:00Z, or test "
          "alone; "
          "dates of RFC 3339, or times as in the log")
      ->excludes(rule)
      ->type_name("TIME[,TIME]")
      ->group(kInput);
}

}  // namespace

void add_max_bad_share_option(CLI::App& command, double& share) {
  share = 0.05;
  command
      .add_option("--max-bad-share", share,
                  "Refuse a file if a larger share of its lines cannot be used")
      ->check(CLI::Range(0.0, 1.0))
      ->group(kInput);
}

void add_log_options(CLI::App& command, DatasetOptions& dataset) {
  dataset.notice = [](const std::string& text) { std::cerr << visible_lines(text); };
  command
      .add_option("--encoding", dataset.encoding,
                  "Encoding of the log, such as GB18030; datasets are UTF-8")
      ->check([](const std::string& name) {
        const Result<std::string> converted = to_utf8("", name);
        return converted.ok() ? std::string() : converted.status().message();
      })
      ->type_name("NAME")
      ->default_str("UTF-8")
      ->group(kInput);
  add_max_bad_share_option(command, dataset.max_bad_share);
  add_split_options(command, dataset.split);
  command
      .add_option("--scratch", dataset.scratch,
                  "Directory for temporary files, as large as the log")
      ->check(CLI::ExistingDirectory)
      ->type_name(kDirectory)
      ->default_str("that of the output")
      ->group(kRun);
}

void add_draws_option(CLI::App& command, int& draws) {
  command
      .add_option("--draws,--bootstrap", draws,
                  "Number of bootstrap samples of users for the intervals")
      ->check(CLI::Range(10, 100000))
      ->group(kJudging);
}

void add_seed_option(CLI::App& command, uint64_t& seed) {
  command.add_option("--seed", seed, "Seed of the bootstrap")->group(kJudging);
}

void add_isa_option(CLI::App& command, std::string& isa) {
  command
      .add_option(
          "--isa", isa,
          "Instruction set of the kernels: baseline, avx2, avxvnni, avx512, avx512dot or neondot")
      ->type_name("ISA")
      ->default_str("the fastest of this machine")
      ->group(kModel);
}

void add_negatives_option(CLI::App& command, double& kept) {
  command
      .add_option("--negatives-kept", kept,
                  "Share of the SFs not clicked that the log kept; probabilities are judged as if "
                  "it had kept all")
      ->check(CLI::Range(1e-6, 1.0))
      ->group(kJudging);
}

std::string period_text(const Dataset& data) {
  constexpr int64_t kNone = std::numeric_limits<int64_t>::max();
  int64_t first[3] = {kNone, kNone, kNone}, last = std::numeric_limits<int64_t>::min();
  for (uint32_t s = 0; s < data.searches(); ++s) {
    const SearchView search = data.search(s);
    int64_t& begin = first[static_cast<size_t>(search.split)];
    begin = std::min(begin, search.time);
    last = std::max(last, search.time);
  }
  const int64_t begin = *std::ranges::min_element(first);
  if (begin == kNone) return "no searches";
  std::string text = "period " + time_text(begin) + " to " + time_text(last);
  const char* names[] = {"training", "validation", "test"};
  for (const size_t split : {1, 2}) {
    if (first[split] != kNone) {
      text += std::string(split == 1 || first[1] == kNone ? "; " : ", ") + names[split] + " from " +
              time_text(first[split]);
    }
  }
  return text + "; split " + std::string(data.split_text());
}

Result<std::string> temporary_scratch() {
  std::error_code error;
  const std::filesystem::path directory = std::filesystem::temp_directory_path(error);
  if (error) return io_error("TMPDIR: is no directory to write temporary files to");
  return (directory / "barker").string();
}

Result<std::shared_ptr<const Dataset>> open_data_to_read(const std::vector<std::string>& data,
                                                         const DatasetOptions& options) {
  const Result<std::string> scratch = temporary_scratch();
  if (!scratch.ok()) return scratch.status();
  BadLines bad;
  return open_data(data, *scratch, options, bad);
}

Result<std::shared_ptr<const Dataset>> open_data(const std::vector<std::string>& data,
                                                 const std::string& near,
                                                 const DatasetOptions& options, BadLines& bad) {
  Result<std::shared_ptr<const Dataset>> opened = open_dataset_or_log(data, near, options, bad);
  std::cerr << visible_lines(bad.report(log_name(data)));
  return opened;
}

}  // namespace barker
