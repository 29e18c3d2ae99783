#include "index/simulation/child_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace barker {
namespace {

// Standard input is empty; both outputs go to the log.
class Files {
 public:
  explicit Files(const ChildProcess& child) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, child.log.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0644);
    posix_spawn_file_actions_adddup2(&actions_, STDOUT_FILENO, STDERR_FILENO);
    posix_spawn_file_actions_addchdir_np(&actions_, child.directory.c_str());
  }
  ~Files() { posix_spawn_file_actions_destroy(&actions_); }
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;

  const posix_spawn_file_actions_t* actions() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

}  // namespace

std::string command_text(const ChildProcess& child) {
  std::string text;
  for (const std::string& word : child.command) text += (text.empty() ? "" : " ") + word;
  return text;
}

Result<int> run_child(const ChildProcess& child) {
  std::vector<std::string> words = child.command;
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const Files files(child);
  pid_t process = 0;
  const int failed =
      posix_spawn(&process, arguments[0], files.actions(), nullptr, arguments.data(), environ);
  if (failed != 0) {
    return io_error(command_text(child) + ": cannot be started: " + std::strerror(failed));
  }
  int status = 0;
  while (waitpid(process, &status, 0) < 0) {
    if (errno != EINTR) {
      return io_error(command_text(child) + ": cannot be waited for: " + std::strerror(errno));
    }
  }
  if (WIFSIGNALED(status)) {
    return io_error(command_text(child) + ": was ended by signal " +
                    std::to_string(WTERMSIG(status)) + "; its output is in " + child.log);
  }
  return WEXITSTATUS(status);
}

}  // namespace barker
