// barker-train as people and scripts meet it: exit codes, messages, what survives a kill.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "models/data/events.h"
#include "models/data/raw_event.h"
#include "models/weights/weight_file.h"
#include "models/weights/weights_generated.h"
#include "tests/models/cli/train_command.h"

namespace barker {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

TEST_F(TrainCommand, TrainsEvaluatesComparesAndGates) {
  ASSERT_EQ(run(quick("BM", "bm.barker")).code, 0);
  const Outcome trained = run(quick("AMTDL", "amtdl.barker"));
  ASSERT_EQ(trained.code, 0) << trained.out;
  EXPECT_THAT(trained.out, HasSubstr("auxiliary auc"));
  EXPECT_FALSE(fs::exists(file("amtdl.barker.checkpoint")))
      << "a finished run removes its checkpoint";
  const Outcome compared =
      run("compare " + file("bm.barker") + " " + file("amtdl.barker") + " --data " + data() +
          " --baseline popularity,boosted-trees --draws 20 --html " + file("r.html") +
          " --json=" + file("r.json"));
  ASSERT_EQ(compared.code, 0) << compared.out;
  EXPECT_THAT(compared.out, HasSubstr("true probability"));
  const auto json = nlohmann::json::parse(bytes_of(file("r.json")));
  EXPECT_EQ(json["models"].size(), 5u);
  EXPECT_EQ(json["models"][1]["name"], "boosted-trees");
  EXPECT_TRUE(bytes_of(file("r.html")).starts_with("<!doctype html>"));
  EXPECT_THAT(bytes_of(file("r.html")), HasSubstr("boosted-trees"));
  EXPECT_EQ(run("gate " + file("amtdl.barker") + " --against " + file("amtdl.barker") + " --data " +
                data())
                .code,
            0);
  const Outcome refused =
      run("gate " + file("bm.barker") + " --against " + file("amtdl.barker") + " --data " + log());
  EXPECT_EQ(refused.code, 1) << refused.out;
  EXPECT_THAT(refused.out, HasSubstr("REFUSED"));
}

TEST_F(TrainCommand, ResumesAfterAKillToTheSameBytes) {
  ASSERT_EQ(run(quick("MTDL", "whole.barker")).code, 0);
  const std::string command = std::string("exec ") + BARKER_TRAIN + " " +
                              quick("MTDL", "killed.barker") +
                              " --checkpoint-steps 5 >/dev/null 2>&1";
  const pid_t child = fork();
  if (child == 0) {
    execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    _exit(127);
  }
  const std::string checkpoint = file("killed.barker.checkpoint");
  for (int i = 0; i < 3000 && !fs::exists(checkpoint); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  ASSERT_TRUE(fs::exists(checkpoint));
  EXPECT_FALSE(fs::exists(file("killed.barker")));
  const Outcome resumed = run(quick("MTDL", "killed.barker") + " --resume");
  ASSERT_EQ(resumed.code, 0) << resumed.out;
  EXPECT_EQ(bytes_of(file("killed.barker")), bytes_of(file("whole.barker")));
}

TEST_F(TrainCommand, SavesACheckpointWhenInterrupted) {
  const std::string command =
      std::string("exec ") + BARKER_TRAIN + " " + quick("MTDL", "stopped.barker") +
      " --set train.max_epochs=1000 --set train.patience=1000 >/dev/null 2>&1";
  const pid_t child = fork();
  if (child == 0) {
    execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    _exit(127);
  }
  const std::string checkpoint = file("stopped.barker.checkpoint");
  for (int i = 0; i < 3000 && !fs::exists(checkpoint); ++i)  // it has begun to train
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  fs::remove(checkpoint);
  kill(child, SIGINT);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 69);
  EXPECT_TRUE(fs::exists(checkpoint));
}

TEST_F(TrainCommand, NamesTheFileThatTheDiskHasNoRoomFor) {
  // A limit on file sizes stands for a full disk: both end in a failed write.
  const std::string limited = "/bin/sh -c 'trap \"\" XFSZ; ulimit -f 8; exec " +
                              std::string(BARKER_TRAIN) + " " + quick("BM", "full.barker") +
                              "' 2>&1";
  FILE* pipe = popen(limited.c_str(), "r");
  std::string out;
  char buffer[4096];
  for (size_t got; (got = fread(buffer, 1, sizeof buffer, pipe)) > 0;) out.append(buffer, got);
  EXPECT_EQ(WEXITSTATUS(pclose(pipe)), 69) << out;
  EXPECT_THAT(out, HasSubstr("full.barker.checkpoint: cannot be written: File too large"));
  for (const auto& entry : fs::directory_iterator(directory_)) {
    EXPECT_THAT(entry.path().string(), Not(HasSubstr(".tmp."))) << "temporary files are removed";
  }
}

TEST_F(TrainCommand, NamesWhatIsWrongWithTheWords) {
  EXPECT_EQ(run("train --data " + data()).code, 64);
  EXPECT_EQ(run("train --data /nowhere --out " + file("x")).code, 66);
  const Outcome option = run(quick("BM", "x") + " --set train.sed=1");
  EXPECT_EQ(option.code, 64);
  EXPECT_THAT(option.out, HasSubstr("--set train.sed=1: train.sed: no such option"));
  EXPECT_THAT(run(quick("DNN", "x")).out, HasSubstr("model.name: expected BM, MTDL"));
  const Outcome begun = run(quick("BM", "x") + " --resume");
  EXPECT_EQ(begun.code, 0) << begun.out;
  EXPECT_THAT(begun.out, HasSubstr("x.checkpoint: there is no checkpoint, so the run starts"));
  EXPECT_THAT(run(quick("BM", "y") + " --init " + file("x")).out,
              HasSubstr("started from " + file("x")));
  EXPECT_EQ(run(quick("BM", "x") + " --init " + file("x")).code, 64);
  const Outcome baseline = run("evaluate --data " + data() + " --baseline popularty");
  EXPECT_EQ(baseline.code, 64);
  EXPECT_THAT(baseline.out, HasSubstr("is none of popularity, "));
  EXPECT_EQ(run("evaluate --data " + data()).code, 64);
  EXPECT_EQ(run("evaluate /nowhere.barker --data " + data()).code, 66);
}

TEST_F(TrainCommand, TakesHalfLivesWithoutQuotesAndTheFileSaysThem) {
  const Outcome trained =
      run(quick("MTDL", "moving.barker") +
          " --set train.recency_half_life=30d --set freeze.trend_half_life=604800");
  ASSERT_EQ(trained.code, 0) << trained.out;
  EXPECT_THAT(trained.out, HasSubstr("weights by recency (half-life 30d): "));
  EXPECT_THAT(trained.out, HasSubstr("\ntrend of keywords: coefficient "));
  const auto weights = WeightFile::open(file("moving.barker"));
  ASSERT_TRUE(weights.ok()) << weights.status().message();
  std::string notes;
  for (const auto* note : *(*weights)->card().notes()) notes += note->value()->str() + "\n";
  EXPECT_THAT(notes, HasSubstr("recency_half_life = '30d'\n"));
  EXPECT_THAT(notes, HasSubstr("trend_half_life = '604800'\n"));
  EXPECT_THAT(notes, HasSubstr("trend of keywords: coefficient "));
}

TEST_F(TrainCommand, LearnsOnlyWhatIsNewWhereItStartsFromWeightsOfTheSameLog) {
  // The world has a hundred days from 1,700,000,000 on; its own split trains on eighty.
  ASSERT_EQ(run("prepare --events " + log() + " --split-at 1705000000,1705400000 --out " +
                file("early.data"))
                .code,
            0);
  std::string of_early = quick("BM", "early.barker");
  of_early.replace(of_early.find(data()), data().size(), file("early.data"));
  ASSERT_EQ(run(of_early).code, 0);
  const std::string start = " --init " + file("early.barker");
  const Outcome increment = run(quick("BM", "late.barker") + start);
  EXPECT_EQ(increment.code, 0) << increment.out;
  EXPECT_THAT(increment.out, HasSubstr("early.barker learned until 2024-01-11 "));
  EXPECT_THAT(increment.out,
              HasSubstr("SF bars are new, and with each of them 20 of before are repeated\n"));
  EXPECT_THAT(increment.out, Not(HasSubstr("WARNING")));
  const Outcome all = run(quick("BM", "all.barker") + start + " --relearn");
  EXPECT_EQ(all.code, 0) << all.out;
  EXPECT_THAT(all.out, Not(HasSubstr("are new")));
  EXPECT_EQ(run(quick("BM", "all.barker") + " --relearn").code, 64);
  // What learned of the days that are judged is no judge of itself.
  const Outcome back = run(of_early + " --init " + file("late.barker"));
  EXPECT_THAT(back.out, HasSubstr("WARNING: "));
  EXPECT_THAT(back.out, HasSubstr("what is judged here flatters it"));
}

TEST_F(TrainCommand, WritesToStandardOutputWhereItIsAsked) {
  ASSERT_EQ(run("convert --data " + data() + " --out " + file("whole")).code, 0);
  for (const char* out : {"-", "/dev/stdout"}) {
    EXPECT_EQ(run("convert --data " + data() + " --out " + out).out, bytes_of(file("whole")));
  }
}

TEST_F(TrainCommand, ConfigPrintsWhatConfigReads) {
  const Outcome printed = run("config");
  std::ofstream(file("train.toml")) << printed.out;
  EXPECT_EQ(run(quick("BM", "config.barker") + " --config " + file("train.toml")).code, 0);
}

TEST_F(TrainCommand, QuantizesToSmallerNumbersAndSaysWhatItCosts) {
  ASSERT_EQ(run(quick("MTDL", "trained.barker")).code, 0);
  const std::string from = "quantize " + file("trained.barker") + " --data " + data();
  for (const std::string precision : {"fp32", "fp16", "int8"}) {
    const Outcome quantized =
        run(from + " --precision " + precision + " --out " + file(precision + ".barker"));
    if (quantized.code == 65 && precision == "int8") continue;  // this machine has no int8
    ASSERT_EQ(quantized.code, 0) << quantized.out;
    EXPECT_THAT(quantized.out, HasSubstr("AUC loss"));
    // The smaller file can be judged like any other.
    const Outcome judged = run("evaluate " + file(precision + ".barker") + " --data " + data());
    EXPECT_EQ(judged.code, 0) << judged.out;
  }
  EXPECT_LT(fs::file_size(file("fp16.barker")), fs::file_size(file("trained.barker")));
  const Outcome again =
      run("quantize " + file("fp16.barker") + " --data " + data() + " --out " + file("x.barker"));
  EXPECT_EQ(again.code, 64);
  EXPECT_THAT(again.out, HasSubstr("rounded already"));
}

TEST_F(TrainCommand, QuantizeRefusesWhatItCannotJudge) {
  const std::string to = " --out " + file("y.barker");
  EXPECT_EQ(run("quantize /nowhere.barker --data " + data() + to).code, 66);
  EXPECT_THAT(run("quantize x --data y --precision fp8" + to).out, HasSubstr("fp8"));
  EXPECT_THAT(run("quantize x --data y --precision fp16 --screen" + to).out, HasSubstr("--screen"));
  std::ofstream unclicked(file("unclicked.jsonl"));
  std::ifstream in(log());
  for (std::string line; std::getline(in, line);) {
    for (size_t at = 0; (at = line.find("\"clicked\":true", at)) != std::string::npos;) {
      line.replace(at, 14, "\"clicked\":false");
    }
    unclicked << line << "\n";
  }
  unclicked.close();
  ASSERT_EQ(run(quick("BM", "unjudged.barker")).code, 0);
  const Outcome none =
      run("quantize " + file("unjudged.barker") + " --data " + file("unclicked.jsonl") + to);
  EXPECT_EQ(none.code, 65) << none.out;
  EXPECT_THAT(none.out, HasSubstr("all of them not clicked, which have no AUC to judge by"));
  EXPECT_FALSE(fs::exists(file("y.barker")));
}

TEST_F(TrainCommand, NeedsNoWritableDirectoryBesideALogThatItOnlyReads) {
  const std::string shelf = file("shelf");
  fs::create_directories(shelf);
  fs::copy_file(log(), shelf + "/log.jsonl");
  fs::permissions(shelf, fs::perms::owner_read | fs::perms::owner_exec);
  // root may write everywhere, so that the directory is watched, too.
  const fs::file_time_type before = fs::last_write_time(shelf);
  EXPECT_EQ(run("validate " + shelf + "/log.jsonl").code, 0);
  const Outcome judged =
      run("evaluate --baseline popularity --draws 10 --data " + shelf + "/log.jsonl");
  EXPECT_EQ(judged.code, 0) << judged.out;
  EXPECT_EQ(fs::last_write_time(shelf), before);
  fs::permissions(shelf, fs::perms::owner_all);
}

TEST_F(TrainCommand, TellsANewcomerWhatIsWrong) {
  const std::string empty = file("empty");
  std::ofstream(empty).flush();
  const std::string wrong = file("wrong.toml");
  std::ofstream(wrong) << "[model]\ndmi = 8\n";
  struct Mistake {
    std::string words;
    int code;
    std::string message;
  };
  const std::vector<Mistake> mistakes = {
      {"", 64, "barker-train: a subcommand is missing: generate, import"},
      {"trian", 64, "barker-train: no such subcommand: trian"},
      {"train --out x", 64, "barker-train train: --data FILE is missing"},
      {"train --data " + empty + " --out " + file("x"), 65, "empty"},
      {"train --data " + directory_ + " --out " + file("x"), 64, "is a directory"},
      {quick("BM", "x") + " --config " + directory_, 65, directory_},
      {quick("BM", "x") + " --config /nowhere", 66, "/nowhere"},
      {quick("BM", "x") + " --config " + wrong, 78, "line 2: model.dmi: no such option"},
      {quick("BM", "x") + " --rank 1", 64, "--rank 1: expected one below the 1 of --ranks"},
      {quick("BM", "x") + " --ranks 2", 64, "--ranks: expected --peers HOST:PORT"},
      {quick("BM", "x") + " --peers localhost:1", 64, "--peers: expected --ranks N"},
      {quick("BM", "x") + " --set train.recency_half_life=-3d", 64, "expected a time above 0"},
      {"validate", 64, "barker-train validate: EVENTS is missing"},
      {"validate " + directory_, 64, "is a directory"},
      {"import tmal --data x --out y", 64, "tmal not in {amazon-reviews"},
      {"quantize x --data y --out z --precision fp8", 64, "fp8 not in {fp32,fp16,bf16,int8}"},
      {"compare " + file("x") + " --data " + data(), 64, "barker-train compare"},
      {"generate click-world", 64, "nothing to write: give --events-out"},
  };
  for (const Mistake& mistake : mistakes) {
    const Outcome r = run(mistake.words);
    EXPECT_EQ(r.code, mistake.code) << mistake.words << ": " << r.out;
    EXPECT_THAT(r.out, HasSubstr(mistake.message)) << mistake.words;
  }
}

TEST_F(TrainCommand, CleansWhatLogsSayForTheTerminal) {
  std::ofstream(file("hostile.jsonl")) << "{\"time\":1,\"user\":\"\x1b[2J\n\x1b]0;title\x07\n";
  for (const char* command : {"validate ", "train --out x --data ", "prepare --out x --events "}) {
    const Outcome r = run(command + file("hostile.jsonl"));
    EXPECT_NE(r.code, 0) << command;
    EXPECT_THAT(r.out, Not(HasSubstr("\x1b"))) << command;
    EXPECT_THAT(run(command + std::string("'/nowhere/\x1b[2J'")).out, Not(HasSubstr("\x1b")));
  }
}

// What a server would have logged of the world: its searches, with a click a second after each.
std::string raw_log_of(const std::string& events) {
  std::string raw;
  int clicks = 0;
  std::ifstream in(events);
  for (std::string line; std::getline(in, line);) {
    const SearchEvent event = *parse_event(line);
    RawImpression shown;
    shown.request = event.user + "." + event.search;
    shown.time = event.time * 1000;
    shown.user = event.user;
    shown.query = event.query;
    shown.groups = event.groups;
    RawClick click{"", shown.time + 1000, shown.request, RawClick::Kind::kSf, "", 0};
    std::string after;
    const auto add_click = [&](RawClick::Kind kind, const std::string& object) {
      click.event = "e" + std::to_string(clicks++);
      click.kind = kind;
      click.object = object;
      after += to_line(click);
    };
    for (const SfImpression& sf : event.sfs) {
      shown.sfs.push_back({sf.text, 0, 0.5});
      if (sf.clicked) add_click(RawClick::Kind::kSf, sf.text);
    }
    for (const AdImpression& ad : event.ads) {
      RawAd& raw_ad = shown.ads.emplace_back();
      raw_ad.id = ad.id;
      raw_ad.title = ad.title;
      if (ad.clicked) add_click(RawClick::Kind::kAd, ad.id);
    }
    raw += to_line(shown) + after;
  }
  return raw;
}

TEST_F(TrainCommand, TrainsOnARawLogThatWasJoined) {
  ASSERT_EQ(run("generate click-world --user-count 200 --events-out " + file("w.jsonl")).code, 0);
  std::ofstream(file("raw.jsonl")) << raw_log_of(file("w.jsonl"));
  const Outcome joined = run("join " + file("raw.jsonl") + " --window 10m --lateness 400d --out " +
                             file("joined.jsonl") + " --json");
  EXPECT_EQ(joined.code, 64) << joined.out;
  // The world's log is in order for each user alone, so that the lateness has to span it.
  const Outcome good = run("join " + file("raw.jsonl") + " --window 10m --lateness 366d --out " +
                           file("joined.jsonl") + " --json");
  ASSERT_EQ(good.code, 0) << good.out;
  const auto counts = nlohmann::json::parse(good.out);
  EXPECT_EQ(counts["bad_lines"], 0);
  EXPECT_GT(counts["events"]["clicked_sfs"], 100);
  EXPECT_EQ(counts["clicks"]["all"], counts["clicks"]["joined"]);
  EXPECT_EQ(run("validate " + file("joined.jsonl")).code, 0);
  const Outcome trained = run("train --data " + file("joined.jsonl") + " --out " +
                              file("joined.barker") + " --quiet --draws 20 --set model.dim=8 " +
                              "--set model.hidden=[16,8] --set train.max_epochs=1");
  EXPECT_EQ(trained.code, 0) << trained.out;
  EXPECT_TRUE(fs::exists(file("joined.barker")));
}

TEST_F(TrainCommand, TakesOldSpellings) {
  const Outcome old = run("convert --from " + data() + " --to " + file("old.txt"));
  EXPECT_EQ(old.code, 0);
  EXPECT_THAT(old.out, HasSubstr("note: --from is now called --data"));
  EXPECT_THAT(run("freeze /nowhere --data y --out z").out,
              HasSubstr("note: freeze is now called quantize"));
  ASSERT_EQ(run(quick("BM", "json.barker")).code, 0);
  const std::string evaluate = "evaluate " + file("json.barker") + " --draws 10 --data " + data();
  const Outcome report = run(evaluate + " --json " + file("old.json"));
  EXPECT_EQ(report.code, 0) << report.out;
  EXPECT_THAT(report.out, HasSubstr("is now written --json="));
  EXPECT_EQ(nlohmann::json::parse(bytes_of(file("old.json"))),
            nlohmann::json::parse(run(evaluate + " --json").out));
}

TEST_F(TrainCommand, TakesASeedAsAnOption) {
  ASSERT_EQ(run(quick("BM", "one.barker") + " --seed 7").code, 0);
  ASSERT_EQ(run(quick("BM", "two.barker") + " --set train.seed=7").code, 0);
  EXPECT_EQ(bytes_of(file("one.barker")), bytes_of(file("two.barker")));
}

}  // namespace
}  // namespace barker
