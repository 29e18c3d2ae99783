#include "models/train/trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "models/evaluate/metrics.h"
#include "models/simulate/marketplace.h"
#include "models/weight_file.h"
#include "models/weights_generated.h"
#include "scoring/golden.h"
#include "tests/models/random_model.h"

namespace barker {
namespace {

using ::testing::HasSubstr;

// Two kinds of users: those who click "red" and those who click "blue".
Instances two_tastes(bool all_clicked = false) {
  const std::string path = temporary_path("log.jsonl");
  std::ofstream out(path);
  for (int t = 0; t < 40; ++t) {
    for (int u = 0; u < 30; ++u) {
      const bool red = u % 2 == 0;
      SearchEvent event;
      event.time = t;
      event.user = "u" + std::to_string(u);
      event.query = "paint";
      event.sfs = {{"red", red || all_clicked}, {"blue", !red || all_clicked}};
      std::string line;
      append_event(event, line);
      out << line;
    }
  }
  out.close();
  BadLines bad;
  return read_instances(path, {}, bad).value();
}

TrainOptions quick() {
  TrainOptions options;
  options.dim = 8;
  options.hidden = {16};
  options.learning_rate = 0.02;
  options.max_epochs = 40;
  options.patience = 40;
  options.batch_searches = 16;
  options.history_dropout = 0;
  options.svd = false;  // three keywords have no co-occurrence to speak of
  return options;
}

double test_auc(const Trained& trained) {
  std::vector<float> scores;
  std::vector<uint8_t> clicked;
  for (const Prediction& p : trained.test) {
    scores.push_back(p.probability);
    clicked.push_back(p.clicked);
  }
  return auc(scores, clicked);
}

TEST(TrainBaseModel, LearnsWhoLikesWhat) {
  const Instances data = two_tastes();
  const auto trained = train_base_model(data, quick(), [](const Epoch&) {});
  ASSERT_TRUE(trained.ok()) << trained.status().message();
  EXPECT_GT(test_auc(*trained), 0.95);
}

TEST(TrainBaseModel, EqualSeedsGiveEqualWeights) {
  const Instances data = two_tastes();
  TrainOptions options = quick();
  options.max_epochs = 2;
  const auto a = train_base_model(data, options, [](const Epoch&) {});
  const auto b = train_base_model(data, options, [](const Epoch&) {});
  options.seed = 2;
  const auto c = train_base_model(data, options, [](const Epoch&) {});
  EXPECT_EQ(a->model.tensors, b->model.tensors);
  EXPECT_NE(a->model.tensors, c->model.tensors);
}

TEST(TrainBaseModel, FreezesToAFileThatEveryIsaReproduces) {
  const Instances data = two_tastes();
  auto trained = train_base_model(data, quick(), [](const Epoch&) {});
  ASSERT_TRUE(trained.ok());
  trained->model.card = {"test", "1", "BM", 0, data.digest, {}, {}};
  const std::string path = temporary_path("frozen.barker");
  const Status status = write_weight_file(trained->model, path);
  ASSERT_TRUE(status.ok()) << status.message();
  const auto file = WeightFile::open(path);
  ASSERT_TRUE(file.ok()) << file.status().message();
  for (const Isa isa : supported_isas()) {
    const auto report = run_golden_vectors(**file, kernels_for(isa));
    ASSERT_TRUE(report.ok()) << report.status().message();
    EXPECT_GT(report->logits, 10u);
    EXPECT_LT(report->largest_difference, 1e-5);
  }
}

TEST(TrainBaseModel, RefusesALogWithNothingToLearn) {
  const auto none = train_base_model(two_tastes(true), quick(), [](const Epoch&) {});
  EXPECT_THAT(none.status().message(), HasSubstr("all of them clicked"));
  const auto empty = train_base_model(Instances(), quick(), [](const Epoch&) {});
  EXPECT_THAT(empty.status().message(), HasSubstr("no SF impressions"));
}

// The weights in the repository are those of the demo's log and of today's kernels.
TEST(DemoWeights, BelongToTheGeneratedLogAndStillVerify) {
  const auto file = WeightFile::open(BARKER_SOURCE_DIR "/models/simulate/demo.barker");
  ASSERT_TRUE(file.ok()) << file.status().message();
  const std::string directory = temporary_path("market");
  ASSERT_TRUE(write_marketplace({}, directory).ok());
  BadLines bad;
  const auto data = read_instances(directory + "/events.jsonl", {}, bad);
  ASSERT_TRUE(data.ok());
  EXPECT_EQ((*file)->card().data_digest()->str(), data->digest);
  EXPECT_EQ((*file)->vocabulary().size(), data->keywords.size());
  for (const Isa isa : supported_isas())
    EXPECT_TRUE(run_golden_vectors(**file, kernels_for(isa)).ok());
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace barker
