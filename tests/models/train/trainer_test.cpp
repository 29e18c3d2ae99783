#include "models/train/trainer.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "models/evaluate/instances.h"
#include "models/evaluate/metrics.h"
#include "models/evaluate/score.h"
#include "models/simulate/marketplace.h"
#include "models/weights/weight_file.h"
#include "models/weights/weights_generated.h"
#include "scoring/golden.h"
#include "tests/models/train/poisoned_checkpoint.h"
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

// The epochs of a run: the phase of each, its validation AUC, its rate and whether it was kept.
std::vector<EpochReport> epochs_of(const Dataset& data, const TrainOptions& options,
                                   Result<Trained>& trained) {
  std::vector<EpochReport> epochs;
  RunOptions run;
  run.on_epoch = [&](const EpochReport& e) { epochs.push_back(e); };
  trained = train(data, options, run);
  EXPECT_TRUE(trained.ok()) << trained.status().message();
  return epochs;
}

TEST(Train, CoolsDownFromTheBestWeightsAndKeepsWhatIsBetterThanThey) {
  const auto data = small_world();
  constexpr double kUndoes = 450;  // a rate that undoes what was learned
  for (const auto& [schedule, rate] : std::vector<std::pair<Schedule, double>>{
           {Schedule::kAlternate, 0.5}, {Schedule::kPretrain, 0.5}, {Schedule::kJoint, kUndoes}}) {
    TrainOptions options = quick_options("MTDL");
    options.schedule = schedule;
    options.max_epochs = 3;
    Result<Trained> without = Status(), with = Status();
    const auto before = epochs_of(*data, options, without);
    options.cool_down = {2, rate};
    const auto all = epochs_of(*data, options, with);
    ASSERT_EQ(all.size(), before.size() + 2);
    double best = without->validation_auc;
    bool any_kept = false;
    for (size_t i = before.size(); i < all.size(); ++i) {
      EXPECT_STREQ(all[i].phase, "cool-down");
      EXPECT_EQ(all[i].best, all[i].validation_auc > best);
      best = std::max(best, all[i].validation_auc);
      any_kept = any_kept || all[i].best;
    }
    EXPECT_EQ(with->validation_auc, best);
    EXPECT_EQ(any_kept, with->model.tensors != without->model.tensors);
    EXPECT_EQ(any_kept, rate != kUndoes);
    EXPECT_LT(all.back().learning_rate, rate * options.learning_rate / 10);
  }
}

