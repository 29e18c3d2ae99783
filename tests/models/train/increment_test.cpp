// Trainings that go on where another one ended (models/train/increment.h).
#include "models/train/increment.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <numeric>
#include <set>

#include "models/train/instance_weights.h"
#include "models/train/ridge_torch.h"
#include "models/train/schedule.h"
#include "models/train/trainer.h"
#include "models/weights/writer.h"
#include "tests/models/train/small_world.h"

namespace barker {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kFirst = 1'700'000'000, kDay = 86400;  // of the click world, which has 100 days

// The world whose validation begins on one day and whose test begins on another.
std::shared_ptr<const Dataset> world_until(int64_t validation, int64_t test) {
  DatasetOptions how;
  how.split.kind = SplitRule::Kind::kAt;
  for (const int64_t day : {validation, test}) {
    how.split.at.push_back(*parse_split_time(std::to_string(kFirst + day * kDay)));
  }
  return small_world(1, 800, how);
}

TEST(Increment, DividesTheTrainingSplitAtTheTimeOfTheEarlierTraining) {
  const auto data = world_until(60, 70);
  const int64_t until = kFirst + 50 * kDay;
  const LearnedSearches searches = divide(*data, Task::kMain, {until});
  ASSERT_FALSE(searches.fresh.empty());
  EXPECT_EQ(searches.fresh.size() + searches.past.size(),
            data->searches_of(Split::kTrain, Task::kMain).size());
  for (const uint32_t s : searches.fresh) EXPECT_GT(data->search(s).time, until);
  for (const uint32_t s : searches.past) EXPECT_LE(data->search(s).time, until);
  EXPECT_TRUE(increment_after(until, *data).has_value());
}

TEST(Increment, IsNoneOfALogThatHasNothingNewOrNothingOfBefore) {
  const auto data = world_until(60, 70);
  EXPECT_FALSE(increment_after(kFirst + 60 * kDay, *data).has_value());
  EXPECT_FALSE(increment_after(kFirst - kDay, *data).has_value());
}

TEST(Increment, TakesAllNewSearchesInEachPassAndOthersOfThePast) {
  const auto data = world_until(60, 70);
  TrainOptions options = quick_options("MTDL");
  options.increment.past = 2;
  options.batch_searches = 16;
  const Increment increment{kFirst + 55 * kDay};
  const PhaseSchedule schedule(*data, options, Phase::kJoint, increment);
  const LearnedSearches searches = divide(*data, Task::kMain, increment);
  const std::set<uint32_t> fresh(searches.fresh.begin(), searches.fresh.end());
  Position at;
  std::vector<std::set<uint32_t>> past(2);
  for (std::set<uint32_t>& of_pass : past) {
    std::set<uint32_t> seen;
    for (uint64_t step = 0; step < schedule.steps_per_epoch(); ++step) {
      for (const uint32_t s : schedule.next(at).main) EXPECT_TRUE(seen.insert(s).second);
    }
    EXPECT_EQ(seen.size(), 3 * fresh.size());
    std::ranges::set_difference(seen, fresh, std::inserter(of_pass, of_pass.end()));
    EXPECT_EQ(of_pass.size(), 2 * fresh.size()) << "all that is new is there";
  }
  EXPECT_NE(past[0], past[1]);
}

// The factor of the whole split would give what is new alone a mean far above 1.
TEST(Increment, HasRecencyWeightsOfTheMeanOneInItsPasses) {
  const auto data = world_until(60, 70);
  const Increment increment{kFirst + 55 * kDay};
  for (const double past : {0.0, 2.0}) {
    TrainOptions options = quick_options("BM");
    options.recency_half_life = "7d";
    options.increment.past = past;
    const PhaseSchedule schedule(*data, options, Phase::kMain, increment);
    const InstanceWeights weights(*data, options, increment), of_all(*data, options);
    std::vector<float> seen, with_factor_of_all;
    Position at;
    for (uint64_t step = 0; step < 20 * schedule.steps_per_epoch(); ++step) {
      for (const uint32_t s : schedule.next(at).main) {
        weights.append(data->search(s), Task::kMain, seen);
        of_all.append(data->search(s), Task::kMain, with_factor_of_all);
      }
    }
    const auto mean = [](const std::vector<float>& values) {
      return std::accumulate(values.begin(), values.end(), 0.0) /
             static_cast<double>(values.size());
    };
    EXPECT_NEAR(mean(seen), 1, past == 0 ? 1e-4 : 0.03) << past;
    EXPECT_GT(mean(with_factor_of_all), 1.5) << past;
  }
}

// Where tasks are drawn by chance, a pass of one epoch leaves out a part of either.
TEST(Increment, TakesAllNewSearchesOfBothTasksOnceWhereTheyAlternate) {
  const auto data = world_until(60, 70);
  for (const uint64_t seed : {1, 2, 3, 7}) {
    TrainOptions options = quick_options("MTDL");
    options.increment.past = 2;
    options.batch_searches = 8;
    options.seed = seed;
    const Increment increment{kFirst + 55 * kDay};
    const PhaseSchedule schedule(*data, options, Phase::kAlternate, increment);
    Position at;
    std::multiset<uint32_t> main, auxiliary;
    for (uint64_t step = 0; step < schedule.steps_per_epoch(); ++step) {
      const Step taken = schedule.next(at);
      EXPECT_NE(taken.main.empty(), taken.auxiliary.empty()) << "one task in each step";
      main.insert(taken.main.begin(), taken.main.end());
      auxiliary.insert(taken.auxiliary.begin(), taken.auxiliary.end());
    }
    for (const auto& [task, seen] :
         {std::pair(Task::kMain, &main), {Task::kAuxiliary, &auxiliary}}) {
      const LearnedSearches searches = divide(*data, task, increment);
      ASSERT_FALSE(searches.fresh.empty());
      for (const uint32_t s : searches.fresh) EXPECT_EQ(seen->count(s), 1u) << seed;
      EXPECT_EQ(seen->size(), 3 * searches.fresh.size()) << seed;
    }
  }
}

TEST(Increment, RepeatsNoMoreOfThePastThanThereIs) {
  const auto data = world_until(60, 70);
  TrainOptions options = quick_options("BM");
  options.increment.past = 1000;
  const PhaseSchedule all(*data, options, Phase::kMain);
  const PhaseSchedule increment(*data, options, Phase::kMain, Increment{kFirst + 55 * kDay});
  EXPECT_EQ(increment.steps_per_epoch(), all.steps_per_epoch());
}

// Weights of the world's first 40 days as a file, and the world of 60 days.
class IncrementOfAWorld : public ::testing::Test {
 protected:
  void SetUp() override {
    options_ = quick_options("AMTDL");
    options_.max_epochs = 4;
    options_.patience = 4;
    options_.learning_rate = 5e-3;
    const auto before = world_until(40, 45);
    Result<Trained> trained = train(*before, options_, {});
    ASSERT_TRUE(trained.ok()) << trained.status().message();
    trained->model.card.name = "test";
    trained->model.card.notes = {{"trained from", "17"}, {"trained to", std::to_string(until())}};
    ASSERT_TRUE(write_weight_file(trained->model, start_).ok());
    run_.start = start_;
    run_.increment = increment_after(until(), *data_);
    ASSERT_TRUE(run_.increment.has_value());
  }
  void TearDown() override { std::filesystem::remove(start_); }

