#include "index/log/event_log.h"

#include <algorithm>
#include <future>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "index/log/line_queue.h"
#include "index/log/log_file.h"
#include "index/log/wake_up.h"

namespace barker {
namespace {

using std::chrono::milliseconds;

// How long the writer waits after a failure, and the keeper between two looks at the directory.
constexpr milliseconds kRetryInterval{500}, kKeepingInterval{60'000};

}  // namespace

int64_t milliseconds_now() {
  return std::chrono::duration_cast<milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// What the threads share, and what each has for itself.
struct EventLog::Threads {
  Threads(const EventLogOptions& o, LogDirectory opened)
      : options(o), directory(std::move(opened)), queue(o.queue_bytes), outage(o.report) {}
  ~Threads() {
    if (writer.joinable()) writer.join();
    if (keeper.joinable()) keeper.join();
  }

  bool append(std::string&& line) noexcept;
  void stop();

  // The writer: takes batches from the queue and appends them to the file.
  void write_until_stopped();
  void take_lines();
  Status write_batch();
  void answer(const Status& status);
  Status rotate(bool is_over);

  // The keeper: compresses and removes complete files.
  void keep_until_stopped();
  void keep();

  void report(const Status& status);

  const EventLogOptions options;
  // So many bytes are written at once. Where only a full queue were written before the interval is
  // over, all that comes until then would be dropped.
  const size_t ringing_bytes = std::min(options.flush_bytes, options.queue_bytes / 2);
  LogDirectory directory;
  LineQueue queue;
  WakeUp writer_alarm, keeper_alarm;
  std::atomic<bool> is_stopping{false};
  // The writer was rung for by append() or is not to be: while it fails, it comes by itself.
  std::atomic<bool> is_rung_for{false};
  std::atomic<uint64_t> lines{0}, bytes{0}, dropped{0}, files{0};

  mutable std::mutex errors_mutex;  // no caller of append() takes it
  uint64_t errors = 0;
  std::string last_error;
  std::atomic<bool> is_failing{false};

  // The writer's own.
  std::optional<LogFile> file;
  int64_t file_begun = 0;
  std::string batch;  // lines that were taken and are not written yet
  uint64_t batch_lines = 0;
  size_t batch_cost = 0;  // what they count for in the queue
  std::vector<std::shared_ptr<LineQueue::Mark>> marks;
  Outage outage;

  std::thread writer, keeper;
};

bool EventLog::Threads::append(std::string&& line) noexcept {
  const bool is_put = !is_stopping.load(std::memory_order_relaxed) && queue.put(std::move(line));
  if (!is_put) dropped.fetch_add(1, std::memory_order_relaxed);
  // Also for a line that found no place: what fills the queue may have come while the writer was at
  // work, when it is not rung for.
  if (queue.bytes() >= ringing_bytes && !is_rung_for.exchange(true)) writer_alarm.ring();
  return is_put;
}

void EventLog::Threads::take_lines() {
  LineQueue::Node* const list = queue.take();
  for (LineQueue::Node* node = list; node; node = node->next) {
    if (node->mark) {
      marks.push_back(std::move(node->mark));
      continue;
    }
    batch_cost += LineQueue::bytes_of(node->line);
    if (options.copy_to) options.copy_to(node->line);
    batch += node->line;
    if (!batch.ends_with('\n')) batch += '\n';
    ++batch_lines;
  }
  LineQueue::free_all(list);
}

Status EventLog::Threads::write_batch() {
  if (batch.empty()) return {};
  if (!file) {
    const int64_t now = options.clock();
    Result<LogFile> made = LogFile::create(directory.next_path(now), options.sync);
    if (!made.ok()) return made.status();
    file.emplace(std::move(*made));
    file_begun = now;
    files.fetch_add(1, std::memory_order_relaxed);
  }
  if (Status s = file->append(batch); !s.ok()) return s;
  lines.fetch_add(batch_lines, std::memory_order_relaxed);
  bytes.fetch_add(batch.size(), std::memory_order_relaxed);
  batch.clear();
  queue.release(std::exchange(batch_cost, 0));
  batch_lines = 0;
  return {};
}

void EventLog::Threads::answer(const Status& status) {
  for (const std::shared_ptr<LineQueue::Mark>& mark : marks) mark->set_value(status);
  marks.clear();
}

// Closes the file where it is large or old enough or cannot be used any more. The name of a file
// that could not be closed stays open, and the next start closes it.
Status EventLog::Threads::rotate(bool is_over) {
  if (!file) return {};
  const int64_t age = options.clock() - file_begun;
  if (!is_over && !file->is_damaged() && file->size() < options.rotate_bytes &&
      age < options.rotate_age.count()) {
    return {};
  }
  const Status closed = file->close();
  file.reset();
  keeper_alarm.ring();
  return closed;
}

void EventLog::Threads::write_until_stopped() {
  for (bool is_last = false; !is_last;) {
    // While it fails, lines wait for the next attempt, and nobody has to ring for it.
    is_rung_for.store(is_failing.load());
    writer_alarm.sleep(is_failing ? kRetryInterval
                                  : std::max(options.flush_interval, milliseconds(1)));
    is_rung_for.store(true);
    is_last = is_stopping.load();
    take_lines();
    report(rotate(false));
    const Status wrote = write_batch();
    is_failing.store(!wrote.ok());
    report(wrote);
    if (wrote.ok()) {
      outage.ends("the event log is written again");
    } else {
      outage.begins("the event log cannot be written, and its lines wait: " + wrote.message());
    }
    report(rotate(is_last));
    answer(wrote);
  }
  dropped.fetch_add(batch_lines, std::memory_order_relaxed);
}

void EventLog::Threads::keep_until_stopped() {
  while (!is_stopping.load()) {
    keep();
    keeper_alarm.sleep(kKeepingInterval);
  }
}

void EventLog::Threads::keep() {
  report(directory.compress(options.compression));
  report(directory.remove_old(options.retention, options.clock()));
}

void EventLog::Threads::report(const Status& status) {
  if (status.ok()) return;
  const std::lock_guard lock(errors_mutex);
  ++errors;
  last_error = status.message();
}

void EventLog::Threads::stop() {
  is_stopping.store(true);
  writer_alarm.ring();
  keeper_alarm.ring();
}

Result<std::unique_ptr<EventLog>> EventLog::open(const EventLogOptions& options) {
  Result<LogDirectory> directory = LogDirectory::open(options.directory);
  if (!directory.ok()) return directory.status();
  auto threads = std::make_unique<Threads>(options, std::move(*directory));
  if (!threads->writer_alarm.ok() || !threads->keeper_alarm.ok()) {
    return io_error(options.directory + ": there is no file descriptor left for the event log");
  }
  try {
    threads->writer = std::thread([t = threads.get()] { t->write_until_stopped(); });
    threads->keeper = std::thread([t = threads.get()] { t->keep_until_stopped(); });
  } catch (const std::system_error& error) {
    threads->stop();
    return io_error(options.directory + ": the event log has no thread: " + error.what());
  }
  return std::unique_ptr<EventLog>(new EventLog(std::move(threads)));
}

EventLog::EventLog(std::unique_ptr<Threads> threads) : threads_(std::move(threads)) {}

EventLog::~EventLog() { threads_->stop(); }

bool EventLog::append(std::string line) noexcept { return threads_->append(std::move(line)); }

Status EventLog::flush(milliseconds at_most) {
  const auto mark = std::make_shared<LineQueue::Mark>();
  std::future<Status> answer = mark->get_future();
  threads_->queue.put_mark(mark);
  threads_->writer_alarm.ring();
  if (answer.wait_for(at_most) == std::future_status::ready) return answer.get();
  return io_error(threads_->options.directory + ": the event log was not written within " +
                  std::to_string(at_most.count()) + " ms");
}

EventLogStatus EventLog::status() const {
  const Threads& t = *threads_;
  EventLogStatus status;
  status.lines = t.lines.load(std::memory_order_relaxed);
  status.bytes = t.bytes.load(std::memory_order_relaxed);
  status.dropped = t.dropped.load(std::memory_order_relaxed);
  status.files = t.files.load(std::memory_order_relaxed);
  status.queue_bytes = t.queue.bytes();
  status.is_failing = t.is_failing.load(std::memory_order_relaxed);
  const std::lock_guard lock(t.errors_mutex);
  status.errors = t.errors;
  status.last_error = t.last_error;
  return status;
}

}  // namespace barker
