// Anything that predicts clicks on a dataset's instances: a frozen model through the serving kernels, or a
// compared algorithm. Evaluation knows no other interface, so all are judged on the same instances.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "models/data/dataset.h"

namespace barker {

class Scorer {
 public:
  virtual ~Scorer() = default;

  virtual std::string name() const = 0;

  // P(click) of each of `keywords` as SF for this search. Calls come in any order, from one thread.
  virtual void score_sfs(const Dataset& data, const SearchView& search,
                         std::span<const uint32_t> keywords, std::span<float> probabilities) = 0;

  // P(click) of each of `ads`; false where this scorer does not predict ad clicks.
  virtual bool score_ads(const Dataset& data, const SearchView& search, std::span<const uint32_t> ads,
                         std::span<float> probabilities) {
    (void)data, (void)search, (void)ads, (void)probabilities;
    return false;
  }
};

}  // namespace barker
