#include "models/base/child_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

namespace barker {
namespace {

// Becomes the program, between fork() and exec(), where only system calls are allowed. What fails
// is told through the pipe `failure`, which exec() closes.
[[noreturn]] void become(const ChildProcess& child, char* const* words, pid_t parent, int failure) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  const int input = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int output = ::open(child.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  const bool is_ready = getppid() == parent && input >= 0 && output >= 0 &&
                        dup2(input, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
                        dup2(output, STDERR_FILENO) >= 0 &&
                        (child.directory.empty() || chdir(child.directory.c_str()) == 0);
  if (is_ready) execv(words[0], words);
  const int error = errno;
  static_cast<void>(!write(failure, &error, sizeof error));
  _exit(127);
}

Status cannot_be_started(const ChildProcess& child, int error) {
  return io_error(command_text(child) + ": cannot be started: " + std::strerror(error));
}

}  // namespace

std::string command_text(const ChildProcess& child) {
  std::string text;
  for (const std::string& word : child.command) text += (text.empty() ? "" : " ") + word;
  return text;
}

Result<ChildEnd> run_child(const ChildProcess& child) {
  std::vector<std::string> kept = child.command;
  std::vector<char*> words;
  for (std::string& word : kept) words.push_back(word.data());
  words.push_back(nullptr);
  int failure[2];
  if (pipe2(failure, O_CLOEXEC) != 0) return cannot_be_started(child, errno);
  const pid_t parent = getpid(), process = fork();
  if (process == 0) become(child, words.data(), parent, failure[1]);
  const int fork_error = errno;
  ::close(failure[1]);
  if (process > 0 && child.tell) child.tell(process);
  int error = process < 0 ? fork_error : 0;
  if (process > 0) {
    ssize_t got = 0;
    do {
      got = ::read(failure[0], &error, sizeof error);
    } while (got < 0 && errno == EINTR);
  }
  ::close(failure[0]);
  if (process < 0) return cannot_be_started(child, error);
  int status = 0;
  while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  if (child.tell) child.tell(0);
  if (error != 0) return cannot_be_started(child, error);
  if (WIFSIGNALED(status)) return ChildEnd{WTERMSIG(status), 0};
  return ChildEnd{0, WEXITSTATUS(status)};
}

}  // namespace barker
