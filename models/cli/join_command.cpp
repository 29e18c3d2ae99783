// join: raw logs of the server become an event log.
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "models/base/exit_code.h"
#include "models/base/output_file.h"
#include "models/base/output_paths.h"
#include "models/cli/commands.h"
#include "models/cli/shared_options.h"
#include "models/command/options.h"
#include "models/data/join.h"
#include "models/data/raw_log.h"

namespace barker {
namespace {

struct JoinFlags {
  std::vector<std::string> raw;
  std::string out;
  JoinOptions join;
  bool json = false;
};

std::string to_json(const JoinReport& report) {
  const JoinCounts& c = report.counts;
  const nlohmann::ordered_json json = {{"lines", report.lines},
                                       {"bad_lines", report.bad_lines},
                                       {"unfinished_lines", report.unfinished_lines},
                                       {"impressions",
                                        {{"all", c.impressions},
                                         {"joined", c.events},
                                         {"duplicate", c.duplicate_impressions},
                                         {"late", c.late_impressions}}},
                                       {"clicks",
                                        {{"all", c.clicks},
                                         {"joined", c.joined_clicks},
                                         {"duplicate", c.duplicate_clicks},
                                         {"late", c.late_clicks},
                                         {"unmatched", c.unmatched_clicks},
                                         {"foreign", c.foreign_clicks}}},
                                       {"opt_outs", c.opt_outs},
                                       {"events",
                                        {{"all", c.events},
                                         {"sfs", c.sfs},
                                         {"clicked_sfs", c.clicked_sfs},
                                         {"ads", c.ads},
                                         {"clicked_ads", c.clicked_ads},
                                         {"anonymous", c.anonymous},
                                         {"open_windows", c.open_windows},
                                         {"ads_left_out", c.ads_left_out}}}};
  return json.dump(2) + "\n";
}

std::string to_text(const JoinReport& report) {
  const JoinCounts& c = report.counts;
  const auto n = [](uint64_t count) { return std::to_string(count); };
  std::string text = n(report.lines) + " lines: " + n(c.impressions) + " impressions, " +
                     n(c.clicks) + " clicks, " + n(c.opt_outs) + " opt-outs, " +
                     n(report.bad_lines) + " that cannot be used, " + n(report.unfinished_lines) +
                     " unfinished\n";
  text += n(c.events) + " events: " + n(c.sfs) + " SFs, " + n(c.clicked_sfs) + " clicked; " +
          n(c.ads) + " ads, " + n(c.clicked_ads) + " clicked; " + n(c.anonymous) +
          " without a user; " + n(c.ads_left_out) + " ads left out of long pages\n";
  text += "impressions not used: " + n(c.duplicate_impressions) + " duplicate, " +
          n(c.late_impressions) + " late\n";
  text += "clicks: " + n(c.joined_clicks) + " joined, " + n(c.duplicate_clicks) + " duplicate, " +
          n(c.late_clicks) + " late, " + n(c.unmatched_clicks) + " unmatched, " +
          n(c.foreign_clicks) + " on what was not shown\n";
  if (c.open_windows > 0) {
    text += n(c.open_windows) +
            " events are of the last window: clicks on them may stand in the next log\n";
  }
  return text;
}

Result<int> run(const JoinFlags& o) {
  const OutputPath out{"--out", o.out, OutputPath::Kind::kFileOrStream};
  if (Status s = check_outputs(raw_log_inputs("--raw", o.raw), {out}); !s.ok()) return s;
  OutputFile file(o.out);
  std::string line;
  const Result<JoinReport> report = join_raw_logs(o.raw, o.join, [&](const SearchEvent& event) {
    line.clear();
    append_event(event, line);
    file.write(line);
    return file.status();
  });
  if (!report.ok()) return report.status();
  std::cerr << visible_lines(report->bad);
  if (report->counts.events == 0) {
    return bad_data(o.raw.front() + (o.raw.size() > 1 ? " and others" : "") +
                    ": no impression can be used; found " + std::to_string(report->lines) +
                    " lines, of which " + std::to_string(report->bad_lines) +
                    " are unusable, and " + std::to_string(report->counts.clicks) + " clicks");
  }
  if (Status s = file.close(); !s.ok()) return s;
  std::ostream& summary = is_standard_output(o.out) ? std::cerr : std::cout;
  summary << (o.json ? to_json(*report) : to_text(*report));
  return kExitOk;
}

}  // namespace

Command add_join_command(CLI::App& app) {
  const auto o = std::make_shared<JoinFlags>();
  CLI::App* command = add_subcommand(
      app, "join", "Join a server's raw impressions and clicks into an event log to train on");
  command
      ->add_option("raw,--raw", o->raw,
                   "Raw logs (models/data/RAW_LOG.md) in any order, plain, gzip or zstd; - reads "
                   "standard input")
      ->required()
      ->type_name(kFile)
      ->group(kInput);
  add_time_option(*command, "--window", o->join.window_ms, "30m",
                  "How long after its page a click counts")
      ->group(kRun);
  add_time_option(*command, "--lateness", o->join.lateness_ms, "1m",
                  "How far behind a newer line a line may stand")
      ->group(kRun);
  add_out_option(*command, "--out", o->out, "Event log to write; - is standard output");
  command->add_flag("--json", o->json, "Print the counts as JSON")->group(kOutput);
  return [o] { return run(*o); };
}

}  // namespace barker
