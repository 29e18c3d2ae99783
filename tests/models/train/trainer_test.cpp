#include "models/train/trainer.h"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "models/evaluate/instances.h"
#include "models/evaluate/metrics.h"
#include "models/evaluate/score.h"
#include "models/simulate/marketplace.h"
#include "models/train/peers.h"
#include "models/weights/weight_file.h"
#include "models/weights/weights_generated.h"
#include "scoring/golden.h"
#include "tests/models/train/poisoned_checkpoint.h"
#include "tests/models/train/small_world.h"

namespace barker {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

double test_auc(const ModelSpec& model, const Dataset& data) {
  const std::string path = temporary_path("judged.barker");
  const Status status = write_weight_file(model, path);
  EXPECT_TRUE(status.ok()) << status.message();
  const auto file = WeightFile::open(path);
  std::remove(path.c_str());
  const auto p = score_dataset(**file, kernels_for(supported_isas().back()), data, Split::kTest,
                               Task::kMain, 0.5f);
  return auc(*p, instances_of(data, Split::kTest, Task::kMain).clicked);
}

TEST(Train, LearnsWhichUsersLikeWhat) {
  const auto data = small_world(1, 2000);
  for (const char* model : {"BM", "MTDL", "AMTDL"}) {
    TrainOptions options = quick_options(model);
    options.max_epochs = 8;
    options.learning_rate = 5e-3;
    const auto trained = train(*data, options, {});
    ASSERT_TRUE(trained.ok()) << trained.status().message();
    EXPECT_GT(test_auc(trained->model, *data), 0.72) << model;
  }
}

TEST(Train, RunsThePhasesOfEachSchedule) {
  const auto data = small_world();
  for (const auto& [schedule, phases] : std::vector<std::pair<Schedule, std::string>>{
           {Schedule::kAlternate, "alternate "},
           {Schedule::kJoint, "joint "},
           {Schedule::kPretrain, "pre-train fine-tune "}}) {
    TrainOptions options = quick_options("MTDL");
    options.schedule = schedule;
    options.max_epochs = 1;
    std::string seen;
    RunOptions run;
    run.on_epoch = [&](const EpochReport& e) { seen += std::string(e.phase) + " "; };
    ASSERT_TRUE(train(*data, options, run).ok());
    EXPECT_EQ(seen, phases);
  }
}

TEST(Train, GivesEqualWeightsForEqualSeeds) {
  const auto data = small_world();
  TrainOptions options = quick_options("AMTDL");
  const auto a = train(*data, options, {}), b = train(*data, options, {});
  options.seed = 2;
  const auto c = train(*data, options, {});
  EXPECT_EQ(a->model.tensors, b->model.tensors);
  EXPECT_NE(a->model.tensors, c->model.tensors);
}

TEST(Train, ResumesToTheWeightsOfARunThatWasNotStopped) {
  const auto data = small_world();
  TrainOptions options = quick_options("AMTDL");
  options.model.user_id = true;
  const auto whole = train(*data, options, {});
  ASSERT_TRUE(whole.ok());
  RunOptions run;
  run.checkpoint = temporary_path("checkpoint");
  run.checkpoint_steps = 1;
  std::atomic<bool> stop{true};  // after every single step
  run.stop = &stop;
  auto part = train(*data, options, run);
  int stops = 0;
  for (run.resume = true; part.ok() && part->stopped && stops < 500; ++stops) {
    stop = stops % 7 != 6;  // sometimes a whole phase at once
    part = train(*data, options, run);
  }
  ASSERT_TRUE(part.ok()) << part.status().message();
  EXPECT_GT(stops, 1);
  EXPECT_EQ(part->model.tensors, whole->model.tensors);
  EXPECT_EQ(part->validation_auc, whole->validation_auc);
  std::remove(run.checkpoint.c_str());
}

TEST(Train, RefusesACheckpointThatIsDamagedOrOfOtherOptions) {
  const auto data = small_world();
  TrainOptions options = quick_options("BM");
  RunOptions run;
  run.checkpoint = temporary_path("checkpoint");
  ASSERT_TRUE(train(*data, options, run).ok());
  run.resume = true;
  options.learning_rate = 0.5;
  const auto other = train(*data, options, run);
  EXPECT_EQ(other.status().code(), Code::kFailedPrecondition);
  EXPECT_THAT(other.status().message(), HasSubstr("a checkpoint of other data or options"));
  std::filesystem::resize_file(run.checkpoint, std::filesystem::file_size(run.checkpoint) / 2);
  EXPECT_THAT(train(*data, options, run).status().message(), HasSubstr("not a usable checkpoint"));
  std::remove(run.checkpoint.c_str());
  EXPECT_THAT(train(*data, options, run).status().message(), HasSubstr(run.checkpoint));
}

TEST(Train, WritesAWeightFileThatTheKernelsOfEveryIsaReproduce) {
  const auto data = small_world();
  TrainOptions options = quick_options("AMTDL");
  options.model.user_id = true;
  options.model.dot = DotHead::kAdded;
  auto trained = train(*data, options, {});
  ASSERT_TRUE(trained.ok());
  trained->model.card.name = "test";
  const std::string path = temporary_path("frozen.barker");
  const Status status = write_weight_file(trained->model, path);
  ASSERT_TRUE(status.ok()) << status.message();
  const auto file = WeightFile::open(path);
  ASSERT_TRUE(file.ok()) << file.status().message();
  for (const Isa isa : supported_isas()) {
    const auto report =
        run_golden_vectors(**file, PackedNetwork(Network::bind(**file), kernels_for(isa)));
    ASSERT_TRUE(report.ok()) << report.status().message();
    EXPECT_GT(report->logits, 50u);
    EXPECT_LT(report->largest_difference, 1e-5);
  }
}

// A log in which user u clicks "red" or "blue", or everything, and clicks every ad if there are
// ads.
std::shared_ptr<const Dataset> log_of(bool all_clicked, bool with_ads) {
  const std::string path = temporary_path("log.data");
  auto builder = DatasetBuilder::create(path, {}, {});
  for (int t = 0; t < 40; ++t) {
    for (int u = 0; u < 10; ++u) {
      SearchEvent event;
      event.time = t;
      event.user = "u" + std::to_string(u);
      event.query = "paint";
      event.sfs = {{"red", u % 2 == 0 || all_clicked}, {"blue", u % 2 == 1 || all_clicked}};
      if (with_ads) event.ads = {{"a", "red paint", {}, true}};
      EXPECT_TRUE(builder->add(event).ok());
    }
  }
  EXPECT_TRUE(builder->finish("log").ok());
  const auto data = Dataset::open(path);
  std::remove(path.c_str());
  return *data;
}

TEST(Train, RefusesALogWithNothingToLearn) {
  EXPECT_THAT(train(*log_of(true, false), quick_options("BM"), {}).status().message(),
              HasSubstr("training split has 640 SF impressions, all of them clicked"));
  EXPECT_THAT(train(*log_of(false, false), quick_options("MTDL"), {}).status().message(),
              HasSubstr("no ad impressions: train BM, which needs none"));
  EXPECT_THAT(train(*log_of(false, true), quick_options("MTDL"), {}).status().message(),
              HasSubstr("ad impressions, all of them clicked: nothing to learn"));
  EXPECT_TRUE(train(*log_of(false, false), quick_options("BM"), {}).ok());
}

// The path of a checkpoint that was taken after the first step and whose weights are NaN.
std::string diverged_checkpoint(const Dataset& data, const TrainOptions& options) {
  RunOptions run;
  run.checkpoint = temporary_path("checkpoint");
  const std::atomic<bool> stop{true};
  run.stop = &stop;
  const auto stopped = train(data, options, run);
  EXPECT_TRUE(stopped.ok() && stopped->stopped);
  EXPECT_TRUE(poison_checkpoint(run.checkpoint, data, options));
  return run.checkpoint;
}

TEST(Train, FailsIfALossIsNotFinite) {
  const auto data = small_world();
  const TrainOptions options = quick_options("BM");
  RunOptions run;
  run.checkpoint = diverged_checkpoint(*data, options);
  run.resume = true;
  const auto trained = train(*data, options, run);
  ASSERT_FALSE(trained.ok());
  EXPECT_EQ(trained.status().code(), Code::kBadConfiguration);
  EXPECT_THAT(trained.status().message(),
              HasSubstr("training diverged in phase main: the loss of step 2 of epoch 1 is not a "
                        "finite number; lower train.learning_rate"));
  std::remove(run.checkpoint.c_str());
}

TEST(Train, FailsIfTheValidationAucIsNotFinite) {
  const auto data = small_world();
  TrainOptions options = quick_options("BM");
  options.batch_searches = 1 << 20;  // the checkpoint is at the end of an epoch of one step
  RunOptions run;
  run.checkpoint = diverged_checkpoint(*data, options);
  run.resume = true;
  const auto trained = train(*data, options, run);
  ASSERT_FALSE(trained.ok());
  EXPECT_EQ(trained.status().code(), Code::kBadConfiguration);
  EXPECT_THAT(trained.status().message(),
              HasSubstr("the validation AUC of epoch 1 is not a finite number"));
  std::remove(run.checkpoint.c_str());
}

// Runs train() with these options in `size` processes that are connected, and gives the results: of
// rank 0 itself, and of the others whether the run succeeded (0), was stopped (2) or failed (3).
struct RankResult {
  Result<Trained> first;
  std::vector<int> others;
};

template <typename Prepare>
RankResult train_in_processes(const Dataset& data, const TrainOptions& options, int size,
                              Prepare prepare) {
  static int calls = 0;
  const std::string address =
      "127.0.0.1:" + std::to_string(20000 + (getpid() * 13 + ++calls * 7) % 20000);
  std::vector<pid_t> children;
  for (int rank = 1; rank < size; ++rank) {
    const pid_t child = fork();
    if (child == 0) {
      auto peers = connect_peers(address, rank, size);
      if (!peers.ok()) _exit(1);
      RunOptions run;
      run.peers = peers->get();
      prepare(rank, run);
      const auto trained = train(data, options, run);
      _exit(!trained.ok() ? 3 : trained->stopped ? 2 : 0);
    }
    children.push_back(child);
  }
  auto peers = connect_peers(address, 0, size);
  RankResult result{peers.status().ok() ? Result<Trained>(Trained()) : peers.status(), {}};
  if (peers.ok()) {
    RunOptions run;
    run.peers = peers->get();
    prepare(0, run);
    result.first = train(data, options, run);
    peers->reset();
  }
  for (const pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    result.others.push_back(WIFEXITED(status) ? WEXITSTATUS(status) : -1);
  }
  return result;
}

// Every process holds the same data and trains its share of every batch.
void expect_equal_to_one_process(int size) {
  const auto data = small_world();
  TrainOptions options = quick_options("AMTDL");
  options.max_epochs = 1;
  const auto alone = train(*data, options, {});
  ASSERT_TRUE(alone.ok());
  const RankResult result = train_in_processes(*data, options, size, [](int, RunOptions&) {});
  const auto& together = result.first;
  ASSERT_TRUE(together.ok()) << together.status().message();
  EXPECT_THAT(result.others, Each(0));
  // Sums are taken in another order than in one process, so the last bits differ.
  for (const auto& [name, values] : alone->model.tensors) {
    const std::vector<float>& other = together->model.tensors.at(name);
    ASSERT_EQ(values.size(), other.size());
    double largest = 0;
    for (size_t i = 0; i < values.size(); ++i)
      largest = std::max(largest, std::abs(double{values[i]} - other[i]));
    EXPECT_LT(largest, 2e-3) << name;
  }
  EXPECT_NEAR(alone->validation_auc, together->validation_auc, 1e-3);
}

TEST(Train, GivesInTwoProcessesTheWeightsOfOneProcess) { expect_equal_to_one_process(2); }
TEST(Train, GivesInFourProcessesTheWeightsOfOneProcess) { expect_equal_to_one_process(4); }

// A signal may reach only one of the processes. If the others went on, they would wait for it
// forever.
TEST(Train, StopsInAllProcessesWhenOneIsAskedTo) {
  const auto data = small_world();
  const TrainOptions options = quick_options("MTDL");
  const auto whole = train(*data, options, {});
  ASSERT_TRUE(whole.ok());
  const std::atomic<bool> stop{true};
  for (const int asked : {0, 1}) {
    const std::string checkpoint = temporary_path("checkpoint");
    const auto prepare = [&](int rank, RunOptions& run) {
      run.checkpoint = checkpoint;
      if (rank == asked) run.stop = &stop;
    };
    const RankResult stopped = train_in_processes(*data, options, 2, prepare);
    ASSERT_TRUE(stopped.first.ok()) << stopped.first.status().message();
    EXPECT_TRUE(stopped.first->stopped);
    EXPECT_THAT(stopped.others, ElementsAre(2)) << "rank 1 stopped, too";
    EXPECT_TRUE(std::filesystem::exists(checkpoint));
    const RankResult resumed = train_in_processes(*data, options, 2, [&](int, RunOptions& run) {
      run.checkpoint = checkpoint;
      run.resume = true;
    });
    ASSERT_TRUE(resumed.first.ok()) << resumed.first.status().message();
    EXPECT_FALSE(resumed.first->stopped);
    EXPECT_THAT(resumed.others, ElementsAre(0));
    EXPECT_NEAR(resumed.first->validation_auc, whole->validation_auc, 5e-3);
    std::remove(checkpoint.c_str());
  }
}

TEST(Train, FailsInAllProcessesWhenTheCheckpointCannotBeWritten) {
  const auto data = small_world();
  const RankResult result =
      train_in_processes(*data, quick_options("BM"), 2,
                         [](int, RunOptions& run) { run.checkpoint = "/nowhere/checkpoint"; });
  EXPECT_THAT(result.first.status().message(), HasSubstr("/nowhere/checkpoint"));
  EXPECT_THAT(result.others, ElementsAre(3));
}

TEST(Train, FailsInAllProcessesIfALossIsNotFinite) {
  const auto data = small_world();
  const TrainOptions options = quick_options("BM");
  const std::string checkpoint = diverged_checkpoint(*data, options);
  const RankResult result = train_in_processes(*data, options, 2, [&](int, RunOptions& run) {
    run.checkpoint = checkpoint;
    run.resume = true;
  });
  EXPECT_THAT(result.first.status().message(), HasSubstr("training diverged"));
  EXPECT_THAT(result.others, ElementsAre(3));
  std::remove(checkpoint.c_str());
}

TEST(Train, FailsWhenAnotherProcessIsLost) {
  const auto data = small_world();
  const RankResult result =
      train_in_processes(*data, quick_options("BM"), 2, [](int rank, RunOptions& run) {
        if (rank == 1) run.on_epoch = [](const EpochReport&) { _exit(9); };
      });
  ASSERT_FALSE(result.first.ok());
  EXPECT_EQ(result.first.status().code(), Code::kIoError);
  EXPECT_THAT(result.first.status().message(), HasSubstr("lost the others"));
  EXPECT_THAT(result.others, ElementsAre(9));
}

TEST(ConnectPeers, NamesAWrongAddressOrRank) {
  EXPECT_THAT(connect_peers("nowhere", 0, 2).status().message(), HasSubstr("expected host:port"));
  EXPECT_THAT(connect_peers("h:99999", 0, 2).status().message(), HasSubstr("expected host:port"));
  EXPECT_THAT(connect_peers("h:1", 2, 2).status().message(), HasSubstr("expected 0 to 1"));
}

// The weights in the repository must belong to the log of the demo and pass on today's kernels.
TEST(DemoWeights, BelongToTheGeneratedLogAndPassTheirGoldenVectors) {
  const auto file = WeightFile::open(BARKER_SOURCE_DIR "/models/simulate/demo.barker");
  ASSERT_TRUE(file.ok()) << file.status().message();
  const std::string directory = temporary_path("market");
  ASSERT_TRUE(write_marketplace({}, directory).ok());
  BadLines bad;
  const auto data =
      open_dataset_or_log(directory + "/events.jsonl", directory + "/events", {}, bad);
  ASSERT_TRUE(data.ok());
  EXPECT_EQ((*file)->card().data_digest()->str(), (*data)->digest());
  for (const Isa isa : supported_isas())
    EXPECT_TRUE(
        run_golden_vectors(**file, PackedNetwork(Network::bind(**file), kernels_for(isa))).ok());
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace barker
