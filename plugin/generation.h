// A generation is one loaded set of weights and everything that is bound to it. It is immutable,
// any thread may read it, and a query sees one generation from start to end.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "models/base/result.h"
#include "models/text/keywords.h"
#include "models/weights/weight_file.h"
#include "plugin/config.h"
#include "scoring/kernels.h"
#include "scoring/packed_network.h"

namespace barker {

struct Generation {
  uint64_t id;  // ascends from 1 within a plugin
  std::shared_ptr<const WeightFile> file;
  PackedNetwork packed;
  KeywordSplitter splitter;
  uint64_t tower_version = 0;  // that users' states must have (scoring/user_state.h); 0: none

  const Network& network() const { return packed.network(); }

  // Opens, checks and proves on these kernels the weights that `path` leads to: a weight file, or a
  // weights directory with CURRENT. Without policy.shared_directory, a file that others may replace
  // is refused (models/weights/trusted_path.h).
  static Result<std::shared_ptr<const Generation>> load(const std::string& path, uint64_t id,
                                                        const KernelTable& kernels,
                                                        const LoadPolicy& policy);
};

}  // namespace barker
