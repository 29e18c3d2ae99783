#include "index/commands/stop_signals.h"

#include <cerrno>
#include <csignal>
#include <ctime>

namespace barker {
namespace {

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

}  // namespace

void block_stop_signals() {
  const sigset_t set = stop_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

void wait_for_stop_signal() {
  const sigset_t set = stop_signals();
  while (sigwaitinfo(&set, nullptr) < 0 && errno == EINTR) {
  }
}

bool wait_for_stop_signal(std::chrono::milliseconds at_most) {
  const sigset_t set = stop_signals();
  const timespec patience = {at_most.count() / 1000, (at_most.count() % 1000) * 1000000};
  int caught;
  while ((caught = sigtimedwait(&set, nullptr, &patience)) < 0 && errno == EINTR) {
  }
  return caught > 0;
}

}  // namespace barker
