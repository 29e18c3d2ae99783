// Keeps a directory for one command at a time, which runs programs that write to it, too. One
// thread.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "models/base/file_lock.h"
#include "models/base/result.h"

namespace barker {

class CommandLocks {
 public:
  // `name` says what the command does, as "loop": while it runs, another one gets an error of code
  // kFailedPrecondition that names DIRECTORY/NAME.lock. The programs of a command that was killed
  // are told to end (child_process.h) and write until they have; `on_wait` is called before they
  // are waited for, unless it is empty. The directory must exist.
  static Result<CommandLocks> take(const std::string& directory, const std::string& name,
                                   const std::function<void()>& on_wait);

 private:
  CommandLocks(FileLock command, FileLock programs)
      : command_(std::move(command)), programs_(std::move(programs)) {}

  FileLock command_;
  FileLock programs_;  // which they hold, too
};

}  // namespace barker
