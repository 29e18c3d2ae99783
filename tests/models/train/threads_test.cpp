#include <gmock/gmock.h>

#include <atomic>
#include <set>

#include "models/base/workers.h"
#include "models/train/judge_torch.h"
#include "models/train/step_maker.h"
#include "models/train/trainer.h"
#include "tests/models/train/model_difference.h"
#include "tests/models/train/small_world.h"

namespace barker {
namespace {

TEST(StepMaker, DividesAStepAmongThreadsAndProcesses) {
  const auto data = small_world();
  TrainOptions options = quick_options("MTDL");
  options.schedule = Schedule::kJoint;
  options.batch_searches = 13;
  const ModelPlan plan = make_plan(*data, options.model).value();
  const PhaseSchedule schedule(*data, options, Phase::kJoint);
  const BatchMaker batches(*data, plan, options);
  Position position;
  const Step whole = schedule.next(position);
  std::multiset<uint32_t> main, auxiliary;
  size_t instances[2] = {0, 0};
  for (size_t rank = 0; rank < 2; ++rank) {
    StepMaker maker(*data, {.threads = 3, .rank = rank, .ranks = 2}, batches);
    TrainingStep step = maker.begin(schedule, {}, 1);
    ASSERT_EQ(step.parts.size(), 3u);
    EXPECT_EQ(step.after.step, position.step);
    for (size_t part = 0; part < 3; ++part) {
      maker.make(step, part);
      const TrainingStep::Part& made = step.parts[part];
      ASSERT_EQ(made.batches.size(), 2u);
      main.insert(made.searches[0].begin(), made.searches[0].end());
      auxiliary.insert(made.searches[1].begin(), made.searches[1].end());
      for (size_t b = 0; b < 2; ++b) {
        EXPECT_EQ(made.batches[b].searches, made.searches[b].size());
        EXPECT_EQ(made.batches[b].task, b == 0 ? Task::kMain : Task::kAuxiliary);
        instances[b] += made.batches[b].instances;
      }
    }
    if (rank == 1) {
      EXPECT_THAT(step.instances, testing::ElementsAreArray(instances));
    }
  }
  EXPECT_EQ(main, std::multiset<uint32_t>(whole.main.begin(), whole.main.end()));
  EXPECT_EQ(auxiliary, std::multiset<uint32_t>(whole.auxiliary.begin(), whole.auxiliary.end()));
}

TEST(ValidationAuc, IsTheSameForAnyNumberOfThreads) {
  const auto data = small_world(1, 6000);
  ASSERT_GT(data->searches_of(Split::kValidation, Task::kAuxiliary).size(), 2 * 1024u);
  const TrainOptions options = quick_options("AMTDL");
  const ModelPlan plan = make_plan(*data, options.model).value();
  const TorchNetwork network(plan, options);
  const torch::Tensor table = torch::randn({plan.rows(), options.model.dim});
  for (const Task task : {Task::kMain, Task::kAuxiliary}) {
    std::set<double> found;
    for (const size_t threads : {1, 2, 3, 7}) {
      Workers workers(threads);
      std::vector<BatchMaker> batches(threads, {*data, plan, options});
      found.insert(validation_auc(*data, network, table, workers, batches, task));
    }
    EXPECT_EQ(found.size(), 1u);
    EXPECT_NE(*found.begin(), 0.5);
  }
}

TEST(TrainInThreads, GivesTheWeightsOfOneThread) {
  const auto data = small_world();
  for (const char* model : {"BM", "AMTDL"}) {
    TrainOptions options = quick_options(model);
    options.max_epochs = 1;
    // Adam's steps do not depend on the scale of gradients, but what it makes of their sum with a
    // penalty does.
    options.embedding_l2 = 0.01;
    const auto alone = train(*data, options, {});
    ASSERT_TRUE(alone.ok()) << alone.status().message();
    for (const int threads : {2, 3}) {
      options.threads = threads;
      const auto together = train(*data, options, {});
      ASSERT_TRUE(together.ok()) << together.status().message();
      expect_nearly_equal(*alone, *together);
      EXPECT_NE(alone->model.tensors, together->model.tensors);  // the last bits: all did work
    }
  }
}

TEST(TrainInThreads, GivesEqualWeightsForEqualNumbers) {
  const auto data = small_world();
  TrainOptions options = quick_options("AMTDL");
  options.threads = 2;
  const auto a = train(*data, options, {}), b = train(*data, options, {});
  ASSERT_TRUE(a.ok() && b.ok()) << b.status().message();
  EXPECT_EQ(a->model.tensors, b->model.tensors);
}

TEST(TrainInThreads, TakesStepsThatHaveFewerSearchesThanThreads) {
  const auto data = small_world();
  TrainOptions options = quick_options("MTDL");
  options.max_epochs = 1;
  options.batch_searches = 2;
  options.threads = 5;
  const auto trained = train(*data, options, {});
  ASSERT_TRUE(trained.ok()) << trained.status().message();
  EXPECT_GT(trained->validation_auc, 0.5);
}

TEST(TrainInThreads, ResumesToTheWeightsOfARunThatWasNotStopped) {
  const auto data = small_world();
  TrainOptions options = quick_options("AMTDL");
  options.threads = 3;
  options.max_epochs = 2;
  const auto whole = train(*data, options, {});
  RunOptions run;
  run.checkpoint = temporary_path("checkpoint");
  run.checkpoint_steps = 3;
  std::atomic<bool> stop{true};
  run.stop = &stop;
  auto part = train(*data, options, run);
  ASSERT_TRUE(part.ok() && part->stopped);
  stop = false;
  run.resume = true;
  part = train(*data, options, run);
  std::remove(run.checkpoint.c_str());
  ASSERT_TRUE(whole.ok() && part.ok()) << part.status().message();
  EXPECT_EQ(part->model.tensors, whole->model.tensors);
}

}  // namespace
}  // namespace barker
