#include "index/commands/search_queries.h"

#include <exception>
#include <iostream>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

#include "index/commands/ordered_output.h"
#include "index/engine/engine_session.h"
#include "models/base/lines.h"

namespace barker {
namespace {

constexpr size_t kWaitingPerThread = 16;  // answers that came early, for each thread

// Hands out the lines, each with its number. [any thread]
class Questions {
 public:
  static Result<std::unique_ptr<Questions>> open(const std::string& file) {
    std::unique_ptr<Questions> questions(new Questions);
    if (file == "-") return questions;  // line by line, for whoever types them
    Result<LineReader> lines = LineReader::open(file);
    if (!lines.ok()) return lines.status();
    questions->lines_.emplace(std::move(lines).value());
    return questions;
  }

  // Returns false at the end of the file, after a failure to read it, and after stop().
  bool next(std::string& line, uint64_t& ticket) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (stopped_ || !read(line)) return false;
    ticket = next_++;
    return true;
  }

  void stop() {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopped_ = true;
  }

  Status status() const { return lines_ ? lines_->status() : Status(); }

 private:
  Questions() = default;

  bool read(std::string& line) {
    if (!lines_) return static_cast<bool>(std::getline(std::cin, line));
    std::string_view next;
    if (!lines_->next(next)) return false;
    line = next;
    return true;
  }

  std::mutex mutex_;
  std::optional<LineReader> lines_;  // none: standard input
  uint64_t next_ = 0;
  bool stopped_ = false;
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

// Answers lines until there are none left.
void answer_lines(const Engine& engine, const Profile& user, const QueriesOptions& options,
                  Questions& questions, OrderedOutput& output, FirstError& error) {
  EngineSession session(engine);
  std::string line;
  for (uint64_t ticket; questions.next(line, ticket);) {
    const auto fail = [&](Status status) {
      error.offer(ticket, std::move(status));
      output.stop_before(ticket);
      questions.stop();
    };
    try {
      const Result<SearchResult> page = session.search(line, user, options.explain);
      if (!page.ok()) return fail(page.status());
      if (!output.put(ticket, options.format(*page))) return;
    } catch (const std::exception& e) {  // out of memory; it must not end a thread unseen
      return fail({Code::kIoError, e.what()});
    }
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
