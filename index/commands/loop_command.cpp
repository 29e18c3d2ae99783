// loop: serve, log, train, gate, publish and roll out, day after day, in a world that drifts.
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>

#include "index/commands/commands.h"
#include "index/simulation/loop.h"
#include "index/simulation/loop_report.h"
#include "models/base/cores.h"
#include "models/base/exit_code.h"
#include "models/base/output_file.h"
#include "models/command/options.h"
#include "models/text/text.h"
#include "plugin/host/plugin_loader.h"

namespace barker {
namespace {

namespace fs = std::filesystem;

struct LoopFlags {
  LoopOptions loop;
  bool json = false, quiet = false;
};

// The one that stands beside this executable.
std::string default_trainer() {
  std::error_code error;
  return (fs::read_symlink("/proc/self/exe", error).parent_path() / "barker-train").string();
}

Status write_report(const LoopState& state, const std::string& directory) {
  for (const auto& [name, text] : {std::pair<const char*, std::string>{"loop.csv", loop_csv(state)},
                                   {"loop.html", loop_html(state)}}) {
    OutputFile out = OutputFile::in(directory, name);
    out.write(text);
    if (Status s = out.close(); !s.ok()) return s;
  }
  return {};
}

Result<int> run(const LoopFlags& o) {
  ignore_broken_pipes();
  LoopOptions loop = o.loop;
  loop.market.seed = loop.seed;
  loop.plugin = default_plugin_path();
  if (loop.trainer.empty()) loop.trainer = default_trainer();
  if (::access(loop.trainer.c_str(), X_OK) != 0) {
    return not_found(loop.trainer +
                     ": is no program that can be run; --trainer names barker-train");
  }
  if (!o.quiet && isatty(STDERR_FILENO)) {
    loop.on_stage = [&](uint32_t day, LoopStage stage, bool is_written) {
      if (!is_written) return;
      std::fprintf(stderr, "\r\033[Kday %u of %u: %s is done", day, loop.days,
                   kLoopStageNames[static_cast<size_t>(stage)]);
    };
  }
  loop.on_wait = [&] {
    std::cerr << visible(loop.directory)
              << ": waits until the trainer of an earlier loop has ended\n";
  };
  const Result<LoopState> state = run_loop(loop);
  if (loop.on_stage) std::fprintf(stderr, "\r\033[K");
  if (!state.ok()) return state.status();
  if (Status s = write_report(*state, loop.directory); !s.ok()) return s;
  std::cout << (o.json ? loop_json(*state) : loop_text(*state));
  std::cerr << visible(loop.directory) << "/loop.html is ready\n";
  return kExitOk;
}

CLI::Option* add_share(CLI::App& command, const char* name, double& value, const char* what) {
  return command.add_option(name, value, what)->check(CLI::Range(0.0, 1.0));
}

void add_size_options(CLI::App& command, LoopOptions& o) {
  command.add_option("--days", o.days, "Number of days")->check(CLI::Range(1u, 365u))->group(kSize);
  command.add_option("--user-count,--users", o.market.users, "Number of shoppers")
      ->check(CLI::Range(20u, 10'000'000u))
      ->group(kSize);
  command.add_option("--ad-count", o.market.ads, "Number of ads")
      ->check(CLI::Range(50u, 10'000'000u))
      ->group(kSize);
  command.add_option("--searches", o.searches, "Searches of a shopper a day, on average")
      ->check(CLI::Range(0.01, 20.0))
      ->group(kSize);
  command
      .add_option("--past-events", o.past_events,
                  "Searches before the first day that the first weights learn from")
      ->check(CLI::Range(100u, 100'000'000u))
      ->group(kSize);
}

void add_world_options(CLI::App& command, LoopOptions& o) {
  constexpr char kWorld[] = "World";
  add_share(command, "--constancy", o.drift.constancy,
            "How much of a shopper's own taste is left after a day")
      ->group(kWorld);
  command
      .add_option("--fashion", o.drift.fashion,
                  "Step a day of what all shoppers come to like, on each axis of taste")
      ->check(CLI::Range(0.0, 1.0))
      ->group(kWorld);
  add_share(command, "--turnover", o.drift.turnover, "Share of the ads that come or go")
      ->group(kWorld);
  command.add_option("--new-points", o.drift.new_points, "Selling points that are new on a day")
      ->check(CLI::Range(0u, 50u))
      ->group(kWorld);
  command.add_option("--new-points-day", o.drift.new_points_day, "The day; 0: none are new")
      ->group(kWorld);
  command.add_option("--gone-points", o.drift.gone_points, "Selling points that go on a day")
      ->check(CLI::Range(0u, 50u))
      ->group(kWorld);
  command.add_option("--gone-points-day", o.drift.gone_points_day, "The day; 0: none go")
      ->group(kWorld);
  command
      .add_option("--shuffle-labels-on-day", o.shuffle_day,
                  "Shuffle the clicks of this day's log, which the gate has to refuse; 0: never")
      ->group(kWorld);
}

void add_learning_options(CLI::App& command, LoopOptions& o) {
  add_share(command, "--explore", o.exploration,
            "Share of the loop's pages whose selling points are drawn")
      ->group(kModel);
  add_share(command, "--explore-bar", o.shopping.bar_exploration,
            "Share of the places in the bar that are drawn")
      ->group(kModel);
  command.add_option("--history", o.history, "Days that each training learns from")
      ->check(CLI::Range(1u, 365u))
      ->group(kModel);
  command.add_option("--epochs", o.epochs, "Of each day's training, at most")
      ->check(CLI::Range(1u, 1000u))
      ->group(kModel);
  command.add_option("--first-epochs", o.first_epochs, "Of the first training, at most")
      ->check(CLI::Range(1u, 1000u))
      ->group(kModel);
  command
      .add_option("--set", o.settings,
                  "An option of `barker-train train`, section.key=value; repeatable")
      ->type_name("SETTING")
      ->group(kModel);
}

void add_judging_options(CLI::App& command, LoopOptions& o) {
  command.add_option("--held-out", o.held_out, "Share of the users whose logs only judge")
      ->check(CLI::Range(0.01, 0.9))
      ->group(kJudging);
  command
      .add_option("--min-instances", o.gate_instances,
                  "A slice of the gate with fewer is not judged")
      ->group(kJudging);
  command
      .add_option("--ramp", o.rollout.ramp,
                  "Shares of the users who are shown a canary, over equal parts of a day")
      ->delimiter(',')
      ->check(CLI::Range(0.0, 1.0))
      ->default_str("0.1,0.25,0.5,0.5")
      ->group(kJudging);
  command
      .add_option("--least-users", o.rollout.least_users,
                  "Users of each side before a canary is judged")
      ->group(kJudging);
  command
      .add_option("--least-clicks", o.rollout.least_clicks,
                  "Clicks of each side before a canary is judged")
      ->group(kJudging);
  add_share(command, "--margin", o.rollout.margin,
            "A canary is promoted when its CTR is surely not lower by this share")
      ->group(kJudging);
}

}  // namespace

Command add_loop_command(CLI::App& app) {
  const auto o = std::make_shared<LoopFlags>();
  LoopOptions& loop = o->loop;
  loop.threads = usable_cores();
  CLI::App* command = add_subcommand(
      app, "loop",
      "Serve, log, train, gate, publish and roll out, day after day, before shoppers whose tastes "
      "drift");
  command->add_option("--out", loop.directory, "Directory of the loop; one that stopped goes on")
      ->required()
      ->type_name(kDirectory)
      ->group(kOutput);
  command->add_flag("--json", o->json, "Print the report as JSON")->group(kOutput);
  add_size_options(*command, loop);
  add_world_options(*command, loop);
  add_learning_options(*command, loop);
  add_judging_options(*command, loop);
  command->add_option("--trainer", loop.trainer, "barker-train")
      ->default_str("beside this program")
      ->type_name(kFile)
      ->group(kRun);
  command
      ->add_option("--seed", loop.seed,
                   "Equal seeds give equal results; another seed is another world, too")
      ->group(kRun);
  command->add_option("--threads", loop.threads, "Threads of the shoppers")
      ->default_str("one a core")
      ->check(CLI::Range(1, 1024))
      ->group(kRun);
  command->add_flag("--quiet", o->quiet, "Print no progress")->group(kRun);
  return [o] { return run(*o); };
}

}  // namespace barker
