// A directory of numbered weight files: what publishes, rolls back and forgets them.
//
//   000001.barker 000002.barker ...   complete, never changed again
//   CURRENT                           one line: the version that serves ("000002.barker")
//   000001.barker.sig                 its signature, where it has one (models/weights/signature.h)
//   PREVIOUS                          the one that served before it, for rollback
//   label.NAME                        the same for a label, such as "canary"
//
// A version or pointer appears by the rename of a complete, synced file, and what goes is unlinked;
// the directory is synced before either counts as done. So a reader always finds a version that is
// whole, whenever a publisher is killed. Publishers of one directory wait for each other (flock on
// .lock).
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
  bool is_signed = false;  // has a signature beside it; by whom is for the loader to judge
  bool current = false, previous = false;
  std::vector<std::string> labels;
};

// Copies `file` and its signature in under the next number and, without a label, makes it CURRENT;
// with one, sets only label.NAME. Before that the copy is checked as a load would check it
// (WeightFile::open) and shown to `verify`, for what takes keys or kernels; a copy that fails is
// removed. Returns the version's name.
Result<std::string> publish_weights(
    const std::string& file, const std::string& directory, const std::string& label = "",
    const std::function<Status(const std::string& path)>& verify = {});

// CURRENT and PREVIOUS change places. failed_precondition where there is no PREVIOUS.
Result<std::string> rollback_weights(const std::string& directory);

// A labelled version becomes CURRENT, and the label goes. Returns the version's name.
Result<std::string> promote_label(const std::string& directory, const std::string& label);

// The version stays.
Status remove_label(const std::string& directory, const std::string& label);

// By number.
Result<std::vector<WeightVersion>> weight_versions(const std::string& directory);

// Removes all but the newest `keep` versions, and their signatures; never one that CURRENT, PREVIOUS
// or a label names, nor one that a process has open (WeightFile holds a shared lock). Also removes
// what killed publishers left: temporary files that nobody writes any more (models/base/atomic_file.h)
// and signatures of versions that are not there. Returns the names removed.
Result<std::vector<std::string>> prune_weights(const std::string& directory, size_t keep);

}  // namespace barker
