#include "tests/models/base/system_calls.h"

#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <climits>
#include <csignal>

#if defined(__x86_64__)
#include <sys/user.h>
#endif

namespace barker {

#if defined(__x86_64__)

namespace {

constexpr size_t kMostCalls =
    100'000;  // a body that makes more of them repeats one forever, and is killed

user_regs_struct registers_of(pid_t child) {
  user_regs_struct registers{};
  ptrace(PTRACE_GETREGS, child, nullptr, &registers);
  return registers;
}

SystemCall call_of(pid_t child, const user_regs_struct& registers) {
  SystemCall call{static_cast<long>(registers.orig_rax), ""};
  switch (call.number) {
    case SYS_fsync:
    case SYS_flock:
    case SYS_write:
    case SYS_pwrite64: {
      const std::string link =
          "/proc/" + std::to_string(child) + "/fd/" + std::to_string(registers.rdi);
      char path[PATH_MAX];
      const ssize_t size = readlink(link.c_str(), path, sizeof path);
      if (size > 0) call.file.assign(path, static_cast<size_t>(size));
      break;
    }
    default:
      break;
  }
  return call;
}

}  // namespace

Traced run_traced(const std::function<int()>& body, const Fault& fault) {
  Traced traced;
  const pid_t child = fork();
  if (child == 0) {
    if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) _exit(253);
    raise(SIGSTOP);
    int code = 254;
    try {
      code = body();
    } catch (...) {  // std::bad_alloc if mmap or brk failed, which is an error like others
    }
    _exit(code);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (!WIFSTOPPED(status)) {
    traced.possible = false;
    return traced;
  }
  ptrace(PTRACE_SETOPTIONS, child, nullptr,
         reinterpret_cast<void*>(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL));
  bool entering = true, failing = false;
  unsigned long long heap_end = 0;  // as the last brk answered
  int deliver = 0;
  for (;;) {
    ptrace(PTRACE_SYSCALL, child, nullptr, reinterpret_cast<void*>(static_cast<intptr_t>(deliver)));
    deliver = 0;
    if (waitpid(child, &status, 0) < 0) return traced;
    if (WIFEXITED(status)) {
      traced.code = WEXITSTATUS(status);
      return traced;
    }
    if (WIFSIGNALED(status)) {
      traced.killed = true;
      traced.signal = WTERMSIG(status);
      return traced;
    }
    if (WSTOPSIG(status) != (SIGTRAP | 0x80)) {
      deliver = WSTOPSIG(status);
      continue;
    }
    user_regs_struct registers = registers_of(child);
    const auto number = static_cast<long>(registers.orig_rax);
    if (entering && number != SYS_exit_group) {  // the end is no call of the body's
      traced.calls.push_back(call_of(child, registers));
      const bool at =
          fault.kind != Fault::Kind::kNone && traced.calls.size() == static_cast<size_t>(fault.at);
      const bool again = fault.lasting && traced.happened && number == traced.number;
      if (at) {
        traced.happened = true;
        traced.number = number;
        traced.file = traced.calls.back().file;
      }
      const bool lost = traced.calls.size() >= kMostCalls;
      if (lost || (at && fault.kind == Fault::Kind::kKill)) {
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
        traced.killed = true;
        traced.signal = SIGKILL;
        return traced;
      }
      failing = at || again;
      if (failing) {
        registers.orig_rax = static_cast<unsigned long long>(-1);  // no such call: nothing is done
        ptrace(PTRACE_SETREGS, child, nullptr, &registers);
      }
    } else if (!entering && failing) {
      registers.rax = static_cast<unsigned long long>(-static_cast<long long>(fault.error));
      // brk has no errors. The kernel answers where the heap ends, and a heap that has not grown is
      // the failure.
      if (traced.calls.back().number == SYS_brk) registers.rax = heap_end;
      ptrace(PTRACE_SETREGS, child, nullptr, &registers);
    } else if (!entering && traced.calls.back().number == SYS_brk) {
      heap_end = registers.rax;
    }
    entering = !entering;
  }
}

#else

Traced run_traced(const std::function<int()>&, const Fault&) {
  Traced traced;
  traced.possible = false;
  return traced;
}

#endif

}  // namespace barker
