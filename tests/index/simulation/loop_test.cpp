#include "index/simulation/loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "index/simulation/loop_report.h"
#include "models/weights/directory.h"
#include "tests/models/base/temporary_path.h"

namespace barker {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// Stands for barker-train: "trains" by copying weights that exist, and lets the gate pass unless
// told otherwise. The real one is slow, and what it learns is no part of how the loop behaves.
std::string trainer_that(const std::string& on_gate, const std::string& on_train = "") {
  std::string path = temporary_path("trainer.sh");
  std::ofstream(path) << "#!/bin/sh\necho \"$@\"\nif [ $1 = gate ]; then\n"
                      << on_gate << "\nexit 0\nfi\n"
                      << on_train
                      << "\nwhile [ $# -gt 0 ]; do [ $1 = --out ] && out=$2; shift; done\ncp "
                      << BARKER_SOURCE_DIR "/models/simulate/demo.barker $out\n";
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  return path;
}

LoopOptions small(const std::string& trainer = trainer_that("")) {
  LoopOptions options;
  options.directory = temporary_path("loop");
  options.trainer = trainer;
  options.plugin = BARKER_PLUGIN_PATH;
  options.days = 3;
  options.market = {.ads = 100, .users = 60};
  options.drift.new_points_day = 2;
  options.past = 3;
  options.past_events = 50;
  options.rollout = {.ramp = {0.5, 0.5}, .least_users = 2, .least_clicks = 1, .margin = 1};
  return options;
}

LoopState finished(const LoopOptions& options) {
  Result<LoopState> state = run_loop(options);
  EXPECT_TRUE(state.ok()) << state.status().message();
  return state.ok() ? *state : LoopState{};
}

std::string current_of(const LoopOptions& options) {
  const auto versions = weight_versions(options.directory + "/weights");
  for (const WeightVersion& version : versions.value()) {
    if (version.current) return version.name;
  }
  return "";
}

TEST(Loop, ServesTrainsPublishesAndPromotesDayByDay) {
  const LoopOptions options = small();
  const LoopState state = finished(options);
  ASSERT_EQ(state.days.size(), 3u);
  EXPECT_EQ(state.stage, LoopStage::kDone);
  EXPECT_EQ(state.days[0].canary.version, "");
  EXPECT_EQ(state.days[0].published, "000002.barker");
  EXPECT_EQ(state.days[1].canary.version, "000002.barker");
  EXPECT_EQ(state.days[1].serving, "000001.barker");
  for (const LoopDay& day : state.days) {
    for (const LoopArmDay& arm : day.arms) {
      EXPECT_GT(arm.totals.impressions, 0) << day.day;
      EXPECT_EQ(arm.bypassed, 0u);
    }
  }
  EXPECT_EQ(state.trusted, (std::vector<uint32_t>{0, 1, 2}));
}

// By the known probabilities: the arm without selling points earns what its pages' own titles earn,
// and the oracle's what is possible on them.
TEST(Loop, HasAFloorAndACeiling) {
  const LoopState state = finished(small());
  for (const LoopDay& day : state.days) {
    EXPECT_NEAR(gain_of(day, LoopArm::kNone).of_pages, 0, 1e-9);
    EXPECT_NEAR(gain_of(day, LoopArm::kOracle).of_pages, 1, 1e-9);
    EXPECT_GT(gain_of(day, LoopArm::kFrozen).of_pages, 0.1);
    EXPECT_LT(gain_of(day, LoopArm::kFrozen).of_pages, 1);
  }
}

TEST(Loop, IsTheSameOnAnyNumberOfThreadsAndAnotherWithAnotherSeed) {
  LoopOptions options = small();
  options.days = 2;
  const std::string one = loop_csv(finished(options));
  const std::string log = bytes_of(loop_day_in(options.directory, 2) + "/events.jsonl");
  options.threads = 3;
  options.directory = temporary_path("loop");
  EXPECT_EQ(loop_csv(finished(options)), one);
  EXPECT_TRUE(bytes_of(loop_day_in(options.directory, 2) + "/events.jsonl") == log);
  options.seed = 2;
  options.directory = temporary_path("loop");
  EXPECT_NE(loop_csv(finished(options)), one);
}

// One child after the other runs the loop, and is killed as soon as it has done the next stage: the
// first time before the state says so, the second time after.
TEST(Loop, GoesOnWhereItWasKilledWithTheSameResults) {
  LoopOptions options = small();
  const LoopState whole = finished(options);
  options.directory = temporary_path("loop");
  bool dies_before_writing = true;
  options.on_stage = [&](uint32_t, LoopStage, bool is_written) {
    if (is_written != dies_before_writing) std::raise(SIGKILL);
  };
  int kills = 0;
  for (bool is_done = false; !is_done && kills < 100; ++kills) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) _exit(run_loop(options).ok() ? 0 : 1);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0) << kills;
    is_done = WIFEXITED(status);
    dies_before_writing = !dies_before_writing;
  }
  EXPECT_EQ(kills, 1 + 2 * (1 + 2 * 6 + 3)) << "two for each stage, and the one that finds it done";
  options.on_stage = nullptr;
  EXPECT_EQ(loop_json(finished(options)), loop_json(whole));
}

