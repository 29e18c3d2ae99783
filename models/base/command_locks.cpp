#include "models/base/command_locks.h"

namespace barker {
namespace {

Result<FileLock> take_command_lock(const std::string& directory, const std::string& name) {
  const std::string path = directory + "/" + name + ".lock";
  Result<FileLock> lock = FileLock::take(path, FileLock::Wait::kNot, FileLock::Children::kLetGo);
  if (lock.ok() || lock.status().code() != Code::kFailedPrecondition) return lock;
  return Status(Code::kFailedPrecondition,
                path + ": another " + name + " is running in this directory");
}

Result<FileLock> wait_for_programs(const std::string& directory,
                                   const std::function<void()>& on_wait) {
  const auto take = [&](FileLock::Wait wait) {
    return FileLock::take(directory + "/trainer.lock", wait, FileLock::Children::kHold);
  };
  Result<FileLock> free = take(FileLock::Wait::kNot);
  if (free.ok() || free.status().code() != Code::kFailedPrecondition) return free;
  if (on_wait) on_wait();
  return take(FileLock::Wait::kUntilFree);
}

}  // namespace

Result<CommandLocks> CommandLocks::take(const std::string& directory, const std::string& name,
                                        const std::function<void()>& on_wait) {
  Result<FileLock> command = take_command_lock(directory, name);
  if (!command.ok()) return command.status();
  Result<FileLock> programs = wait_for_programs(directory, on_wait);
  if (!programs.ok()) return programs.status();
  return CommandLocks(std::move(*command), std::move(*programs));
}

}  // namespace barker
