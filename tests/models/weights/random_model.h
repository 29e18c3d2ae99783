// Models with random weights of any architecture, for tests of whatever reads weight files.
#pragma once

#include <cstdint>
#include <string>

#include "models/weights/writer.h"
#include "tests/models/base/temporary_path.h"

namespace barker {

struct RandomModelOptions {
  uint32_t keywords = 50, features = 10, folded = 0, dim = 16;
  std::vector<uint32_t> hidden = {24, 12};
  bool auxiliary = true;
  uint32_t dot_dim = 0;
  uint32_t uid_buckets = 0;  // > 0: a hashed group "uid"
  bool history_match = false;
  bool match_inputs = false;
  bool click_rates = false;  // of three queries, with two selling points each
};

// Keywords are "word0", "word1", ...; features "profile=f0", ... Groups: hist, query, profile (and
// uid).
ModelSpec random_model(uint64_t seed, const RandomModelOptions& options = {});

}  // namespace barker
