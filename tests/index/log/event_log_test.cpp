#include "index/log/event_log.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <thread>

#include "tests/index/log/log_fixture.h"
#include "tests/models/base/sentences.h"

namespace barker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

class EventLogs : public LogFixture {
 protected:
  EventLogOptions options() const {
    EventLogOptions o;
    o.directory = directory_;
    o.flush_interval = 1h;  // lines are written when a test says so
    o.compression = Compression::kNone;
    return o;
  }
  std::unique_ptr<EventLog> open(const EventLogOptions& o) const {
    Result<std::unique_ptr<EventLog>> log = EventLog::open(o);
    EXPECT_TRUE(log.ok()) << log.status().message();
    return log.ok() ? std::move(*log) : nullptr;
  }
};

// Waits for what another thread does, at most a minute.
template <typename Condition>
bool wait_for(const Condition& condition) {
  for (int i = 0; i < 6000 && !condition(); ++i) std::this_thread::sleep_for(10ms);
  return condition();
}

TEST_F(EventLogs, HoldWhatWasAppendedWhenFlushReturns) {
  const auto log = open(options());
  EXPECT_TRUE(log->append("one\n"));
  EXPECT_TRUE(log->append("two"));
  const Status flushed = log->flush();
  ASSERT_TRUE(flushed.ok()) << flushed.message();
  EXPECT_THAT(lines(), ElementsAre("one", "two"));
  const EventLogStatus status = log->status();
  EXPECT_EQ(status.lines, 2u);
  EXPECT_EQ(status.bytes, 8u);
  EXPECT_EQ(status.dropped, 0u);
  EXPECT_EQ(status.queue_bytes, 0u);
  EXPECT_EQ(status.errors, 0u) << status.last_error;
}

TEST_F(EventLogs, WriteWhatWaitsWhenTheyAreClosed) {
  open(options())->append("one\n");
  EXPECT_THAT(lines(), ElementsAre("one"));
  EXPECT_EQ(names().size(), 1u);
  EXPECT_THAT(names()[0], ::testing::EndsWith("Z.jsonl"));
}

TEST_F(EventLogs, MakeNoFileWithoutALine) {
  EXPECT_TRUE(open(options())->flush().ok());
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(EventLogs, WriteWithoutBeingAskedAfterAnIntervalOrManyBytes) {
  EventLogOptions often = options();
  often.flush_interval = 1ms;
  {
    const auto log = open(often);
    log->append("one\n");
    EXPECT_TRUE(wait_for([&] { return log->status().lines == 1; }));
  }
  EventLogOptions large = options();
  large.flush_bytes = 1000;
  const auto log = open(large);
  log->append(std::string(1000, 'x'));
  EXPECT_TRUE(wait_for([&] { return log->status().lines == 1; }));
}

TEST_F(EventLogs, DropAndCountWhatAFullQueueHasNoPlaceFor) {
  EventLogOptions small = options();
  small.queue_bytes = 10'000;
  std::atomic<bool> is_slow = true;
  small.copy_to = [&](std::string_view) { (void)wait_for([&] { return !is_slow.load(); }); };
  const auto log = open(small);
  std::vector<std::string> accepted;
  size_t dropped = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::string line = "line " + std::to_string(i);
    if (log->append(line)) {
      accepted.push_back(line);
    } else {
      ++dropped;
    }
  }
  EXPECT_GT(accepted.size(), 50u);
  EXPECT_GT(dropped, 500u);
  EXPECT_LE(log->status().queue_bytes, small.queue_bytes);
  EXPECT_EQ(log->status().dropped, dropped);
  is_slow = false;
  ASSERT_TRUE(log->flush().ok());
  EXPECT_EQ(lines(), accepted);
  EXPECT_TRUE(log->append("there is place again"));
}

TEST_F(EventLogs, AreWrittenWhenHalfOfTheQueueIsFullHoweverSeldomTheyAreToBe) {
  EventLogOptions seldom = options();
  seldom.queue_bytes = 10'000;
  seldom.flush_bytes = 1 << 30;
  const auto log = open(seldom);
  for (int i = 0; i < 200; ++i) {
    const std::string line = "line " + std::to_string(i);
    bool is_taken = false;
    ASSERT_TRUE(wait_for([&] { return is_taken || (is_taken = log->append(line)); })) << line;
  }
  EXPECT_GT(log->status().lines, 50u);
}

