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
#include "tests/models/train/small_world.h"

namespace barker {
namespace {

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

TEST(Train, LearnsWhoLikesWhat) {
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

TEST(Train, EverySchedulePreTrainsAlternatesOrJoins) {
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

TEST(Train, EqualSeedsGiveEqualWeights) {
  const auto data = small_world();
  TrainOptions options = quick_options("AMTDL");
  const auto a = train(*data, options, {}), b = train(*data, options, {});
  options.seed = 2;
  const auto c = train(*data, options, {});
  EXPECT_EQ(a->model.tensors, b->model.tensors);
  EXPECT_NE(a->model.tensors, c->model.tensors);
}

TEST(Train, ResumesToTheVeryWeightsOfARunThatWasNotStopped) {
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

TEST(Train, RefusesACheckpointOfOtherOptionsOrADamagedOne) {
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

TEST(Train, FreezesToAFileThatEveryIsaReproduces) {
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

// Made event by event: user u clicks "red" or "blue"; `ads` of them are shown and clicked by
// chance.
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

// Every process holds the same data and trains its share of every batch.
void expect_equal_to_one_process(int size) {
  const auto data = small_world();
  TrainOptions options = quick_options("AMTDL");
  options.max_epochs = 1;
  const auto alone = train(*data, options, {});
  ASSERT_TRUE(alone.ok());
  const std::string address = "127.0.0.1:" + std::to_string(20000 + (getpid() + size * 7) % 20000);
  std::vector<pid_t> children;
  for (int rank = 1; rank < size; ++rank) {
    const pid_t child = fork();
    if (child == 0) {
      auto peers = connect_peers(address, rank, size);
      RunOptions run;
      if (peers.ok()) run.peers = peers->get();
      _exit(peers.ok() && train(*data, options, run).ok() ? 0 : 1);
    }
    children.push_back(child);
  }
  auto peers = connect_peers(address, 0, size);
  ASSERT_TRUE(peers.ok()) << peers.status().message();
  RunOptions run;
  run.peers = peers->get();
  const auto together = train(*data, options, run);
  ASSERT_TRUE(together.ok());
  for (const pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  // Sums are taken in another order, so the last bits differ.
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

TEST(Train, InTwoProcessesEqualsOneWithTheJoinedBatch) { expect_equal_to_one_process(2); }
TEST(Train, InFourProcessesEqualsOneWithTheJoinedBatch) { expect_equal_to_one_process(4); }

TEST(ConnectPeers, NamesAWrongAddressOrRank) {
  EXPECT_THAT(connect_peers("nowhere", 0, 2).status().message(), HasSubstr("expected host:port"));
  EXPECT_THAT(connect_peers("h:99999", 0, 2).status().message(), HasSubstr("expected host:port"));
  EXPECT_THAT(connect_peers("h:1", 2, 2).status().message(), HasSubstr("expected 0 to 1"));
}

// The weights in the repository are those of the demo's log and of today's kernels.
TEST(DemoWeights, BelongToTheGeneratedLogAndStillVerify) {
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