TEST(Train, KeepsTheWeightsBeforeACoolDownThatDiverges) {
  const auto data = small_world();
  TrainOptions options = quick_options("BM");
  const auto without = train(*data, options, {});
  options.cool_down = {2, 1000};
  const auto with = train(*data, options, {});
  ASSERT_TRUE(without.ok() && with.ok()) << with.status().message();
  EXPECT_EQ(without->lost_cool_down, "");
  EXPECT_THAT(with->lost_cool_down, HasSubstr("training diverged in phase cool-down: "));
  EXPECT_THAT(with->lost_cool_down, HasSubstr("lower cool_down.rate"));
  EXPECT_EQ(with->model.tensors, without->model.tensors);
  EXPECT_EQ(with->validation_auc, without->validation_auc);
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
  options.cool_down.epochs = 2;
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
  EXPECT_EQ(other.status().message(),
            run.checkpoint +
                ": a checkpoint of other data or options: train.learning_rate: 0.002 in the "
                "checkpoint, 0.5 in this run");
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

TEST(Train, RefusesALogWithNothingToLearn) {
  EXPECT_THAT(train(*paint_log({.all_clicked = true}), quick_options("BM"), {}).status().message(),
              HasSubstr("training split has 640 SF impressions, all of them clicked"));
  EXPECT_THAT(train(*paint_log({}), quick_options("MTDL"), {}).status().message(),
              HasSubstr("no ad impressions: train BM or ABM, which need none"));
  EXPECT_THAT(train(*paint_log({.with_ads = true}), quick_options("MTDL"), {}).status().message(),
              HasSubstr("ad impressions, all of them clicked: nothing to learn"));
  EXPECT_TRUE(train(*paint_log({}), quick_options("BM"), {}).ok());
}

std::string frozen(Trained& trained) {
  trained.model.card.name = "test";
  std::string path = temporary_path("start.barker");
  const Status status = write_weight_file(trained.model, path);
  EXPECT_TRUE(status.ok()) << status.message();
  return path;
}

TEST(Train, StartsFromAWeightFileAndIsBetterAfterOneEpoch) {
  const auto data = small_world();
  for (const DotHead dot : {DotHead::kNone, DotHead::kAdded}) {
    TrainOptions options = quick_options("AMTDL");
    options.schedule = Schedule::kAlternate;
    options.model.dot = dot;
    options.max_epochs = 6;
    auto whole = train(*data, options, {});
    ASSERT_TRUE(whole.ok()) << whole.status().message();
    options.max_epochs = 1;
    options.seed = 9;
    const auto anew = train(*data, options, {});
    RunOptions run;
    run.start = frozen(*whole);
    const auto warm = train(*data, options, run);
    ASSERT_TRUE(anew.ok() && warm.ok()) << warm.status().message();
    EXPECT_EQ(warm->rows_begun, 0u);
    EXPECT_GT(warm->rows_taken, 100u);
    EXPECT_GT(warm->validation_auc, anew->validation_auc + 0.01);
    EXPECT_GT(warm->validation_auc, whole->validation_auc - 0.02);
  }
}

TEST(Train, StartsFromAFileThatLacksAWordAndBeginsIt) {
  TrainOptions options = quick_options("BM");
  auto trained = train(*paint_log({}), options, {});
  ASSERT_TRUE(trained.ok());
  RunOptions run;
  run.start = frozen(*trained);
  const auto warm = train(*paint_log({.other = "green"}), options, run);
  ASSERT_TRUE(warm.ok()) << warm.status().message();
  EXPECT_EQ(warm->rows_taken, 2u) << "red, paint";
  EXPECT_EQ(warm->rows_begun, 1u) << "green";
}

TEST(Train, RefusesToStartFromAFileOfAnotherArchitecture) {
  const auto data = small_world();
  TrainOptions options = quick_options("BM");
  auto trained = train(*data, options, {});
  ASSERT_TRUE(trained.ok());
  RunOptions run;
  run.start = frozen(*trained);
  TrainOptions wider = options;
  wider.model.hidden = {20, 8};
  EXPECT_THAT(train(*data, wider, run).status().message(), HasSubstr("tensor mlp.0.weight has"));
  wider = options;
  wider.model.dim = 12;
  EXPECT_THAT(train(*data, wider, run).status().message(), HasSubstr("embeddings of 8 numbers"));
  EXPECT_THAT(train(*data, quick_options("AMTDL"), run).status().message(),
              HasSubstr("has the groups hist, query"));
  run.start = "/nowhere/start.barker";
  EXPECT_THAT(train(*data, options, run).status().message(), HasSubstr("/nowhere/start.barker"));
}

TEST(Train, FailsIfTheLossHasRunAway) {
  const auto data = small_world();
  const TrainOptions options = quick_options("BM");
  RunOptions run;
  run.checkpoint = diverged_checkpoint(*data, options, 1e6);
  run.resume = true;
  const auto trained = train(*data, options, run);
  ASSERT_FALSE(trained.ok());
  EXPECT_EQ(trained.status().code(), Code::kBadConfiguration);
  EXPECT_THAT(trained.status().message(), HasSubstr("the mean loss of epoch 1 is"));
  std::remove(run.checkpoint.c_str());
}

// Users whom training never met fall into buckets that still hold their random start. A file serves
// zeros there, so that calibration and golden vectors have to be computed with zeros, too.
TEST(Train, WithHashedUsersGivesGoldenVectorsOfTheRowsThatItServes) {
  const std::string path = temporary_path("strangers.data");
  auto builder = DatasetBuilder::create(path, {}, {});
  for (int t = 0; t < 100; ++t) {
    for (int u = 0; u < 10; ++u) {
      SearchEvent event;
      event.time = t;
      event.user = (t < 80 ? "known" : "new") + std::to_string(t < 80 ? u : t * 10 + u);
      event.query = "paint";
      event.sfs = {{"red", (t + u) % 3 == 0}, {"blue", (t + u) % 2 == 1}};
      ASSERT_TRUE(builder->add(event).ok());
    }
  }
  ASSERT_TRUE(builder->finish("strangers").ok());
  const auto data = Dataset::open(path);
  TrainOptions options = quick_options("BM");
  options.model.user_id = true;
  auto trained = train(**data, options, {});
  ASSERT_TRUE(trained.ok()) << trained.status().message();
  trained->model.card.name = "strangers";
  const std::string weights = temporary_path("strangers.barker");
  ASSERT_TRUE(write_weight_file(trained->model, weights).ok());
  const auto file = WeightFile::open(weights);
  ASSERT_TRUE(file.ok()) << file.status().message();
  for (const Isa isa : supported_isas()) {
    const auto report =
        run_golden_vectors(**file, PackedNetwork(Network::bind(**file), kernels_for(isa)));
    EXPECT_TRUE(report.ok()) << report.status().message();
  }
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