// A kill within a stage leaves more than one between two stages: a part of an index that was to be
// removed, and a version that nothing names yet.
TEST(Loop, GoesOnFromWhatAStageThatWasKilledLeft) {
  LoopOptions options = small();
  const std::string whole = loop_json(finished(options));
  options.directory = temporary_path("loop");
  const std::string weights = options.directory + "/weights";
  const auto leave = [&](const std::string& version) {
    std::filesystem::create_directories(weights);
    std::filesystem::copy_file(BARKER_SOURCE_DIR "/models/simulate/demo.barker",
                               weights + "/" + version);
  };
  leave("000001.barker");
  options.on_stage = [&](uint32_t day, LoopStage stage, bool is_written) {
    if (!is_written || day != 1) return;
    if (stage == LoopStage::kGate) leave("000002.barker");
    if (stage == LoopStage::kPublish) {
      const std::string index = loop_day_in(options.directory, 2) + "/index";
      std::filesystem::create_directories(index);
      std::ofstream(index + "/manifest") << "a part";
    }
  };
  EXPECT_EQ(loop_json(finished(options)), whole);
  EXPECT_EQ(weight_versions(weights)->size(), 3u);
}

// The trainer of a loop that was killed takes its time to end.
TEST(Loop, WaitsForTheTrainerOfALoopThatWasKilled) {
  LoopOptions options =
      small(trainer_that("",
                         "if [ ! -f begun ]; then trap '' TERM; touch begun\n"
                         "while [ ! -f may_end ]; do sleep 0.01; done; sleep 0.2; touch ended; fi\n"
                         "[ -f ended ] || exit 9"));
  options.days = 1;
  const pid_t child = fork();
  if (child == 0) {
    static_cast<void>(run_loop(options));
    _exit(0);
  }
  const auto is_there = [&](const char* file) {
    return std::filesystem::exists(options.directory + "/" + file);
  };
  for (int i = 0; i < 60'000 && !is_there("begun"); ++i) usleep(1000);
  ASSERT_TRUE(is_there("begun")) << "after a minute";
  EXPECT_EQ(run_loop(options).status().message(),
            options.directory + "/loop.lock: another loop is running in this directory");
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_FALSE(is_there("ended"));
  int waits = 0;
  options.on_wait = [&] {
    ++waits;
    std::ofstream(options.directory + "/may_end").flush();
  };
  EXPECT_EQ(finished(options).stage, LoopStage::kDone);
  EXPECT_EQ(waits, 1);
}

TEST(Loop, GoesOnAfterADayFromWhichNothingCanBeLearned) {
  // A log without clicks, and a loss that ran away, as barker-train says so.
  for (const std::string code : {"65", "78"}) {
    const LoopState state =
        finished(small(trainer_that("", "[ \"${5#day-02}\" != \"$5\" ] && exit " + code)));
    ASSERT_EQ(state.days.size(), 3u);
    EXPECT_FALSE(state.days[1].gate.is_passed);
    EXPECT_THAT(state.days[1].gate.reason,
                AllOf(HasSubstr("nothing was learned"), HasSubstr("exit code " + code)));
    EXPECT_EQ(state.days[1].published, "");
    EXPECT_EQ(state.trusted, (std::vector<uint32_t>{0, 1}));
  }
}

TEST(Loop, CannotJudgeWithoutHeldOutUsers) {
  LoopOptions options = small();
  options.days = 2;
  options.held_out = 0;
  const LoopState state = finished(options);
  EXPECT_THAT(state.days[0].gate.reason, HasSubstr("cannot judge"));
  EXPECT_EQ(state.days[0].published, "");
}

TEST(Loop, KeepsServingWhatTheGateRefusesToReplaceAndLearnsNothingOfThatDay) {
  const LoopOptions options = small(trainer_that("[ $2 = day-02/candidate.barker ] && exit 1"));
  const LoopState state = finished(options);
  ASSERT_EQ(state.days.size(), 3u);
  EXPECT_FALSE(state.days[1].gate.is_passed);
  EXPECT_THAT(state.days[1].gate.reason, HasSubstr("worse"));
  EXPECT_EQ(state.days[1].published, "");
  EXPECT_EQ(state.days[2].canary.version, "");
  EXPECT_EQ(state.days[2].serving, current_of(options));
  EXPECT_EQ(state.trusted, (std::vector<uint32_t>{0, 1}));
}

TEST(Loop, PublishesNothingThatTheGateCannotJudge) {
  const LoopState state = finished(small(trainer_that("exit 2")));
  ASSERT_EQ(state.days.size(), 3u);
  EXPECT_EQ(state.days[0].published, "");
  EXPECT_THAT(state.days[0].gate.reason, HasSubstr("cannot judge"));
  EXPECT_EQ(state.trusted, (std::vector<uint32_t>{0, 1, 2}));
}

TEST(Loop, RollsBackACanaryWithTooFewUsers) {
  LoopOptions options = small();
  options.days = 2;
  options.rollout.least_users = 1000;
  const LoopState state = finished(options);
  ASSERT_EQ(state.days.size(), 2u);
  EXPECT_FALSE(state.days[1].canary.is_promoted);
  EXPECT_THAT(state.days[1].canary.reason, HasSubstr("too few"));
  EXPECT_EQ(current_of(options), "000001.barker");
}

// Shuffling moves clicks and keeps their number.
TEST(Loop, ShufflesTheLabelsOfOneDay) {
  LoopOptions options = small();
  options.days = 2;
  finished(options);
  const auto clicks_in = [&](uint32_t day) {
    const std::string directory = loop_day_in(options.directory, day);
    const std::string text =
        bytes_of(directory + "/events.jsonl") + bytes_of(directory + "/held-out.jsonl");
    size_t clicks = 0;
    for (size_t at = 0; (at = text.find("\"clicked\":true", at)) != std::string::npos; ++at) {
      ++clicks;
    }
    return std::pair(text, clicks);
  };
  const auto [text, clicks] = clicks_in(1);
  options.directory = temporary_path("loop");
  options.shuffle_day = 1;
  EXPECT_TRUE(finished(options).days[0].is_shuffled);
  const auto [shuffled_text, shuffled_clicks] = clicks_in(1);
  EXPECT_GT(clicks, 10u);
  EXPECT_EQ(shuffled_clicks, clicks);
  EXPECT_FALSE(shuffled_text == text);
}

// Weights that learn from the past and from the loop's days meet one truth of how ads are read.
TEST(Loop, LogsThePastAsItsPagesAreRead) {
  LoopOptions options = small();
  options.days = 1;
  options.past_events = 200;
  finished(options);
  std::ifstream log(loop_day_in(options.directory, 0) + "/events.jsonl");
  double first = 0, fifth = 0;
  for (std::string line; std::getline(log, line);) {
    const auto ads = nlohmann::json::parse(line)["ads"];
    ASSERT_EQ(ads.size(), 5u);
    first += ads[0]["p"].get<double>();
    fifth += ads[4]["p"].get<double>();
  }
  EXPECT_GT(first, 0);
  EXPECT_NEAR(first / fifth, std::sqrt(5), 0.5);
}

TEST(Loop, NamesTheOptionsThatDifferFromThoseItBeganWith) {
  LoopOptions options = small();
  options.days = 1;
  finished(options);
  options.days = 2;
  options.exploration = 0.3;
  const Result<LoopState> state = run_loop(options);
  ASSERT_FALSE(state.ok());
  EXPECT_THAT(state.status().message(), AllOf(HasSubstr("days (there 1, now 2)"),
                                              HasSubstr("exploration (there 0.1, now 0.3)")));
}

TEST(Loop, SaysWhichTrainingFailedAndWhereItsOutputIs) {
  LoopOptions options = small(trainer_that("", "echo no memory; exit 70"));
  const Result<LoopState> state = run_loop(options);
  ASSERT_FALSE(state.ok());
  EXPECT_THAT(
      state.status().message(),
      AllOf(HasSubstr("day 0, first weights"), HasSubstr(" train --data day-00/events.jsonl"),
            HasSubstr("exit code 70"), HasSubstr("day-00/trainer.log")));
  EXPECT_THAT(bytes_of(loop_day_in(options.directory, 0) + "/trainer.log"), HasSubstr("no memory"));
  options.trainer = "/nowhere/barker-train";
  EXPECT_THAT(run_loop(options).status().message(), HasSubstr("cannot be started"));
}

TEST(Loop, RefusesAStateThatIsDamaged) {
  LoopOptions options = small();
  std::filesystem::create_directories(options.directory);
  std::ofstream(loop_state_in(options.directory)) << R"({"options": "{}", "day": 1})";
  EXPECT_THAT(run_loop(options).status().message(),
              AllOf(HasSubstr("state.json"), HasSubstr("stage")));
}

TEST(Loop, ReportsEveryDayAndDecision) {
  const LoopState state = finished(small());
  const std::string csv = loop_csv(state);
  EXPECT_EQ(std::ranges::count(csv, '\n'), 1 + 3 * 4);
  EXPECT_THAT(csv, HasSubstr("\n3,oracle,"));
  const auto json = nlohmann::json::parse(loop_json(state));
  EXPECT_EQ(json["days"][2]["arms"][3]["arm"], "oracle");
  EXPECT_EQ(json["debuts"].size(), 8u);
  EXPECT_EQ(json["options"]["users"], 60);
  EXPECT_THAT(loop_text(state), HasSubstr("day 2  canary: 000002.barker "));
  const std::string html = loop_html(state);
  EXPECT_THAT(html,
              AllOf(HasSubstr("<polyline class='line line2'"), HasSubstr("Day 1: the gate let"),
                    HasSubstr("000002.barker was shown to")));
  EXPECT_EQ(html.find("<script"), std::string::npos);
  EXPECT_EQ(html.find("nan"), std::string::npos);
}

}  // namespace
}  // namespace barker