TEST_F(EventLogs, LoseAndDoubleNothingWhileFourThreadsWriteThroughManyFiles) {
  constexpr int kThreads = 4, kLines = 5000;
  EventLogOptions o = options();
  o.flush_interval = 1ms;
  o.rotate_bytes = 4000;
  o.sync = false;
  o.compression = Compression::kZstd;
  uint64_t files = 0;
  {
    const auto log = open(o);
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&log, t] {
        for (int i = 0; i < kLines; ++i) {
          ASSERT_TRUE(log->append(std::to_string(t) + " " + std::to_string(i) + "\n"));
          // What waits is written in one piece, so that a file ends at the latest here.
          if (i % 500 == 0) {
            ASSERT_TRUE(log->flush().ok());
          }
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    ASSERT_TRUE(log->flush().ok());
    files = log->status().files;
    EXPECT_EQ(log->status().errors, 0u) << log->status().last_error;
  }
  EXPECT_GT(files, 5u);
  EXPECT_EQ(names().size(), files);
  std::map<int, int> next;
  for (const std::string& line : lines()) {
    const size_t space = line.find(' ');
    EXPECT_EQ(std::stoi(line.substr(space)), next[std::stoi(line.substr(0, space))]++) << line;
  }
  for (int t = 0; t < kThreads; ++t) EXPECT_EQ(next[t], kLines);
}

TEST_F(EventLogs, BeginANewFileAtAnAge) {
  std::atomic<int64_t> now{1'795'866'301'123};
  EventLogOptions o = options();
  o.clock = [&now] { return now.load(); };
  const auto log = open(o);
  for (const int minutes : {0, 59, 1, 1, 60}) {
    now += int64_t{minutes} * 60'000;
    log->append("line\n");
    ASSERT_TRUE(log->flush().ok());
  }
  EXPECT_THAT(names(),
              ElementsAre("events-20261128T114501123Z.jsonl", "events-20261128T124501123Z.jsonl",
                          "events-20261128T134601123Z.jsonl.open"));
  now += 60 * 60'000;
  ASSERT_TRUE(log->flush().ok());
  EXPECT_THAT(names().back(), ::testing::EndsWith("Z.jsonl")) << "also where no line comes";
}

TEST_F(EventLogs, CompressWhatTheyClosed) {
  EventLogOptions o = options();
  o.rotate_bytes = 1;
  o.compression = Compression::kGzip;
  const auto log = open(o);
  log->append("one\n");
  ASSERT_TRUE(log->flush().ok());
  EXPECT_TRUE(wait_for([&] { return names().size() == 1 && names()[0].ends_with(".gz"); }));
  EXPECT_THAT(lines(), ElementsAre("one"));
}

TEST_F(EventLogs, GoOnWhenADirectoryThatWasGoneComesBack) {
  Sentences said;
  EventLogOptions o = options();
  o.report = said.report();
  o.rotate_bytes = 1;  // each batch has a file of its own
  auto log = open(o);
  log->append("one\n");
  ASSERT_TRUE(log->flush().ok());
  ASSERT_TRUE(wait_for([&] { return names().size() == 1 && names()[0].ends_with(".jsonl"); }));
  fs::rename(directory_, directory_ + ".away");
  EXPECT_TRUE(log->append("two\n"));
  const Status failed = log->flush();
  EXPECT_THAT(failed.message(), HasSubstr("No such file or directory"));
  EXPECT_TRUE(log->status().is_failing);
  EXPECT_GT(log->status().errors, 0u);
  EXPECT_THAT(log->status().last_error, HasSubstr(directory_));
  EXPECT_TRUE(log->append("three\n"));
  EXPECT_FALSE(log->flush().ok());
  fs::rename(directory_ + ".away", directory_);
  EXPECT_TRUE(wait_for([&] { return !log->status().is_failing; })) << "it tries by itself";
  EXPECT_TRUE(log->flush().ok());
  EXPECT_THAT(lines(), ElementsAre("one", "two", "three"));
  EXPECT_EQ(log->status().dropped, 0u);
  log.reset();
  EXPECT_THAT(
      said.all(),
      ElementsAre(HasSubstr("the event log cannot be written, and its lines wait: " + directory_),
                  "the event log is written again"));
}

// A limit on the size of files stands for a disk that is full: a batch is written in part and then
// fails. It holds for a whole process, so that this is done in one of its own.
int fill_up_a_disk(const EventLogOptions& options) {
  signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  getrlimit(RLIMIT_FSIZE, &limit);
  const rlim_t before = limit.rlim_cur;
  const Result<std::unique_ptr<EventLog>> log = EventLog::open(options);
  if (!log.ok()) return 2;
  limit.rlim_cur = 50'000;
  if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return 3;
  int accepted = 0, dropped = 0;
  for (; dropped < 10; ++accepted) {
    while (!(*log)->append(std::to_string(accepted) + std::string(1000, 'x')) && ++dropped < 10) {
    }
    if (dropped == 10) break;
    if (accepted % 10 == 0 && (*log)->flush().ok() != (accepted < 45)) return 4;
  }
  const EventLogStatus full = (*log)->status();
  if (!full.is_failing || full.errors == 0 || full.dropped != 10) return 5;
  if (full.last_error.find("File too large") == std::string::npos) return 6;
  limit.rlim_cur = before;
  setrlimit(RLIMIT_FSIZE, &limit);
  if (!(*log)->flush().ok() || (*log)->status().is_failing) return 7;
  return (*log)->status().lines == static_cast<uint64_t>(accepted) ? 0 : 8;
}

TEST_F(EventLogs, GoOnWhenAFullDiskHasSpaceAgain) {
  EventLogOptions o = options();
  o.queue_bytes = 100'000;
  const pid_t child = fork();
  if (child == 0) _exit(fill_up_a_disk(o));
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  ASSERT_EQ(WEXITSTATUS(status), 0);
  ASSERT_TRUE(EventLog::open(o).ok());
  int k = 0;
  for (const std::string& line : lines()) EXPECT_TRUE(line.starts_with(std::to_string(k++) + "x"));
  EXPECT_GT(k, 100);
}

TEST_F(EventLogs, AreRefusedWhereTheirDirectoryCannotBeMade) {
  std::ofstream(directory_) << "a file";
  EXPECT_THAT(EventLog::open(options()).status().message(), HasSubstr(directory_));
}

// How far a process came before it was killed.
struct Progress {
  std::atomic<int> appended, acknowledged;
};

constexpr int kUnflushed = 50;  // lines between two flushes, which are all that may be lost

// Appends numbered lines until it is killed.
int write_until_killed(const EventLogOptions& options, int run, Progress& progress) {
  const Result<std::unique_ptr<EventLog>> log = EventLog::open(options);
  if (!log.ok()) return 1;
  for (int k = 0;; ++k) {
    if (!(*log)->append(std::to_string(run) + " " + std::to_string(k) + "\n")) return 2;
    progress.appended = k + 1;
    if ((k + 1) % kUnflushed != 0) continue;
    if (!(*log)->flush().ok()) return 3;
    progress.acknowledged = k + 1;
  }
}

int kills() {
  const char* given = std::getenv("BARKER_KILLS");
  return given ? std::max(1, std::atoi(given)) : 5;
}

TEST_F(EventLogs, KeepWhatWasFlushedWhenTheirProcessIsKilled) {
  EventLogOptions o = options();
  o.flush_interval = 1ms;
  o.rotate_bytes = 3000;
  o.compression = Compression::kZstd;
  auto* progress = static_cast<Progress*>(
      mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(progress, MAP_FAILED);
  std::map<int, Progress> runs;
  for (int run = 0; run < kills(); ++run) {
    progress->appended = progress->acknowledged = 0;
    const pid_t child = fork();
    if (child == 0) _exit(write_until_killed(o, run, *progress));
    // Each is killed at another moment: within the first batches, or after some files.
    ASSERT_TRUE(wait_for([&] { return progress->acknowledged > 0; }));
    std::this_thread::sleep_for(std::chrono::microseconds(run * 7919 % 50'000));
    kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "exit code " << WEXITSTATUS(status);
    runs[run].appended = progress->appended.load();
    runs[run].acknowledged = progress->acknowledged.load();
  }
  munmap(progress, sizeof(Progress));
  open(o)->append("the next start goes on\n");
  std::map<int, int> found;
  std::vector<std::string> all = lines();
  EXPECT_EQ(all.back(), "the next start goes on");
  all.pop_back();
  for (const std::string& line : all) {
    const size_t space = line.find(' ');
    EXPECT_EQ(std::stoi(line.substr(space)), found[std::stoi(line.substr(0, space))]++) << line;
  }
  for (const auto& [run, reached] : runs) {
    EXPECT_GE(found[run], reached.acknowledged.load());
    EXPECT_LE(reached.appended - found[run], kUnflushed);
  }
}

}  // namespace
}  // namespace barker
