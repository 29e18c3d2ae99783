#include "index/commands/search_queries.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <exception>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "index/commands/ordered_output.h"
#include "index/engine/engine_session.h"
#include "models/base/lines.h"

namespace barker {
namespace {

constexpr size_t kWaitingPerThread = 16;  // answers that came early, for each thread

// Lines of standard input, which "\n", "\r\n" or "\r" ends. A line is given when its '\r' has come,
// because nobody knows whether a '\n' follows. Another thread can end the wait for a line that
// nobody has typed yet.
class StandardInput {
 public:
  StandardInput() = default;
  ~StandardInput() {
    if (stop_ >= 0) close(stop_);
  }
  StandardInput(const StandardInput&) = delete;
  StandardInput& operator=(const StandardInput&) = delete;

  // Returns false at the end of the input, after a failure to read it, and after stop().
  bool next(std::string& line) {
    size_t searched = 0;
    for (;;) {
      if (after_return_ && !buffer_.empty()) {
        if (buffer_.front() == '\n') buffer_.erase(0, 1);
        after_return_ = false;
      }
      const size_t end = buffer_.find_first_of("\r\n", searched);
      if (end != std::string::npos) {
        line.assign(buffer_, 0, end);
        after_return_ = buffer_[end] == '\r';
        buffer_.erase(0, end + 1);
        drop_byte_order_mark(line);
        return true;
      }
      searched = buffer_.size();
      if (!read_more()) break;
    }
    line = std::exchange(buffer_, {});  // the last line may lack its end
    drop_byte_order_mark(line);
    return !line.empty();
  }

  void stop() const {  // [any thread]
    const uint64_t one = 1;
    (void)!write(stop_, &one, sizeof one);
  }

  const Status& status() const { return status_; }

 private:
  // A file of queries may begin with one, as it may where its name is given.
  void drop_byte_order_mark(std::string& line) {
    constexpr std::string_view kMark = "\xEF\xBB\xBF";
    if (std::exchange(is_first_, false) && line.starts_with(kMark)) line.erase(0, kMark.size());
  }

  bool read_more() {
    for (;;) {
      pollfd events[] = {{STDIN_FILENO, POLLIN, 0}, {stop_, POLLIN, 0}};
      if (poll(events, 2, -1) < 0) {
        if (errno == EINTR) continue;
        return fail();
      }
      if (events[1].revents != 0) {
        buffer_.clear();
        return false;
      }
      char bytes[4096];
      const ssize_t got = read(STDIN_FILENO, bytes, sizeof bytes);
      if (got > 0) buffer_.append(bytes, static_cast<size_t>(got));
      if (got >= 0) return got > 0;
      if (errno != EINTR && errno != EAGAIN) return fail();
    }
  }

  bool fail() {
    status_ = io_error(std::string("standard input: ") + std::strerror(errno));
    buffer_.clear();
    return false;
  }

  const int stop_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  std::string buffer_;
  bool after_return_ = false;  // a '\n' that comes next belongs to the '\r' before it
  bool is_first_ = true;       // the next line is the first one
  Status status_;
};

// Hands out the lines, each with its number. [any thread]
class Questions {
 public:
  static Result<std::unique_ptr<Questions>> open(const std::string& file) {
    std::unique_ptr<Questions> questions(new Questions);
    if (file == "-") {
      questions->input_.emplace();
      return questions;
    }
    Result<LineReader> lines = LineReader::open(file);
    if (!lines.ok()) return lines.status();
    questions->lines_.emplace(std::move(lines).value());
    return questions;
  }

  // Returns false at the end of the file, after a failure to read it, and after stop().
  bool next(std::string& line, uint64_t& ticket) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (stopped_) return false;
    ticket = next_++;  // before the line is read, so that an exception there belongs to one ticket
    return read(line);
  }

  // Takes no lock, because a thread that waits for a line holds it.
  void stop() {
    stopped_ = true;
    if (input_) input_->stop();
  }

  Status status() const { return lines_ ? lines_->status() : input_->status(); }

 private:
  Questions() = default;

  bool read(std::string& line) {
    if (input_) return input_->next(line);
    std::string_view next;
    if (!lines_->next(next)) return false;
    line = next;
    return true;
  }

  std::mutex mutex_;
  std::optional<LineReader> lines_;     // of a file
  std::optional<StandardInput> input_;  // where there is no file
  uint64_t next_ = 0;
  std::atomic<bool> stopped_ = false;
};

// Remembers the error of the earliest line. [any thread]
class FirstError {
 public:
  void offer(uint64_t ticket, Status status) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (ticket >= ticket_) return;
    ticket_ = ticket;
    status_ = std::move(status);
  }
  const Status& status() const { return status_; }

 private:
  std::mutex mutex_;
  uint64_t ticket_ = UINT64_MAX;
  Status status_;
};

// Answers lines until there are none left. An exception in any of the calls, which means that
// memory ran out, becomes an error: one that left the thread would end the process.
void answer_lines(const Engine& engine, const Profile& user, const QueriesOptions& options,
                  Questions& questions, OrderedOutput& output, FirstError& error) {
  uint64_t ticket = 0;  // of the line in hand; an error before the first line ends all output
  const auto fail = [&](Status status) {
    error.offer(ticket, std::move(status));
    output.stop_before(ticket);
    questions.stop();
  };
  try {
    EngineSession session(engine);
    std::string line;
    while (questions.next(line, ticket)) {
      const Result<SearchResult> page = session.search(line, user, options.search);
      if (!page.ok()) return fail(page.status());
      if (!output.put(ticket, options.format(*page))) return;
    }
  } catch (const std::exception& e) {
    fail({Code::kIoError, e.what()});
  }
}

}  // namespace

Status search_queries(const Engine& engine, const Profile& user, const QueriesOptions& options) {
  Result<std::unique_ptr<Questions>> questions = Questions::open(options.file);
  if (!questions.ok()) return questions.status();
  OrderedOutput output(kWaitingPerThread * options.threads, options.print);
  FirstError error;
  const auto work = [&] { answer_lines(engine, user, options, **questions, output, error); };
  std::vector<std::jthread> others;
  for (size_t i = 1; i < options.threads; ++i) others.emplace_back(work);
  work();
  others.clear();  // joins
  return error.status().ok() ? (*questions)->status() : error.status();
}

}  // namespace barker