  static int64_t until() { return kFirst + 40 * kDay; }

  const std::string start_ = temporary_path("start.barker");
  const std::shared_ptr<const Dataset> data_ = world_until(60, 65);
  TrainOptions options_;
  RunOptions run_;
};

TEST_F(IncrementOfAWorld, ReadsFromTheFileUntilWhenItWasTrained) {
  const Result<EarlierTraining> before = earlier_training(start_);
  ASSERT_TRUE(before.ok()) << before.status().message();
  EXPECT_EQ(before->from, 17);
  EXPECT_EQ(before->to, until());
  EXPECT_EQ(before->user_buckets, 0u);
  EXPECT_FALSE(earlier_training("/nowhere.barker").ok());
}

TEST_F(IncrementOfAWorld, LearnsInOnePassOfAlternation) {
  std::string phases;
  run_.on_epoch = [&](const EpochReport& epoch) { phases += epoch.phase; };
  options_.increment.learning_rate = 5e-3;
  const Result<Trained> increment = train(*data_, options_, run_);
  options_.increment.learning_rate = 1e-7;  // learns nothing, so that these are the file's weights
  run_.on_epoch = nullptr;
  const Result<Trained> same = train(*data_, options_, run_);
  ASSERT_TRUE(increment.ok() && same.ok()) << increment.status().message();
  EXPECT_EQ(phases, "alternate");
  EXPECT_EQ(increment->epochs, 1u);
  EXPECT_GT(increment->validation_auc, same->validation_auc + 0.005);
}

TEST_F(IncrementOfAWorld, ResumesToTheSameWeights) {
  options_.increment.epochs = 2;
  const Result<Trained> whole = train(*data_, options_, run_);
  ASSERT_TRUE(whole.ok()) << whole.status().message();
  run_.checkpoint = temporary_path("checkpoint");
  std::atomic<bool> stop{true};  // after every single step
  run_.stop = &stop;
  Result<Trained> part = train(*data_, options_, run_);
  int stops = 0;
  for (run_.resume = true; part.ok() && part->stopped && stops < 500; ++stops) {
    stop = stops % 7 != 6;
    part = train(*data_, options_, run_);
  }
  ASSERT_TRUE(part.ok()) << part.status().message();
  EXPECT_GT(stops, 1);
  EXPECT_EQ(part->model.tensors, whole->model.tensors);
  // What the file's time is decides which searches come, so that another one is another run.
  run_.increment->after += kDay;
  EXPECT_THAT(train(*data_, options_, run_).status().message(), HasSubstr("start.trained_to: "));
  std::filesystem::remove(run_.checkpoint);
}

TEST(Increment, KeepsTheWordsThatALogOfTheLastDaysDoesNotHave) {
  TrainOptions options = quick_options("BM");
  options.model.dot = DotHead::kAdded;
  Result<Trained> before =
      train(*paint_log({.other = "sky blue", .phrases = {"sky blue"}}), options, {});
  ASSERT_TRUE(before.ok()) << before.status().message();
  before->model.card.name = "test";
  RunOptions run;
  run.start = temporary_path("start.barker");
  ASSERT_TRUE(write_weight_file(before->model, run.start).ok());
  const auto data = paint_log({.begin = 20, .end = 60, .other = "green", .phrases = {"green"}});
  run.increment = increment_after(30, *data);
  ASSERT_TRUE(run.increment.has_value());
  const Result<Trained> after = train(*data, options, run);
  std::filesystem::remove(run.start);
  ASSERT_TRUE(after.ok()) << after.status().message();
  EXPECT_EQ(after->rows_begun, 1u) << "green";
  EXPECT_EQ(after->rows_kept, 1u) << "sky blue";
  const auto row_of = [](const ModelSpec& model) {
    const auto at = std::ranges::find(model.names, "sky blue") - model.names.begin();
    const std::vector<float>& embedding = model.tensors.at("embedding");
    return std::vector<float>(embedding.begin() + at * 8, embedding.begin() + (at + 1) * 8);
  };
  EXPECT_EQ(row_of(after->model), row_of(before->model));
  EXPECT_THAT(*after->model.phrases, ::testing::Contains("sky blue"));
}

TEST(Increment, WeighsRowsByTheirEvidenceUpToABound) {
  EXPECT_EQ(weight_of_row({}, 3), 1);
  EXPECT_EQ(weight_of_row({0, 5, 1e9}, 0), 1);
  EXPECT_EQ(weight_of_row({0, 5, 1e9}, 1), 6);
  EXPECT_EQ(weight_of_row({0, 5, 1e9}, 2), 101);
}

}  // namespace
}  // namespace barker
