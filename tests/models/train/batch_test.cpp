#include "models/train/batch.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "models/train/adam.h"
#include "models/train/noise.h"
#include "models/train/schedule.h"
#include "tests/models/data/dataset_of_log.h"
#include "tests/models/train/small_world.h"

namespace barker {
namespace {

TEST(Permutation, VisitsEveryNumberOnce) {
  for (const uint64_t size : {1, 2, 3, 7, 64, 1000, 4097}) {
    const Permutation order(size, 42);
    std::set<uint64_t> met;
    for (uint64_t i = 0; i < size; ++i) met.insert(order(i));
    EXPECT_EQ(met.size(), size);
    EXPECT_EQ(*met.rbegin(), size - 1);
  }
}

TEST(Permutation, DiffersByKey) {
  const Permutation a(1000, 1), b(1000, 2);
  int equal = 0, fixed = 0;
  for (uint64_t i = 0; i < 1000; ++i) {
    equal += a(i) == b(i);
    fixed += a(i) == i;
  }
  EXPECT_LT(equal, 10);
  EXPECT_LT(fixed, 10);
}

TEST(Schedule, AlternatesOneToKAndPassesBothLogsEquallyOften) {
  const auto data = small_world();
  TrainOptions options = quick_options("MTDL");
  options.batch_searches = 16;
  const PhaseSchedule schedule(*data, options, Phase::kAlternate);
  Position at;
  double main = 0, auxiliary = 0;
  const uint64_t steps = 20 * schedule.steps_per_epoch();
  for (uint64_t i = 0; i < steps; ++i) {
    const Step step = schedule.next(at);
    EXPECT_NE(step.main.empty(), step.auxiliary.empty());
    main += !step.main.empty();
    auxiliary += !step.auxiliary.empty();
  }
  const double k = static_cast<double>(data->searches_of(Split::kTrain, Task::kAuxiliary).size()) /
                   static_cast<double>(data->searches_of(Split::kTrain, Task::kMain).size());
  EXPECT_NEAR(auxiliary / main, k, 0.15 * k);
  EXPECT_NEAR(static_cast<double>(at.main.pass), 20, 3);
  EXPECT_NEAR(static_cast<double>(at.auxiliary.pass), 20, 3);
}

TEST(Schedule, TakesEverySearchOnceInAPass) {
  const auto data = small_world();
  const TrainOptions options = quick_options("BM");
  const PhaseSchedule schedule(*data, options, Phase::kMain);
  Position at;
  std::multiset<uint32_t> met;
  for (uint64_t i = 0; i < schedule.steps_per_epoch(); ++i) {
    for (const uint32_t s : schedule.next(at).main) met.insert(s);
  }
  const auto all = data->searches_of(Split::kTrain, Task::kMain);
  EXPECT_EQ(met, std::multiset<uint32_t>(all.begin(), all.end()));
  EXPECT_EQ(at.main.pass, 1u);
  EXPECT_EQ(at.main.position, 0u);
}

// Data-parallel training equals training in one process because a search drops the same entries, no
// matter which process works on it.
TEST(BatchMaker, DropsTheSameEntriesInAWholeBatchAndInAPartOfIt) {
  const auto data = small_world();
  TrainOptions options = quick_options("AMTDL");
  options.model.user_id = true;
  options.dropout = 0.3;
  options.history_dropout = 0.4;
  const ModelPlan plan = make_plan(*data, options.model).value();
  BatchMaker maker(*data, plan, options);
  const auto all = data->searches_of(Split::kTrain, Task::kAuxiliary).first(8);
  const std::vector<uint32_t> odd = {all[1], all[3], all[5], all[7]};
  const Batch whole = maker.make(Task::kAuxiliary, all, 77);
  const Batch part = maker.make(Task::kAuxiliary, odd, 77);
  const size_t width = plan.groups.size() * options.model.dim;
  for (size_t i = 0; i < odd.size(); ++i) {
    const auto of = [&](const Batch& batch, size_t search) {
      std::vector<std::multiset<int64_t>> rows;
      for (const Bags& bags : batch.groups) {
        const auto begin = bags.offsets[search];
        const auto end = search + 1 < bags.offsets.size()
                             ? bags.offsets[search + 1]
                             : static_cast<int64_t>(bags.values.size());
        std::multiset<int64_t>& set = rows.emplace_back();
        for (int64_t v = begin; v < end; ++v) {
          set.insert(batch.rows[static_cast<size_t>(bags.values[static_cast<size_t>(v)])]);
        }
      }
      return rows;
    };
    EXPECT_EQ(of(whole, 2 * i + 1), of(part, i));
    EXPECT_TRUE(
        std::equal(part.context_mask.begin() + static_cast<ptrdiff_t>(i * width),
                   part.context_mask.begin() + static_cast<ptrdiff_t>((i + 1) * width),
                   whole.context_mask.begin() + static_cast<ptrdiff_t>((2 * i + 1) * width)));
  }
}

// A word that is held out of training must not teach the row that stands for all unknown words.
TEST(BatchMaker, LeavesOutSellingPointsWithoutARow) {
  const HeldOutWords held_out{0, 2};
  std::string out, in;  // a word of the fold and one of the other
  for (int w = 0; out.empty() || in.empty(); ++w) {
    const std::string word = "word" + std::to_string(w);
    (held_out.contains(word) ? out : in) = word;
  }
  const std::string ad = R"({"title":"lamp","clicked":1,"sps":[")" + out + R"(",")" + in + "\"]}";
  std::string log;
  for (const char* split : {"train", "validation", "test"}) {
    log += R"({"time":1,"user":"u","query":"lamp","split":")" + std::string(split) +
           R"(","sfs":[{"text":")" + in + R"(","clicked":1},{"text":"lamp","clicked":0}],"ads":[)" +
           ad + "," + ad + "]}\n";
  }
  BadLines bad;
  DatasetOptions dataset;
  dataset.held_out = held_out;
  const auto data = dataset_of_log(log, bad, dataset);
  ASSERT_TRUE(data);
  TrainOptions options = quick_options("MTDL");
  options.attribution = true;
  const ModelPlan plan = make_plan(*data, options.model).value();
  BatchMaker maker(*data, plan, options);
  const Batch batch =
      maker.make(Task::kAuxiliary, data->searches_of(Split::kTrain, Task::kAuxiliary), 1);
  EXPECT_THAT(batch.points.instance, ::testing::ElementsAre(0, 1));
  for (const int64_t target : batch.points.target) {
    EXPECT_EQ(data->keyword(static_cast<uint32_t>(batch.rows[static_cast<size_t>(target)])), in);
  }
}

