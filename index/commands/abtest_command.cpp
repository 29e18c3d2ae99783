// abtest: what an experiment says, from the event log or from a table.
#include <cmath>
#include <iostream>
#include <memory>
#include <optional>

#include "index/commands/commands.h"
#include "models/base/exit_code.h"
#include "models/base/number_text.h"
#include "models/base/one_line.h"
#include "models/base/output_file.h"
#include "models/base/output_paths.h"
#include "models/command/options.h"
#include "models/data/raw_log.h"
#include "models/experiment/log_report.h"
#include "models/experiment/plan.h"
#include "models/experiment/report.h"
#include "models/experiment/table.h"

namespace barker {
namespace {

struct AbtestFlags {
  std::vector<std::string> logs;
  std::string table;
  std::string shares;
  std::string html;
  bool is_json = false;
  bool less_is_better = false;
  bool is_plan = false;
  double units_per_day = 0;
  PlanInput plan;
  TableOptions reading;
  LogReportOptions log;
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
    const std::optional<double> share =
        equals == std::string::npos ? std::nullopt : read_number(part.substr(equals + 1));
    if (!share) {
      return invalid_argument("--shares: expected ARM=SHARE,..., found \"" + part + "\"");
    }
    if (!shares.emplace(part.substr(0, equals), *share).second) {
      return invalid_argument("--shares: the arm \"" + part.substr(0, equals) + "\" stands twice");
    }
  }
  return shares;
}

// An option that would do nothing is refused, so that nobody believes that it did something.
Status check_options(const AbtestFlags& options, const CLI::App& command) {
  const auto refuse = [&](const std::vector<const char*>& names, const char* reason) -> Status {
    for (const char* name : names) {
      if (command.count(name) > 0) return invalid_argument(std::string(name) + ": " + reason);
    }
    return {};
  };
  Status s;
  if (options.is_plan) {
    s = refuse({"--json"}, "does not print what --plan says; give one of them");
  } else {
    s = refuse({"--base", "--lift", "--power", "--units-per-day"}, "needs --plan");
  }
  if (!s.ok()) return s;
  if (!options.table.empty()) {
    s = refuse({"--experiment", "--segment", "--guardrail-margin", "--opt-out-margin"},
               "is for logs, not for --table");
  } else if (!options.logs.empty()) {
    s = refuse({"--repeated", "--winsorise"}, "is for --table, not for logs");
  } else {
    return refuse({"--experiment", "--segment", "--guardrail-margin", "--opt-out-margin",
                   "--repeated", "--winsorise", "--aa", "--control", "--shares", "--peeking",
                   "--tuned-units", "--less-is-better", "--margin", "--html"},
                  "needs a log or --table");
  }
  if (!s.ok()) return s;
  return refuse({"--base"}, "is for a plan without an input, whose mean is measured");
}

// No input may be overwritten by the page, and no page may stand amid the text or the JSON.
Status check_paths(const AbtestFlags& options) {
  if (options.html == "-" || options.html == "/dev/stdout") {
    return invalid_argument("--html " + options.html +
                            ": standard output has the text or the JSON; name a file");
  }
  std::vector<InputPath> inputs = raw_log_inputs("LOG", options.logs);
  inputs.push_back({"--table", options.table});
  return check_outputs(inputs, {{"--html", options.html, OutputPath::Kind::kFileOrStream}});
}

// Takes mean and variance from what was measured.
std::string plan_of(const ExperimentReport& report, const AbtestFlags& options) {
  PlanInput plan = options.plan;
  const ArmReport& control = report.arms[0];
  plan.alpha = 1 - options.comparing.level;
  plan.base = control.mean.value;
  if (report.kind == MetricKind::kRate) plan.highest = 1;
  plan.variance = control.units * control.mean.standard_error * control.mean.standard_error;
  plan.comparisons = static_cast<int>(report.comparisons.size());
  plan.control_share = control.share;
  plan.arm_share = report.arms[1].share;
  PlanProgress progress{0, options.units_per_day};
  for (const ArmReport& arm : report.arms) progress.units += arm.units;
  for (size_t a = 2; a < report.arms.size(); ++a) {
    plan.arm_share = std::min(plan.arm_share, report.arms[a].share);
  }
  if (progress.units_per_day == 0 && std::isfinite(report.days)) {
    progress.units_per_day = progress.units / std::max(1.0, report.days);
  }
  return plan_text(plan, progress, report.unit);
}

Result<ExperimentLogReport> make_reports(const AbtestFlags& options) {
  if (!options.table.empty()) {
    Result<ExperimentReport> report =
        report_table(options.table, options.reading, options.comparing);
    if (!report.ok()) return report.status();
    ExperimentLogReport reports;
    reports.experiments.push_back(std::move(*report));
    return reports;
  }
  LogReportOptions log = options.log;
  log.comparing = options.comparing;
  log.reading.pages.directory = options.reading.directory;
  log.reading.is_aa = options.reading.is_aa;
  return report_logs(options.logs, log);
}

Result<int> run(AbtestFlags& options, const CLI::App& command) {
  Result<std::map<std::string, double>> shares = parse_shares(options.shares);
  if (!shares.ok()) return shares.status();
  options.comparing.shares = std::move(*shares);
  options.comparing.larger_is_better = !options.less_is_better;
  if (Status s = check_options(options, command); !s.ok()) return s;
  if (options.table.empty() == options.logs.empty()) {
    if (!options.is_plan || !options.table.empty() || std::isnan(options.plan.base)) {
      return invalid_argument(
          "expected LOG... or --table, or --plan with --base; not several of them");
    }
    options.plan.alpha = 1 - options.comparing.level;
    options.plan.highest = 1;
    options.plan.variance = options.plan.base * (1 - options.plan.base);
    std::cout << plan_text(options.plan, {NAN, options.units_per_day}, "impression");
    return kExitOk;
  }
  if (Status s = check_paths(options); !s.ok()) return s;
  const Result<ExperimentLogReport> made = make_reports(options);
  if (!made.ok()) return made.status();
  std::cerr << visible_lines(made->bad_lines);
  if (!options.html.empty()) {
    OutputFile page(options.html);
    page.write(to_html(made->experiments, made->notes));
    if (Status s = page.close(); !s.ok()) return s;
  }
  if (options.is_json) {
    std::cout << to_json(made->experiments, made->notes);
    return kExitOk;
  }
  for (const ExperimentReport& report : made->experiments) {
    std::cout << visible_lines(to_text(report));
    if (options.is_plan) std::cout << "\n" << plan_of(report, options);
    std::cout << "\n";
  }
  for (const std::string& note : made->notes)
    std::cout << visible_lines("- " + one_line(note) + "\n");
  return kExitOk;
}

void add_log_options(CLI::App& command, AbtestFlags& options) {
  command
      .add_option("--experiment", options.log.reading.experiment,
                  "Experiment of the log to judge, as NAME or LAYER/NAME; all where not given")
      ->type_name("NAME")
      ->group(kInput);
  command
      .add_option("--segment", options.log.reading.pages.segment,
                  "Group of features whose first one is the user's segment, such as profile; the "
                  "length of the history where not given")
      ->type_name("GROUP")
      ->group(kJudging);
  command
      .add_option("--guardrail-margin", options.log.guardrail_margin,
                  "How much worse a guardrail may be, as a share of the control's")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str()
      ->group(kJudging);
  command
      .add_option("--opt-out-margin", options.log.opt_out_margin,
                  "How much larger the share of users who opt out may be than the control's, as a "
                  "difference")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str()
      ->group(kJudging);
  command
      .add_flag("--aa", options.reading.is_aa,
                "Also split all units at random 400 times, and say how often the tests see a "
                "difference")
      ->group(kJudging);
}

void add_plan_options(CLI::App& command, AbtestFlags& options) {
  command
      .add_flag("--plan", options.is_plan,
                "Say how many units a lift needs, by what the input or --base says")
      ->group(kSize);
  command
      .add_option("--base", options.plan.base, "Click-through rate, where there is no input yet")
      ->check(CLI::Range(1e-9, 0.999999))
      ->type_name("RATE")
      ->group(kSize);
  command
      .add_option("--lift", options.plan.lift,
                  "Relative lift to find, such as .02; several where not given")
      ->check(CLI::Range(1e-6, 100.0))
      ->type_name("LIFT")
      ->group(kSize);
  command.add_option("--power", options.plan.power, "Chance of finding it")
      ->check(CLI::Range(0.01, 0.9999))
      ->capture_default_str()
      ->group(kSize);
  command.add_option("--units-per-day", options.units_per_day, "Says how many days it takes")
      ->check(CLI::PositiveNumber)
      ->type_name("UNITS")
      ->group(kSize);
}

}  // namespace

Command add_abtest_command(CLI::App& app) {
  const auto options = std::make_shared<AbtestFlags>();
  CLI::App* command =
      add_subcommand(app, "abtest", "Say what an experiment shows, and whether to trust it");
  command
      ->add_option(
          "logs", options->logs,
          "Event logs (models/data/RAW_LOG.md), plain, gzip or zstd; - reads standard input")
      ->type_name(kFile)
      ->group(kInput);
  command
      ->add_option("--table", options->table,
                   "CSV file, plain or compressed, with the columns arm,impressions,clicks or "
                   "unit,arm,value[,pre]; - reads standard input")
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
      ->add_option(
          "--shares", options->shares,
          "Planned shares of units, which sum to 1, such as A=.5,B=.5; equal where not given")
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
  command
      ->add_option("--html", options->html,
                   "Also write a page with plots, which needs no other file")
      ->type_name(kFile)
      ->group(kOutput);
  add_log_options(*command, *options);
  add_plan_options(*command, *options);
  return [options, command] { return run(*options, *command); };
}

}  // namespace barker
