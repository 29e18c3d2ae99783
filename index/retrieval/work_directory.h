// A directory for files in the making: those of an index that is being built, or of a segment until
// it is open. It is removed with the object.
//
// Its owner holds a lock on it (flock), which the kernel takes back when the process dies. So a
// directory that nobody has locked was left by a process that was killed, and may be removed.
// Process ids would not tell, because containers that share a directory use the same ones.
#pragma once

#include <sys/types.h>

#include <string>

#include "models/base/result.h"

namespace barker {

class WorkDirectory {
 public:
  // Makes PREFIX followed by random digits. `mode` as in mkdir(2).
  static Result<WorkDirectory> make(const std::string& prefix, mode_t mode);
  ~WorkDirectory();
  WorkDirectory(WorkDirectory&& other) noexcept;
  WorkDirectory& operator=(WorkDirectory&&) = delete;

  const std::string& path() const { return path_; }
  // Lets the directory stay where it is, unlocked.
  void keep();

  // Opens a directory of this user and locks it, so that remove_abandoned() lets it be until the
  // descriptor is closed. -1 where there is none, or where `operation` (flock) has LOCK_NB and
  // another process holds the lock.
  static int lock(const std::string& path, int operation);

  // Removes the directories PREFIX* of this user that no living process owns, as remove_index()
  // does: one that took an old index out of its place may have a file in it that came meanwhile.
  // What cannot be removed stays, because nothing depends on it.
  static void remove_abandoned(const std::string& prefix);

 private:
  WorkDirectory(std::string path, int descriptor)
      : path_(std::move(path)), descriptor_(descriptor) {}

  std::string path_;  // empty: there is nothing to remove
  int descriptor_ = -1;
};

}  // namespace barker