TEST(BatchMaker, DropsTheGivenShareInTrainingAndNothingInJudging) {
  const auto data = small_world();
  TrainOptions options = quick_options("AMTDL");
  options.dropout = 0.25;
  const ModelPlan plan = make_plan(*data, options.model).value();
  BatchMaker maker(*data, plan, options);
  const auto all = data->searches_of(Split::kTrain, Task::kMain);
  const Batch batch = maker.make(Task::kMain, all, 5);
  const auto dropped = std::count(batch.target_mask.begin(), batch.target_mask.end(), 0.0f);
  EXPECT_NEAR(static_cast<double>(dropped) / static_cast<double>(batch.target_mask.size()), 0.25,
              0.02);
  EXPECT_TRUE(maker.make(Task::kMain, all, std::nullopt).target_mask.empty());
}

TEST(ModelPlan, NamesTheGroupsOfTheLogIfOneIsUnknown) {
  const auto data = small_world();
  ModelOptions options;
  options.groups = {"profil"};
  const auto plan = make_plan(*data, options);
  ASSERT_FALSE(plan.ok());
  EXPECT_THAT(plan.status().message(),
              ::testing::HasSubstr("no group \"profil\", only sfhist, profile, tags, qside"));
}

// The first step of Adam moves by the rate against the gradient's sign (Kingma and Ba,
// section 2.1).
TEST(Adam, MovesByTheRateInTheFirstStep) {
  float values[] = {1, 1, 1}, first[3] = {}, second[3] = {};
  const float gradient[] = {0.5f, -20, 1e-4f};
  adam({0.1, 1}, gradient, 3, values, first, second);
  EXPECT_NEAR(values[0], 0.9, 1e-4);
  EXPECT_NEAR(values[1], 1.1, 1e-4);
  EXPECT_NEAR(values[2], 0.9, 1e-4);
}

}  // namespace
}  // namespace barker
