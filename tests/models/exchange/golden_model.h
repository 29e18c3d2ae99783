// A model with golden vectors of every form. Their logits are made up, because the files of this
// room do not run them.
#pragma once

#include "models/text/fingerprint.h"
#include "tests/models/weights/random_model.h"

namespace barker {

inline ModelSpec golden_model(uint64_t seed, const RandomModelOptions& options = {}) {
  ModelSpec model = random_model(seed, options);
  const auto word = [&](size_t row) { return fingerprint(model.names[row]); };
  GoldenSpec plain;
  plain.groups.resize(model.architecture.groups.size());
  plain.groups[0].fingerprints = {word(4), word(2), word(4)};
  plain.candidates = {word(7), word(0)};
  plain.main_logits = {0.1f, -3.25e-7f};
  GoldenSpec weighted = plain;
  weighted.groups[1] = {{word(1), word(3)}, {0.25f, 1.0f / 3}};
  weighted.groups[2].fingerprints = {word(model.keyword_rows)};
  if (options.uid_buckets > 0) weighted.groups[3].fingerprints = {0x0123456789ABCDEF};
  if (options.auxiliary) {
    weighted.titles = {{{word(1), word(1)}, {}}, {{word(5)}, {}}};
    weighted.aux_logits = {1.5f, -2};
  }
  model.golden = {plain, weighted};
  return model;
}

}  // namespace barker
