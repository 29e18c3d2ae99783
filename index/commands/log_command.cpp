// log export: the raw log in the fields of other programs.
#include <iostream>
#include <memory>

#include "index/commands/commands.h"
#include "index/log/ubi.h"
#include "models/base/exit_code.h"
#include "models/base/output_file.h"
#include "models/base/output_paths.h"
#include "models/command/options.h"
#include "models/data/raw_log.h"

namespace barker {
namespace {

struct LogFlags {
  std::vector<std::string> raw;
  std::string out;
  bool ubi = false;
  UbiOptions fields;
};

Result<int> run(const LogFlags& options) {
  const OutputPath path{"--out", options.out, OutputPath::Kind::kFileOrStream};
  if (Status s = check_outputs(raw_log_inputs("--raw", options.raw), {path}); !s.ok()) return s;
  OutputFile out(options.out);
  if (!out.status().ok()) return out.status();
  Result<RawLogs> logs = RawLogs::open(options.raw);
  if (!logs.ok()) return logs.status();
  Ubi ubi(options.fields);
  std::string lines;
  for (;;) {
    const Result<std::optional<RawEvent>> event = logs->next();
    if (!event.ok()) return event.status();
    if (!event->has_value()) break;
    lines.clear();
    ubi.append(**event, lines);
    out.write(lines);
    if (!out.status().ok()) return out.status();
  }
  std::cerr << visible_lines(logs->report());
  if (Status s = out.close(); !s.ok()) return s;
  std::cerr << logs->lines() << " lines read, " << logs->bad_lines() << " that cannot be used, "
            << logs->unfinished_lines() << " unfinished\n";
  return kExitOk;
}

}  // namespace

Command add_log_command(CLI::App& app) {
  const auto options = std::make_shared<LogFlags>();
  CLI::App* command = add_subcommand(app, "log", "Read the event log of a server");
  command->require_subcommand(1);
  CLI::App* exported =
      add_subcommand(*command, "export", "Write the event log in the fields of another program");
  exported
      ->add_option("raw,--raw", options->raw,
                   "Raw logs (models/data/RAW_LOG.md), plain, gzip or zstd; - reads standard input")
      ->required()
      ->type_name(kFile)
      ->group(kInput);
  exported
      ->add_flag("--ubi", options->ubi,
                 "In OpenSearch's User Behavior Insights 1.3: a line for each query and event")
      ->required()
      ->group(kOutput);
  exported
      ->add_flag("--impressions", options->fields.impressions,
                 "Also write an event for each ad that was shown")
      ->group(kOutput);
  exported
      ->add_flag("--bulk", options->fields.bulk,
                 "Put the index before each line, as OpenSearch's _bulk takes it")
      ->group(kOutput);
  exported
      ->add_option("--out", options->out,
                   "File to write, with user ids as the log has them; - is standard output")
      ->required()
      ->type_name(kFile)
      ->group(kOutput);
  return [options] { return run(*options); };
}

}  // namespace barker
