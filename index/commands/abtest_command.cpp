// abtest: what an experiment says, from the event log or from a table.
#include <iostream>
#include <memory>

#include "index/commands/commands.h"
#include "models/base/exit_code.h"
#include "models/base/number_text.h"
#include "models/base/output_file.h"
#include "models/command/options.h"
#include "models/experiment/plan.h"
#include "models/experiment/report.h"
#include "models/experiment/table.h"

namespace barker {
namespace {

struct Options {
  std::string table;
  std::string shares;
  std::string html;
  bool is_json = false;
  bool less_is_better = false;
  TableOptions reading;
  CompareOptions comparing;
};

// "A=.5,B=.5". An arm's name may hold "=", because the last one counts.
Result<std::map<std::string, double>> parse_shares(const std::string& text) {
  std::map<std::string, double> shares;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const std::string part = text.substr(begin, end - begin);
    begin = end + 1;
    const size_t equals = part.rfind('=');
    char* stop = nullptr;
    const double share =
        equals == std::string::npos ? 0 : std::strtod(part.c_str() + equals + 1, &stop);
    if (equals == std::string::npos || stop == part.c_str() + equals + 1 || *stop != '\0') {
      return invalid_argument("--shares: expected ARM=SHARE,..., found \"" + part + "\"");
    }
    if (!shares.emplace(part.substr(0, equals), share).second) {
      return invalid_argument("--shares: the arm \"" + part.substr(0, equals) + "\" stands twice");
    }
  }
  return shares;
}

Result<int> run(Options& options) {
  Result<std::map<std::string, double>> shares = parse_shares(options.shares);
  if (!shares.ok()) return shares.status();
  options.comparing.shares = std::move(*shares);
  options.comparing.larger_is_better = !options.less_is_better;
  const Result<ExperimentReport> report =
      report_table(options.table, options.reading, options.comparing);
  if (!report.ok()) return report.status();
  std::cout << (options.is_json ? to_json(*report) : visible_lines(to_text(*report)));
  return kExitOk;
}

}  // namespace

Command add_abtest_command(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("abtest", "Say what an experiment shows, and whether to trust it");
  command
      ->add_option("--table", options->table,
                   "CSV file, plain or compressed, with the columns arm,impressions,clicks or "
                   "unit,arm,value[,pre]; - reads standard input")
      ->required()
      ->type_name(kFile)
      ->group(kInput);
  one_of(command->add_option("--repeated", options->reading.repeated,
                             "What several rows of a unit are; without it they are a mistake"),
         {"sum", "mean"})
      ->group(kInput);
  command
      ->add_option("--temporary", options->reading.directory,
                   "Where what does not fit into memory is kept meanwhile")
      ->type_name(kDirectory)
      ->capture_default_str()
      ->group(kInput);
  command
      ->add_option(
          "--control", options->comparing.control,
          "Arm that the others are compared with; \"control\" or the first where not given")
      ->type_name("ARM")
      ->group(kJudging);
  command
      ->add_option("--shares", options->shares,
                   "Planned shares of units, such as A=.5,B=.5; equal where not given")
      ->type_name("ARM=SHARE,...")
      ->group(kJudging);
  command->add_option("--level", options->comparing.level, "Level of the intervals")
      ->check(CLI::Range(0.5, 0.9999))
      ->capture_default_str()
      ->group(kJudging);
  command
      ->add_flag("--peeking", options->comparing.always_valid,
                 "Take the verdict from what is valid at any time: for an experiment whose end was "
                 "not fixed beforehand")
      ->group(kJudging);
  command
      ->add_option(
          "--tuned-units", options->comparing.tuned_units,
          "Where the interval that is valid at any time is narrowest; 5000 where not given")
      ->check(CLI::PositiveNumber)
      ->type_name("UNITS")
      ->group(kJudging);
  command->add_flag("--less-is-better", options->less_is_better, "For metrics such as latency")
      ->group(kJudging);
  command
      ->add_option("--margin", options->comparing.margin,
                   "Also test that an arm is not worse by this share of the control, such as .01")
      ->check(CLI::Range(0.0, 1.0))
      ->type_name("SHARE")
      ->group(kJudging);
  command
      ->add_option("--winsorise", options->reading.winsorise,
                   "Cut values above this quantile of all arms to it, such as .999")
      ->check(CLI::Range(0.5, 1.0))
      ->capture_default_str()
      ->group(kJudging);
  command->add_flag("--json", options->is_json, "Print JSON")->group(kOutput);
  return [options] { return run(*options); };
}

}  // namespace barker
