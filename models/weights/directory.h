// A directory of numbered weight files: functions that publish, roll back and remove versions.
//
//   000001.barker 000002.barker ...   versions, complete and never changed again
//   CURRENT                           one line: the version that serves ("000002.barker")
//   000001.barker.sig                 the signature of a version that has one (signature.h)
//   PREVIOUS                          the version that served before CURRENT, for rollback
//   label.NAME                        the same for a label, such as "canary"
//
// A version or pointer appears by the rename of a complete, synced file and goes by unlink, and the
// directory is synced before either counts as done. So a reader always finds a version that is
// whole, even if a publisher is killed at any moment. Publishers of one directory wait for each
// other, by a lock on the file .lock in it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "models/base/result.h"

namespace barker {

struct WeightVersion {
  std::string name;  // "000002.barker"
  uint64_t number = 0;
  uint64_t size = 0;       // bytes
  bool is_signed = false;  // a signature lies beside it; whose it is, the loader judges
  bool current = false, previous = false;
  std::vector<std::string> labels;
};

// Copies `file` and its signature into the directory under the next number. Without a label the
// copy becomes CURRENT; with one, only label.NAME is set. Before that the copy is checked as a load
// would check it (WeightFile::open) and shown to `verify`, which may make the checks that need keys
// or kernels. A copy that fails is removed. Returns the version's name.
Result<std::string> publish_weights(
    const std::string& file, const std::string& directory, const std::string& label = "",
    const std::function<Status(const std::string& path)>& verify = {});

// CURRENT and PREVIOUS change places. An error of code kFailedPrecondition says that there is no
// PREVIOUS.
Result<std::string> rollback_weights(const std::string& directory);

// A labelled version becomes CURRENT, and the label goes. Returns the version's name.
Result<std::string> promote_label(const std::string& directory, const std::string& label);

// Removes the label. The version stays.
Status remove_label(const std::string& directory, const std::string& label);

// All versions, in the order of their numbers.
Result<std::vector<WeightVersion>> weight_versions(const std::string& directory);

// Removes all but the newest `keep` versions, and their signatures. A version stays if CURRENT,
// PREVIOUS or a label names it, or if a process has it open (WeightFile holds a shared lock). Files
// that killed publishers left are removed, too: temporary files that have no writer any more
// (models/base/atomic_file.h) and signatures without a version. Returns the removed names.
Result<std::vector<std::string>> prune_weights(const std::string& directory, size_t keep);

}  // namespace barker
