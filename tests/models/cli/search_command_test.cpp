// sweep and tune as people meet them: what they print, and that a search goes on where it was.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "models/base/file_lock.h"
#include "tests/models/cli/train_command.h"

namespace barker {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Json = nlohmann::json;
namespace fs = std::filesystem;

const std::string kQuick =
    " --set model.dim=8 --set model.hidden=[8] --set train.max_epochs=1 --set model.name=BM";

TEST_F(TrainCommand, SweepsSeedsAndSaysTheirSpread) {
  const std::string sweep = "sweep --data " + data() + " --out " + file("sweep") + kQuick;
  const Outcome text = run(sweep + " --seeds 2");
  ASSERT_EQ(text.code, 0) << text.out;
  EXPECT_THAT(text.out, HasSubstr("validation auc                2      0."));
  const std::string before = bytes_of(file("sweep/trials.jsonl"));
  const Outcome more = run(sweep + " --seeds 3 --json");
  ASSERT_EQ(more.code, 0) << more.out;
  EXPECT_THAT(bytes_of(file("sweep/trials.jsonl")), StartsWith(before)) << "two were there already";
  const Json metric = Json::parse(more.out.substr(more.out.find("{\n")))["metrics"]["test auc"];
  EXPECT_EQ(metric["seeds"], 3);
  double mean = 0, squares = 0;
  std::istringstream lines(bytes_of(file("sweep/trials.jsonl")));
  std::vector<double> values;
  std::string line;
  for (std::getline(lines, line); std::getline(lines, line);) {
    values.push_back(Json::parse(line)["metrics"]["test auc"]);
    mean += values.back() / 3;
  }
  ASSERT_EQ(values.size(), 3u);
  EXPECT_NE(values[0], values[1]) << "seeds differ";
  for (const double v : values) squares += (v - mean) * (v - mean);
  EXPECT_NEAR(metric["mean"], mean, 1e-12);
  EXPECT_NEAR(metric["sd"], std::sqrt(squares / 2), 1e-12);
  // The quantile of Student's t with two degrees of freedom is 4.3027.
  EXPECT_NEAR(metric["high"], mean + 4.302653 * std::sqrt(squares / 2) / std::sqrt(3.0), 1e-6);
}

TEST_F(TrainCommand, TunesOnValidationAndGoesOnAfterAKill) {
  std::ofstream(file("space.toml")) << "[train]\nlearning_rate = { log = [1e-4, 1e-2] }\n"
                                       "[model]\ndim = { choices = [4, 8] }\n";
  const auto tune = [&](const std::string& out, int trials) {
    return run("tune --data " + data() + " --space " + file("space.toml") + " --out " + file(out) +
               " --trials " + std::to_string(trials) + kQuick);
  };
  ASSERT_EQ(tune("a", 2).code, 0);
  ASSERT_EQ(tune("b", 1).code, 0);
  std::ofstream(file("b/trials.jsonl"), std::ios::app) << "{\"trial\": 2, \"sett";  // a kill
  const Outcome resumed = tune("b", 2);
  ASSERT_EQ(resumed.code, 0) << resumed.out;
  EXPECT_THAT(resumed.out, Not(HasSubstr("trial 1  validation"))) << "it is not run again";
  std::istringstream whole(bytes_of(file("a/trials.jsonl"))),
      parts(bytes_of(file("b/trials.jsonl")));
  std::string a, b;
  double best = 0;
  for (std::getline(whole, a), std::getline(parts, b); std::getline(whole, a);) {
    ASSERT_TRUE(std::getline(parts, b));
    const Json one = Json::parse(a), other = Json::parse(b);
    EXPECT_EQ(one["settings"], other["settings"]);
    EXPECT_EQ(one["metrics"], other["metrics"]);
    EXPECT_FALSE(one["metrics"].contains("test auc")) << "the search must not see the test split";
    best = std::max(best, one["metrics"]["validation auc"].get<double>());
  }
  const Json found = Json::parse(run("tune --data " + data() + " --space " + file("space.toml") +
                                     " --out " + file("a") + " --trials 2 --json" + kQuick)
                                     .out);
  EXPECT_EQ(found["metrics"]["validation auc"], best);
  EXPECT_GT(found["metrics"]["test auc"], 0.5);
  size_t kept = 0;
  for (const auto& entry : fs::directory_iterator(file("a")))
    kept += entry.path().extension() == ".barker";
  EXPECT_EQ(kept, 1u) << "only the best weights stay";
  EXPECT_TRUE(fs::exists(found["weights"].get<std::string>()));
}

TEST_F(TrainCommand, KeepsTheBestWeightsWhenFewerTrialsAreAskedFor) {
  std::ofstream(file("two.toml")) << "[train]\nlearning_rate = { choices = [1e-5, 1e-2] }\n";
  const auto tune = [&](int trials) {
    const Outcome o = run("tune --data " + data() + " --space " + file("two.toml") + " --out " +
                          file("fewer") + " --json --trials " + std::to_string(trials) + kQuick);
    EXPECT_EQ(o.code, 0) << o.out;
    return o.code == 0 ? Json::parse(o.out.substr(o.out.find("{\n"))) : Json();
  };
  const Json best = tune(4);
  const std::string weights = best["weights"], before = bytes_of(weights);
  ASSERT_FALSE(before.empty());
  // Those of the best of the fewer are gone by now unless they are the same, and are made again.
  ASSERT_GT(best["trial"].get<int>(), 1) << "with this seed of the search, the best comes later";
  const int fewer = best["trial"].get<int>() - 1;
  const Json first = tune(fewer);
  EXPECT_TRUE(fs::exists(first["weights"].get<std::string>()));
  EXPECT_EQ(bytes_of(weights), before) << "the best of all trials stays";
  const auto lines_of = [](const std::string& path) {
    const std::string text = bytes_of(path);
    return std::ranges::count(text, '\n');
  };
  std::string epochs = weights;
  epochs.replace(epochs.rfind(".barker"), std::string::npos, ".epochs.jsonl");
  const auto lines_before = lines_of(epochs);
  ASSERT_GT(lines_before, 0);
  fs::remove(weights);
  const Json again = tune(4);
  EXPECT_EQ(again["metrics"], best["metrics"]) << "a file that is gone is trained again";
  EXPECT_EQ(lines_of(epochs), lines_before) << "each epoch stands there once";
}

TEST_F(TrainCommand, RefusesATrialThatIsTrainedAgainToOtherWeightsThanTheJournalSays) {
  std::ofstream(file("rate.toml")) << "[train]\nlearning_rate = { choices = [1e-2] }\n";
  const std::string tune = "tune --data " + data() + " --space " + file("rate.toml") + " --out " +
                           file("journal") + " --trials 1" + kQuick;
  ASSERT_EQ(run(tune).code, 0);
  std::string journal = bytes_of(file("journal/trials.jsonl"));
  const size_t at = journal.find("\"validation auc\":");
  ASSERT_NE(at, std::string::npos) << journal;
  journal.replace(at, journal.find_first_of(",}", at) - at, "\"validation auc\":0.99");
  std::ofstream(file("journal/trials.jsonl")) << journal;
  EXPECT_EQ(run(tune).code, 0) << "the file is there";
  fs::remove(file("journal/trial-0001.barker"));
  const Outcome o = run(tune);
  EXPECT_EQ(o.code, 69) << o.out;
  EXPECT_THAT(o.out, HasSubstr("trained again, its validation auc is 0."));
  EXPECT_THAT(o.out, HasSubstr("and the journal says 0.9900; search in another directory"));
}

TEST_F(TrainCommand, LeavesTheDatasetOfAnotherSearch) {
  const std::string sweep = "sweep --out " + file("one-search") + kQuick + " --seeds 1 --events ";
  ASSERT_EQ(run(sweep + log()).code, 0);
  const std::string before = bytes_of(file("one-search/log.data"));
  EXPECT_NE(run(sweep + log() + " --split-by user-last").code, 0);
  EXPECT_EQ(bytes_of(file("one-search/log.data")), before);
  EXPECT_FALSE(fs::exists(file("one-search/log.data.new")));
  fs::create_directories(file("mine"));
  std::ofstream(file("mine/log.data")) << "a file that no search made";
  const Outcome mine = run("sweep --out " + file("mine") + kQuick + " --seeds 1 --events " + log());
  EXPECT_EQ(mine.code, 69) << mine.out;
  EXPECT_THAT(mine.out, HasSubstr("mine/log.data: is there, and no search made it"));
  EXPECT_EQ(bytes_of(file("mine/log.data")), "a file that no search made");
}

TEST_F(TrainCommand, LetsOneSearchAtATimeIntoADirectory) {
  const std::string sweep =
      "sweep --data " + data() + " --out " + file("locked") + kQuick + " --seeds 1";
  fs::create_directories(file("locked"));
  {
    const Result<FileLock> other = FileLock::take(file("locked/search.lock"), FileLock::Wait::kNot,
                                                  FileLock::Children::kLetGo);
    ASSERT_TRUE(other.ok());
    std::ofstream(file("lock.toml")) << "[model]\ndim = { choices = [4, 8] }\n";
    for (const std::string& search :
         {sweep, "tune --data " + data() + " --space " + file("lock.toml") + " --out " +
                     file("locked") + kQuick + " --trials 1"}) {
      const Outcome o = run(search);
      EXPECT_EQ(o.code, 69) << o.out;
      EXPECT_THAT(o.out, HasSubstr("locked/search.lock: another search is running in this "
                                   "directory"));
    }
    EXPECT_FALSE(fs::exists(file("locked/trials.jsonl"))) << "nothing is written";
  }
  EXPECT_EQ(run(sweep).code, 0);
}

// It is told to end, and writes its checkpoint meanwhile.
TEST_F(TrainCommand, WaitsForTheTrainingOfASearchThatWasKilled) {
  const std::string directory = file("killed");
  fs::create_directories(directory);
  std::optional<Result<FileLock>> training =
      FileLock::take(directory + "/trainer.lock", FileLock::Wait::kNot, FileLock::Children::kLetGo);
  ASSERT_TRUE(training->ok());
  const std::string said = file("killed.txt");
  run_line("(" + std::string(BARKER_TRAIN) + " sweep --data " + data() + " --out " + directory +
           kQuick + " --seeds 1; echo code $?) >" + said + " 2>&1 &");
  const auto says = [&](const char* text) {
    const auto is_said = [&] { return bytes_of(said).find(text) != std::string::npos; };
    for (int i = 0; i < 600 && !is_said(); ++i) usleep(100'000);
    return is_said();
  };
  EXPECT_TRUE(says("waits until the training of an earlier search has ended")) << "after a minute";
  EXPECT_FALSE(fs::exists(directory + "/trials.jsonl"));
  training.reset();
  EXPECT_TRUE(says("code 0")) << bytes_of(said);
  EXPECT_TRUE(fs::exists(directory + "/trials.jsonl"));
}

TEST_F(TrainCommand, EndsASearchWithTheExitCodeOfWhatItsTrainingsRefuse) {
  std::ofstream(file("unclicked.jsonl"))
      << R"({"time": 1, "user": "a", "sfs": [{"text": "x", "clicked": 0}]})"
      << "\n";
  const Outcome o = run("sweep --out " + file("unclicked") + kQuick + " --seeds 1 --events " +
                        file("unclicked.jsonl"));
  EXPECT_EQ(o.code, 65) << o.out;
  EXPECT_THAT(o.out, HasSubstr("SF impressions"));
}

TEST_F(TrainCommand, RecordsTrialsThatDivergeAndGoesOn) {
  std::ofstream(file("wild.toml")) << "[train]\nlearning_rate = { choices = [1.0] }\n";
  const Outcome wild = run("tune --data " + data() + " --space " + file("wild.toml") + " --out " +
                           file("wild") + " --trials 2" + kQuick + " --set model.name=MTDL");
  EXPECT_EQ(wild.code, 78) << wild.out;
  EXPECT_THAT(wild.out, HasSubstr("trial 2  failed: barker-train train: training diverged"));
  EXPECT_THAT(wild.out, HasSubstr("no trial has a validation AUC"));
}

TEST_F(TrainCommand, SweepsALogThroughADatasetThatEveryTrialReads) {
  const std::string sweep = "sweep --out " + file("logged") + kQuick + " --seeds 1 --events ";
  const Outcome first = run(sweep + log());
  ASSERT_EQ(first.code, 0) << first.out;
  EXPECT_TRUE(fs::exists(file("logged/log.data")));
  const Outcome other = run(sweep + log() + " --split-by user-last");
  EXPECT_NE(other.code, 0) << other.out;
  EXPECT_THAT(other.out, HasSubstr("split")) << "the same log was split otherwise";
}

TEST_F(TrainCommand, RefusesSpacesAndDataThatNoTrialCouldUse) {
  const auto refused = [&](const std::string& space, const std::string& from) {
    std::ofstream(file("wrong.toml")) << space;
    return run("tune --data " + from + " --space " + file("wrong.toml") + " --out " + file("w"));
  };
  const Outcome unknown = refused("[train]\nlerning_rate = { log = [1e-4, 1e-2] }\n", data());
  EXPECT_EQ(unknown.code, 78);
  EXPECT_THAT(unknown.out, HasSubstr("train.lerning_rate: no such option"));
  const Outcome range = refused("[train]\ndropout = { linear = [0.0, 1.5] }\n", data());
  EXPECT_EQ(range.code, 78);
  EXPECT_THAT(range.out, HasSubstr("train.dropout: expected 0 to 0.95, found 1.5"));
  std::ofstream(file("broken.jsonl")) << "not JSON\n";
  const Outcome broken = refused("[model]\ndim = { choices = [4, 8] }\n", file("broken.jsonl"));
  EXPECT_EQ(broken.code, 65);
  EXPECT_THAT(broken.out, HasSubstr("expected events, found 1 line without one"));
  EXPECT_EQ(run("tune --data " + data() + " --space /nowhere --out " + file("w")).code, 66);
}

}  // namespace
}  // namespace barker
