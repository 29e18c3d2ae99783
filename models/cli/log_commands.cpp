// validate, prepare, convert: event logs before training.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>

#include "models/base/exit_code.h"
#include "models/cli/commands.h"
#include "models/data/dataset.h"
#include "models/data/grouped_text.h"
#include "models/data/validate.h"

namespace barker {
namespace {

int fail(const char* command, const Status& status) {
  std::cerr << "barker-train " << command << ": " << status.message() << "\n";
  return exit_code(status);
}

struct Options {
  std::string events, out, from, to;
  DatasetOptions dataset;
  size_t history = 200;
};

int prepare(const Options& o) {
  BadLines bad;
  const Status status = build_dataset(o.events, o.out, o.dataset, bad);
  std::cerr << bad.report(o.events);
  if (!status.ok()) return fail("prepare", status);
  const auto data = Dataset::open(o.out);
  if (!data.ok()) return fail("prepare", data.status());
  const Dataset& d = **data;
  std::printf(
      "%llu events used, %llu lines reported; %u searches, %u users, %u keywords, %u "
      "features in %zu groups\n",
      static_cast<unsigned long long>(d.events()), static_cast<unsigned long long>(bad.count()),
      d.searches(), d.users(), d.keywords(), d.features(), d.groups().size());
  return kExitOk;
}

int validate(const Options& o) {
  const Result<LogReport> report = validate_log(o.events, o.events, o.dataset);
  if (!report.ok()) return fail("validate", report.status());
  std::cout << report->text();
  std::cout << (report->usable() ? "usable\n" : "not usable: see the lines that say ERROR\n");
  return report->usable() ? kExitOk : kExitBadData;
}

int convert(const Options& o) {
  std::ofstream file(o.to, std::ios::binary);
  BadLines bad;
  const auto write = [&](std::string_view text) {
    return file.write(text.data(), static_cast<std::streamsize>(text.size()))
               ? Status()
               : io_error(o.to + ": cannot be written");
  };
  Status status;
  Result<LineReader> probe = LineReader::open(o.from);
  if (!probe.ok()) return fail("convert", probe.status());
  std::string_view first;
  const bool grouped =
      !Dataset::is_dataset(o.from) && probe->next(first) && first.starts_with("#groups");
  if (grouped) {
    std::string line;
    status = read_grouped_text(o.from, bad, [&](const SearchEvent& event) {
      line.clear();
      append_event(event, line);
      return write(line);
    });
  } else {
    const auto data = open_dataset_or_log(o.from, o.to, o.dataset, bad);
    if (!data.ok()) return fail("convert", data.status());
    status = write_grouped_text(**data, o.history, write);
  }
  std::cerr << bad.report(o.from);
  file.close();
  if (status.ok() && !file) status = io_error(o.to + ": cannot be written");
  return status.ok() ? kExitOk : fail("convert", status);
}

void add_main_share(CLI::App& command, Options& o) {
  command
      .add_option("--main-share", o.dataset.main_share, "Keep this share of the training SF bars")
      ->check(CLI::Range(0.0, 1.0));
}

}  // namespace

Command add_prepare_command(CLI::App& app) {
  const auto o = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "prepare", "Event log to dataset, once for many runs of train, evaluate and compare");
  command->add_option("--events", o->events, "Event log, JSON Lines, plain or gzip")->required();
  command->add_option("--out", o->out, "Dataset to write")->required();
  add_main_share(*command, *o);
  return [o] { return prepare(*o); };
}

Command add_validate_command(CLI::App& app) {
  const auto o = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "validate",
      "Say what is wrong with an event log before it is trained on; exit 65 if unusable");
  command->add_option("events", o->events, "Event log, JSON Lines, plain or gzip")->required();
  return [o] { return validate(*o); };
}

Command add_convert_command(CLI::App& app) {
  const auto o = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "convert", "Event log or dataset to the paper's grouped notation, or that to an event log");
  command->add_option("--from", o->from, "Event log, dataset, or grouped text (told by its header)")
      ->required();
  command->add_option("--to", o->to, "File to write")->required();
  command->add_option("--history", o->history, "Newest keywords kept in the grouped notation")
      ->check(CLI::Range(1, 65536));
  return [o] { return convert(*o); };
}

}  // namespace barker
