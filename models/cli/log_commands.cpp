// validate, prepare, convert: what is done with event logs before training.
#include <cstdio>
#include <iostream>
#include <memory>

#include "models/base/exit_code.h"
#include "models/base/output_file.h"
#include "models/base/output_paths.h"
#include "models/cli/commands.h"
#include "models/cli/shared_options.h"
#include "models/command/options.h"
#include "models/data/dataset.h"
#include "models/data/event_reader.h"
#include "models/data/grouped_text.h"
#include "models/data/merged_log.h"
#include "models/data/repeatable_log.h"
#include "models/data/validate.h"

namespace barker {
namespace {

struct LogFlags {
  std::vector<std::string> events, data;
  std::string out;
  DatasetOptions dataset;
  size_t history = 200;
};

Result<int> prepare(const LogFlags& o) {
  if (Status s = check_outputs(input_paths("--events", o.events), {{"--out", o.out}}); !s.ok())
    return s;
  BadLines bad;
  const Status status = build_dataset(o.events, o.out, o.dataset, bad);
  std::cerr << visible_lines(bad.report(log_name(o.events)));
  if (!status.ok()) return status;
  const auto data = Dataset::open(o.out);
  if (!data.ok()) return data.status();
  const Dataset& d = **data;
  std::printf(
      "%llu events used, %llu lines reported; %u searches, %u users, %u keywords, %u "
      "features in %zu groups\n",
      static_cast<unsigned long long>(d.events()), static_cast<unsigned long long>(bad.count()),
      d.searches(), d.users(), d.keywords(), d.features(), d.groups().size());
  std::printf("%s\n", period_text(d).c_str());
  return kExitOk;
}

Result<int> validate(const LogFlags& o) {
  const Result<std::string> scratch = temporary_scratch();
  if (!scratch.ok()) return scratch.status();
  const Result<LogReport> report = validate_log(o.events, *scratch, o.dataset);
  if (!report.ok()) return report.status();
  std::cout << visible_lines(report->text());
  std::cout << (report->usable() ? "usable\n" : "not usable: see the lines that say ERROR\n");
  return report->usable() ? kExitOk : kExitBadData;
}

Result<std::vector<RepeatableLog>> open_files(const LogFlags& o, const std::string& scratch) {
  std::vector<RepeatableLog> logs;
  for (const std::string& path : o.data) {
    Result<RepeatableLog> log = RepeatableLog::open(path, o.dataset.temporary_beside(scratch));
    if (!log.ok()) return log.status();
    logs.push_back(std::move(*log));
  }
  return logs;
}

Result<bool> are_grouped_text(const std::vector<RepeatableLog>& logs) {
  for (const RepeatableLog& log : logs) {
    const Result<bool> grouped = is_grouped_text(log);
    if (!grouped.ok()) return grouped.status();
    if (*grouped && logs.size() > 1) {
      return invalid_argument(log.name() +
                              ": is grouped text, of which one file is converted at a time");
    }
    if (*grouped) return true;
  }
  return false;
}

Result<int> convert(const LogFlags& o) {
  const OutputPath out{"--out", o.out, OutputPath::Kind::kFileOrStream};
  if (Status s = check_outputs(input_paths("--data", o.data), {out}); !s.ok()) return s;
  const Result<std::string> scratch =
      is_stream(o.out) ? temporary_scratch() : Result<std::string>(o.out);
  if (!scratch.ok()) return scratch.status();
  Result<std::vector<RepeatableLog>> logs = open_files(o, *scratch);
  if (!logs.ok()) return logs.status();
  const Result<bool> grouped = are_grouped_text(*logs);
  if (!grouped.ok()) return grouped.status();
  BadLines bad;
  std::shared_ptr<const Dataset> data;
  if (!*grouped) {
    Result<std::shared_ptr<const Dataset>> opened =
        open_dataset_or_log(std::move(*logs), *scratch, o.dataset, bad);
    std::cerr << visible_lines(bad.report(log_name(o.data)));
    if (!opened.ok()) return opened.status();
    data = *opened;
  }
  OutputFile file(o.out);
  const auto write = [&](std::string_view text) {
    file.write(text);
    return file.status();
  };
  if (data) {
    if (Status s = write_grouped_text(*data, o.history, write); !s.ok()) return s;
  } else {
    const RepeatableLog& log = logs->front();
    std::string line;
    const Result<uint64_t> lines =
        read_grouped_text(log, o.dataset.encoding, bad, [&](const SearchEvent& event) {
          line.clear();
          append_event(event, line);
          return write(line);
        });
    std::cerr << visible_lines(bad.report(log.name()));
    if (!lines.ok()) return lines.status();
    const Status s = check_bad_share(log.name(), *lines, bad, o.dataset.max_bad_share);
    if (!s.ok()) return s;
  }
  if (Status s = file.close(); !s.ok()) return s;
  return kExitOk;
}

}  // namespace

Command add_prepare_command(CLI::App& app) {
  const auto o = std::make_shared<LogFlags>();
  CLI::App* command = add_subcommand(
      app, "prepare", "Turn an event log into a dataset, once for many runs of train and evaluate");
  add_events_option(*command, "--events", o->events);
  add_main_share_option(*command, o->dataset);
  add_held_out_option(*command, o->dataset.held_out,
                      "Keep a fold of the SFs out of training and validation, such as 0/10, to see "
                      "with `unseen` what a model says of new words");
  add_log_options(*command, o->dataset);
  add_out_option(*command, "--out", o->out, "Dataset to write");
  return [o] { return prepare(*o); };
}

Command add_validate_command(CLI::App& app) {
  const auto o = std::make_shared<LogFlags>();
  CLI::App* command = add_subcommand(
      app, "validate", "Say what is wrong with an event log; exit 65 if it cannot be trained on");
  add_events_option(*command, "events,--events", o->events);
  add_log_options(*command, o->dataset);
  return [o] { return validate(*o); };
}

Command add_convert_command(CLI::App& app) {
  const auto o = std::make_shared<LogFlags>();
  CLI::App* command =
      add_subcommand(app, "convert",
                     "Turn a log or dataset into the paper's grouped notation, or that into a log");
  command
      ->add_option("--data,--from", o->data,
                   "Event log, dataset or grouped text, which its header tells; repeatable for the "
                   "files of one log")
      ->required()
      ->type_name(kFile)
      ->group(kInput);
  add_log_options(*command, o->dataset);
  command
      ->add_option("--history", o->history,
                   "Number of newest keywords kept in the grouped notation")
      ->check(CLI::Range(1, 65536))
      ->group(kRun);
  add_out_option(*command, "--out,--to", o->out, "File to write");
  return [o] { return convert(*o); };
}

}  // namespace barker
