// Training in several processes, which are forked from the test and connected on this machine.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <type_traits>

#include "models/train/peers.h"
#include "models/train/trainer.h"
#include "tests/models/train/known_logs.h"
#include "tests/models/train/model_difference.h"
#include "tests/models/train/poisoned_checkpoint.h"
#include "tests/models/train/small_world.h"

namespace barker {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Runs train() with these options in `size` processes that are connected, and gives the results: of
// rank 0 itself, and of the others whether the run succeeded (0), was stopped (2), was refused
// because a precondition failed (4) or failed for another reason (3).
struct RankResult {
  Result<Trained> first;
  std::vector<int> others;
};

// prepare(rank, run) sets the RunOptions of each process. With three parameters, prepare(rank, run,
// options), it may change the training options of a process, too.
template <typename Prepare>
RankResult train_in_processes(const Dataset& data, const TrainOptions& options, int size,
                              Prepare prepare) {
  const auto train_as = [&](int rank, Peers& peers) {
    RunOptions run;
    run.peers = &peers;
    if constexpr (std::is_invocable_v<Prepare, int, RunOptions&, TrainOptions&>) {
      TrainOptions mine = options;
      prepare(rank, run, mine);
      return train(data, mine, run);
    } else {
      prepare(rank, run);
      return train(data, options, run);
    }
  };
  static int calls = 0;
  const std::string address =
      "127.0.0.1:" + std::to_string(20000 + (getpid() * 13 + ++calls * 7) % 20000);
  std::vector<pid_t> children;
  for (int rank = 1; rank < size; ++rank) {
    const pid_t child = fork();
    if (child == 0) {
      auto peers = connect_peers(address, rank, size);
      if (!peers.ok()) _exit(1);
      const auto trained = train_as(rank, **peers);
      if (trained.status().code() == Code::kFailedPrecondition) _exit(4);
      _exit(!trained.ok() ? 3 : trained->stopped ? 2 : 0);
    }
    children.push_back(child);
  }
  auto peers = connect_peers(address, 0, size);
  RankResult result{peers.status().ok() ? Result<Trained>(Trained()) : peers.status(), {}};
  if (peers.ok()) {
    result.first = train_as(0, **peers);
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
void expect_equal_to_one_process(const Dataset& data, const TrainOptions& options, int size) {
  const auto alone = train(data, options, {});
  ASSERT_TRUE(alone.ok());
  const RankResult result = train_in_processes(data, options, size, [](int, RunOptions&) {});
  const auto& together = result.first;
  ASSERT_TRUE(together.ok()) << together.status().message();
  EXPECT_THAT(result.others, Each(0));
  expect_nearly_equal(*alone, *together);
}

TrainOptions one_epoch() {
  TrainOptions options = quick_options("AMTDL");
  options.max_epochs = 1;
  return options;
}

TEST(TrainInProcesses, GivesInTwoProcessesTheWeightsOfOneProcess) {
  expect_equal_to_one_process(*small_world(), one_epoch(), 2);
}
TEST(TrainInProcesses, GivesInFourProcessesTheWeightsOfOneProcess) {
  expect_equal_to_one_process(*small_world(), one_epoch(), 4);
}
TEST(TrainInProcesses, GivesTheWeightsOfOneThreadWhereEachProcessHasTwo) {
  const auto data = small_world();
  TrainOptions options = one_epoch();
  const auto alone = train(*data, options, {});
  options.threads = 2;
  const RankResult result = train_in_processes(*data, options, 2, [](int, RunOptions&) {});
  ASSERT_TRUE(alone.ok() && result.first.ok()) << result.first.status().message();
  EXPECT_THAT(result.others, Each(0));
  expect_nearly_equal(*alone, *result.first);
}
TEST(TrainInProcesses, GivesTheWeightsOfOneProcessWithAllCorrections) {
  TrainOptions options = one_epoch();
  options.schedule = Schedule::kAlternate;
  options.attribution = options.examination = true;
  options.propensity = PropensityUse::kInverse;
  expect_equal_to_one_process(*title_log(400), options, 2);
}

// A signal may reach only one of the processes. If the others went on, they would wait for it
// forever.
TEST(TrainInProcesses, StopsInAllProcessesWhenOneIsAskedTo) {
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

TEST(TrainInProcesses, FailsInAllProcessesWhenTheCheckpointCannotBeWritten) {
  const auto data = small_world();
  const RankResult result =
      train_in_processes(*data, quick_options("BM"), 2,
                         [](int, RunOptions& run) { run.checkpoint = "/nowhere/checkpoint"; });
  EXPECT_THAT(result.first.status().message(), HasSubstr("/nowhere/checkpoint"));
  EXPECT_THAT(result.others, ElementsAre(3));
}

TEST(TrainInProcesses, FailsInAllProcessesIfALossIsNotFinite) {
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

TEST(TrainInProcesses, FailsWhenAnotherProcessIsLost) {
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

// The dead process leaves nothing behind: what it added to the gradients is in the checkpoint of
// rank 0.
TEST(TrainInProcesses, GoesOnToTheSameWeightsAfterOneOfFourWasKilled) {
  const auto data = small_world(1, 150);
  TrainOptions options = quick_options("BM");
  options.batch_searches = 256;  // few steps, in each of which four processes wait for each other
  const RankResult whole = train_in_processes(*data, options, 4, [](int, RunOptions&) {});
  ASSERT_TRUE(whole.first.ok()) << whole.first.status().message();
  const std::string checkpoint = temporary_path("checkpoint");
  const RankResult killed = train_in_processes(*data, options, 4, [&](int rank, RunOptions& run) {
    run.checkpoint = checkpoint;
    run.on_epoch = [rank](const EpochReport& epoch) {
      if (rank == 2 && epoch.number == 2) kill(getpid(), SIGKILL);
    };
  });
  EXPECT_EQ(killed.first.status().code(), Code::kIoError);
  EXPECT_THAT(killed.first.status().message(), HasSubstr("lost the others"));
  EXPECT_THAT(killed.others, ElementsAre(3, -1, 3)) << "rank 2 was killed, and the others say so";
  ASSERT_TRUE(std::filesystem::exists(checkpoint));
  const RankResult resumed = train_in_processes(*data, options, 4, [&](int, RunOptions& run) {
    run.checkpoint = checkpoint;
    run.resume = true;
  });
  ASSERT_TRUE(resumed.first.ok()) << resumed.first.status().message();
  EXPECT_THAT(resumed.others, Each(0));
  EXPECT_EQ(resumed.first->model.tensors, whole.first->model.tensors);
  std::remove(checkpoint.c_str());
}

TEST(TrainInProcesses, FailsInAllProcessesIfTheirOptionsDiffer) {
  const auto data = small_world();
  const RankResult result = train_in_processes(
      *data, quick_options("BM"), 2,
      [](int rank, RunOptions&, TrainOptions& options) { options.seed = rank == 0 ? 7 : 8; });
  EXPECT_EQ(result.first.status().code(), Code::kFailedPrecondition);
  EXPECT_EQ(result.first.status().message(),
            "the processes of this run differ: train.seed: 7 in process 0, 8 in process 1");
  EXPECT_THAT(result.others, ElementsAre(4));
}

// Saving a checkpoint is a collective call, so it must happen after the same steps.
TEST(TrainInProcesses, FailsInAllProcessesIfTheySaveAfterOtherSteps) {
  const auto data = small_world();
  const RankResult result = train_in_processes(
      *data, quick_options("BM"), 3,
      [](int rank, RunOptions& run) { run.checkpoint_steps = rank == 2 ? 3 : 0; });
  EXPECT_THAT(result.first.status().message(),
              HasSubstr("run.checkpoint-steps: 0 in process 0, 3 in process 2"));
  EXPECT_THAT(result.others, ElementsAre(4, 4));
}

TEST(TrainInProcesses, FailsInAllProcessesIfTheirDataDiffer) {
  const auto first = small_world(1), second = small_world(2);
  const std::string address = "127.0.0.1:" + std::to_string(40000 + getpid() % 20000);
  const TrainOptions options = quick_options("BM");
  const auto train_as = [&](int rank) {
    const auto peers = connect_peers(address, rank, 2);
    EXPECT_TRUE(peers.ok()) << peers.status().message();
    RunOptions run;
    run.peers = peers->get();
    return train(rank == 0 ? *first : *second, options, run).status().code();
  };
  const pid_t child = fork();
  if (child == 0) _exit(train_as(1) == Code::kFailedPrecondition ? 4 : 3);
  EXPECT_EQ(train_as(0), Code::kFailedPrecondition);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 4);
}

// Only rank 0 writes checkpoints, so another machine may still have the one of an earlier stop.
TEST(TrainInProcesses, FailsInAllProcessesIfACheckpointIsStale) {
  const auto data = small_world();
  const TrainOptions options = quick_options("BM");
  const std::string current = temporary_path("checkpoint"), stale = current + ".stale";
  RunOptions run;
  run.checkpoint = current;
  const std::atomic<bool> stop{true};
  run.stop = &stop;
  ASSERT_TRUE(train(*data, options, run).ok());
  std::filesystem::copy(current, stale);
  run.resume = true;
  ASSERT_TRUE(train(*data, options, run).ok());
  const RankResult result = train_in_processes(*data, options, 2, [&](int rank, RunOptions& mine) {
    mine.checkpoint = rank == 0 ? current : stale;
    mine.resume = true;
  });
  EXPECT_EQ(result.first.status().message(),
            "the processes of this run differ: start.step: 2 in process 0, 1 in process 1");
  EXPECT_THAT(result.others, ElementsAre(4));
  std::remove(current.c_str());
  std::remove(stale.c_str());
}

TEST(ConnectPeers, NamesAWrongAddressOrRank) {
  EXPECT_THAT(connect_peers("nowhere", 0, 2).status().message(), HasSubstr("expected host:port"));
  EXPECT_THAT(connect_peers("h:99999", 0, 2).status().message(), HasSubstr("expected host:port"));
  EXPECT_THAT(connect_peers("h:1", 2, 2).status().message(), HasSubstr("expected 0 to 1"));
}

}  // namespace
}  // namespace barker
