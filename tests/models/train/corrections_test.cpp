// Corrections for what the log's policy chose to show (TrainOptions::propensity), for the place of
// an ad (examination) and for the selling points before its title (attribution), on logs whose
// truth is known.
#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "models/train/instance_weights.h"
#include "models/train/trainer.h"
#include "models/weights/writer.h"
#include "tests/models/train/known_logs.h"
#include "tests/models/train/small_world.h"

namespace barker {
namespace {

using ::testing::HasSubstr;

TrainOptions plain_options(const std::string& model) {
  TrainOptions options = quick_options(model);
  options.schedule = Schedule::kAlternate;
  options.dropout = 0;
  options.learning_rate = 1e-2;
  options.max_epochs = 4;
  options.patience = 4;
  return options;
}

// Two kinds of users whom nothing in the log tells apart: "lace" attracts the first with .8 and the
// second with .2, "wool" both with .5. The policy knew them: it showed lace to nine of ten of the
// first and to one of ten of the second. So lace has .74 in the log and .5 in truth.
std::shared_ptr<const Dataset> selected_log() {
  Random random(1, 1);
  return dataset_of(6000, [&](SearchEvent& event) {
    const bool first = random.chance(0.5), lace = random.chance(first ? 0.9 : 0.1);
    const double p = lace ? (first ? 0.8 : 0.2) : 0.5;
    SfImpression sf{lace ? "lace" : "wool", random.chance(p), p};
    sf.propensity = lace == first ? 0.9 : 0.1;
    event.sfs.push_back(std::move(sf));
  });
}

TEST(InversePropensity, MovesTheEstimateToTheTruthWhereThePolicySelected) {
  const auto data = selected_log();
  TrainOptions options = plain_options("BM");
  const auto naive = train(*data, options, {});
  options.propensity = PropensityUse::kInverse;
  const auto corrected = train(*data, options, {});
  ASSERT_TRUE(naive.ok() && corrected.ok());
  EXPECT_NEAR(served_mean(naive->model, *data, "lace"), 0.74, 0.05);
  EXPECT_NEAR(served_mean(corrected->model, *data, "lace"), 0.5, 0.05);
  EXPECT_NEAR(served_mean(corrected->model, *data, "wool"), 0.5, 0.05);
}

TEST(InversePropensity, HasWeightsOfMeanOneAndSaysWhatTheyAreWorth) {
  const auto data = selected_log();
  TrainOptions options = plain_options("BM");
  options.propensity = PropensityUse::kInverse;
  options.propensity_floor = 0.2;
  const InstanceWeights weights(*data, options);
  const SfWeights sfs(weights, *data);
  EXPECT_NEAR(sfs.mean, 1, 1e-5);
  const auto [least, most] = std::ranges::minmax(sfs.all);
  EXPECT_NEAR(most / least, 0.9 / 0.2, 1e-4) << "the floor holds";
  EXPECT_THAT(weights.text(), HasSubstr("4500 SFs, worth " + std::to_string(sfs.worth) +
                                        " equal ones; 0 without a propensity count as 1, "));
  EXPECT_THAT(weights.text(), HasSubstr(" below the floor of 0.2\n"));
}

std::string bytes_of(const ModelSpec& model) {
  const std::string path = temporary_path("bytes.barker");
  EXPECT_TRUE(write_weight_file(model, path).ok());
  std::ifstream in(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(in), {}};
  std::remove(path.c_str());
  return bytes;
}

TEST(InversePropensity, OfOneGivesTheVeryWeightFileOfATrainingWithoutIt) {
  Random random(2, 1);
  const auto data = dataset_of(800, [&](SearchEvent& event) {
    for (const char* text : {"lace", "wool"}) {
      SfImpression sf{text, random.chance(0.3), NAN};
      if (random.chance(0.5)) sf.propensity = 1;  // and the others count as 1
      event.sfs.push_back(std::move(sf));
    }
    event.ads.push_back({"a", "lace dress", {}, random.chance(0.3)});
    event.ads.back().sp_propensity = 1;
  });
  TrainOptions options = plain_options("AMTDL");
  options.max_epochs = 2;
  const auto without = train(*data, options, {});
  options.propensity = PropensityUse::kInverse;
  const auto with = train(*data, options, {});
  ASSERT_TRUE(without.ok() && with.ok());
  EXPECT_EQ(bytes_of(without->model), bytes_of(with->model));
}

TEST(Attribution, TeachesTheMainTaskWhichSellingPointsEarnedTheClicks) {
  const auto data = title_log(4000);
  TrainOptions options = plain_options("AMTDL");
  options.attribution = true;
  options.examination = true;
  // The first epoch finds the order, and no later one is better by AUC: it has to have many steps.
  options.max_epochs = 1;
  options.batch_searches = 16;
  options.model.dot = DotHead::kAdded;
  options.calibrate = false;  // the clicks on the bars that judge are others than those on titles
  const auto trained = train(*data, options, {});
  ASSERT_TRUE(trained.ok()) << trained.status().message();
  const auto score = [&](const char* point) { return served_mean(trained->model, *data, point); };
  EXPECT_GT(score("good"), 1.3 * score("fair"));
  EXPECT_GT(score("fair"), 1.3 * score("poor"));
  EXPECT_GT(score("fair"), 1.3 * score("bare"));
  ASSERT_EQ(trained->examination.size(), 3u) << "the places that the log has";
  EXPECT_EQ(trained->examination[0], 1);
  EXPECT_NEAR(trained->examination[1], 0.6, 0.07);
  EXPECT_NEAR(trained->examination[2], 0.3, 0.05);
}

TEST(Attribution, ResumesToTheWeightsOfARunThatWasNotStopped) {
  const auto data = title_log(600);
  TrainOptions options = plain_options("AMTDL");
  options.max_epochs = 2;
  options.model.exact_match = true;
  options.dropout = 0.1;
  options.attribution = options.examination = true;
  options.propensity = PropensityUse::kInverse;
  options.recency_half_life = "200";
  const auto whole = train(*data, options, {});
  ASSERT_TRUE(whole.ok());
  RunOptions run;
  run.checkpoint = temporary_path("checkpoint");
  std::atomic<bool> stop{true};  // after every single step
  run.stop = &stop;
  auto part = train(*data, options, run);
  run.resume = true;
  for (int stops = 0; part.ok() && part->stopped && stops < 200; ++stops) {
    stop = stops < 5;
    part = train(*data, options, run);
  }
  ASSERT_TRUE(part.ok()) << part.status().message();
  EXPECT_EQ(part->model.tensors, whole->model.tensors);
  EXPECT_EQ(part->examination, whole->examination);
  std::remove(run.checkpoint.c_str());
}

TEST(Attribution, IsRefusedWhereNothingWouldBeLearnedByIt) {
  TrainOptions options;
  options.attribution = true;
  options.model.name = "BM";
  EXPECT_THAT(check_options(options).message(),
              HasSubstr("train.attribution: BM does not learn from clicks on ads"));
  options.model.name = "MTDL";
  EXPECT_TRUE(check_options(options).ok());
  options.schedule = Schedule::kPretrain;
  EXPECT_THAT(check_options(options).message(), HasSubstr("found \"pretrain\""));
}

}  // namespace
}  // namespace barker
