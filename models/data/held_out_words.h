// Selling points that are held out of training, to measure what a model says of words that it never
// saw. All words are divided into folds by their fingerprints, so that every log, weight file and
// command has the same word in the same fold. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "models/base/result.h"
#include "models/text/fingerprint.h"

namespace barker {

struct HeldOutWords {
  uint32_t fold = 0;
  uint32_t folds = 0;  // 0: nothing is held out

  bool is_any() const { return folds > 0; }
  // Whether a word, in normal form, is held out if it is a selling point.
  bool contains(std::string_view word) const {
    return folds > 0 && fingerprint(word) % folds == fold;
  }
  std::string text() const { return std::to_string(fold) + "/" + std::to_string(folds); }
};

// "0/10": the first of ten folds.
Result<HeldOutWords> parse_held_out_words(std::string_view text);

}  // namespace barker
