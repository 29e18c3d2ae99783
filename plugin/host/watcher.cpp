#include "plugin/host/watcher.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <exception>
#include <filesystem>
#include <future>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "plugin/host/admin_socket.h"

namespace barker {
namespace {

namespace fs = std::filesystem;

constexpr int kLookEvery = 500, kCompareEvery = 50;  // milliseconds

// Asks for events of the directory in which a watched file lies: files are replaced by rename, so
// that an event of the file itself would be one of the replaced file.
void watch_directory_of(const std::string& path, int notify) {
  if (path.empty() || notify < 0) return;
  std::error_code error;
  const bool directory = fs::is_directory(path, error);
  const fs::path parent = directory ? fs::path(path) : fs::absolute(path, error).parent_path();
  inotify_add_watch(notify, parent.c_str(), IN_MOVED_TO | IN_CLOSE_WRITE | IN_CREATE | IN_DELETE);
}

struct Question {  // of Watcher::ask
  std::string command;
  std::promise<std::string> answer;
};

}  // namespace

struct Watcher::Impl {
  Impl(const barker_api& api, barker_plugin* plugin, Watched watched)
      : life(api, plugin, std::move(watched)) {}
  ~Impl() {
    close(wake);
    if (notify >= 0) close(notify);
  }

  void run() {
    bool listens = admin.has_value();
    while (!stop) {
      pollfd events[] = {
          {wake, POLLIN, 0}, {notify, POLLIN, 0}, {listens ? admin->descriptor() : -1, POLLIN, 0}};
      poll(events, 3, life.has_canary() ? kCompareEvery : kLookEvery);
      forget_events();
      if (stop) break;
      try {
        if (again.exchange(false)) life.retry();
        life.look();
        tell_other_threads();
        answer_questions();
        // A client that could not be accepted, because no descriptor was free, leaves the socket
        // readable. The next poll leaves the socket out, so that this loop does not spin.
        const bool asked = (events[2].revents & POLLIN) != 0;
        listens = admin && (!asked || admin->answer([this](const std::string& command) {
                    std::string line = life.answer(command);
                    tell_other_threads();  // before the client has the answer
                    return line;
                  }));
      } catch (const std::exception&) {  // memory was short: the next look tries again
      }
    }
  }

  // Answers what ask() was asked since the last look. Where an answer throws, because memory is
  // short, the promise is broken by its end, and ask() says so.
  void answer_questions() {
    std::vector<Question> asked;
    {
      const std::lock_guard<std::mutex> lock(mutex);
      asked.swap(questions);
    }
    for (Question& question : asked) {
      std::string line = life.answer(question.command);
      tell_other_threads();  // before the client hears of it
      question.answer.set_value(std::move(line));
    }
  }

  void tell_other_threads() {
    unreadable = life.unreadable();
    rules_refused = life.are_rules_refused();
    experiments_refused = life.are_experiments_refused();
  }

  // Empties both descriptors. What the events say does not matter: a look sees what has changed.
  void forget_events() const {
    uint64_t count;
    alignas(inotify_event) char names[4096];
    (void)!read(wake, &count, sizeof count);
    while (notify >= 0 && read(notify, names, sizeof names) > 0) {
    }
  }

  LifeCycle life;
  std::optional<AdminSocket> admin;
  int wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  int notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  std::atomic<bool> stop{false}, again{false};
  std::atomic<uint64_t> unreadable{0};
  std::atomic<bool> rules_refused{false}, experiments_refused{false};
  std::mutex mutex;
  std::vector<Question> questions;  // guarded by the mutex
  std::thread thread;
};

Result<std::unique_ptr<Watcher>> Watcher::start(const barker_api& api, barker_plugin* plugin,
                                                Watched watched, const std::string& admin) {
  auto impl = std::make_unique<Impl>(api, plugin, watched);
  if (!admin.empty()) {
    Result<AdminSocket> socket = AdminSocket::listen(admin);
    if (!socket.ok()) return socket.status();
    impl->admin.emplace(std::move(*socket));
  }
  // The watches come before the first look, so that no change falls between the two.
  if (watched.follow_weights) watch_directory_of(watched.weights, impl->notify);
  watch_directory_of(watched.rules, impl->notify);
  watch_directory_of(watched.experiments, impl->notify);
  if (Status s = impl->life.start(); !s.ok()) return s;
  Impl& i = *impl;
  i.thread = std::thread([&i] { i.run(); });
  return std::unique_ptr<Watcher>(new Watcher(std::move(impl)));
}

Watcher::Watcher(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Watcher::~Watcher() {
  impl_->stop = true;
  const uint64_t one = 1;
  (void)!write(impl_->wake, &one, sizeof one);
  impl_->thread.join();
}

uint64_t Watcher::unreadable() const noexcept { return impl_->unreadable; }

bool Watcher::are_rules_refused() const noexcept { return impl_->rules_refused; }

bool Watcher::are_experiments_refused() const noexcept { return impl_->experiments_refused; }

Result<std::string> Watcher::ask(const std::string& command) {
  std::future<std::string> answer;
  {
    const std::lock_guard<std::mutex> lock(impl_->mutex);
    Question& question = impl_->questions.emplace_back(Question{command, {}});
    answer = question.answer.get_future();
  }
  const uint64_t one = 1;
  (void)!write(impl_->wake, &one, sizeof one);
  try {
    return answer.get();
  } catch (const std::future_error&) {
    return Status(Code::kFailedPrecondition, "the control thread gave no answer");
  }
}

void Watcher::wake() noexcept {
  const int error = errno;  // a signal handler must not change it for the code that it interrupted
  impl_->again = true;
  const uint64_t one = 1;
  (void)!write(impl_->wake, &one, sizeof one);
  errno = error;
}

}  // namespace barker
