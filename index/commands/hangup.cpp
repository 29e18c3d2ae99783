#include "index/commands/hangup.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <system_error>

namespace barker {
namespace {

sigset_t only_hangup() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGHUP);
  return set;
}

int checked(int descriptor) {
  if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "SIGHUP");
  return descriptor;
}

}  // namespace

void block_hangup() {
  const sigset_t hangup = only_hangup();
  pthread_sigmask(SIG_BLOCK, &hangup, nullptr);
}

HangupListener::HangupListener(std::function<void()> on_hangup)
    : on_hangup_(std::move(on_hangup)),
      hangups_([] {
        const sigset_t hangup = only_hangup();
        return checked(signalfd(-1, &hangup, SFD_CLOEXEC | SFD_NONBLOCK));
      }()),
      stop_(checked(eventfd(0, EFD_CLOEXEC))),
      thread_([this] { run(); }) {}

HangupListener::~HangupListener() {
  const uint64_t one = 1;
  (void)!write(stop_, &one, sizeof one);
  thread_.join();
  close(hangups_);
  close(stop_);
}

void HangupListener::run() const {
  for (;;) {
    pollfd events[] = {{stop_, POLLIN, 0}, {hangups_, POLLIN, 0}};
    if (poll(events, 2, -1) < 0) continue;
    if (events[0].revents != 0) return;
    signalfd_siginfo hangup;
    while (read(hangups_, &hangup, sizeof hangup) == sizeof hangup) on_hangup_();
  }
}

}  // namespace barker
