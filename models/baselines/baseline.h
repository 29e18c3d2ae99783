// The algorithms that the networks are compared with. As in the paper, the collaborative ones
// ignore the query. One thread for fit(), and one at a time for predict() after it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/result.h"
#include "models/data/dataset.h"

namespace barker {

class Baseline {
 public:
  virtual ~Baseline() = default;
  // Learns from the training split, and chooses its constants on the validation split. It is called
  // once, before predict(). The dataset must outlive the baseline.
  virtual Status fit(const Dataset& data) = 0;
  // Probabilities of the split's SF impressions, or scores from 0 to 1 that have the same order, in
  // the order of instances_of(). A split may be empty, the training split included.
  virtual Result<std::vector<float>> predict(Split split) const = 0;
};

// popularity            click rate of the keyword, shrunk to the overall rate g:
//                       (clicks + 10 g) / (shown + 10)
// category-popularity   the same for the keyword in the search's category, shrunk to popularity
// user-cf               popularity plus what the 80 nearest users by cosine clicked above it
// fucf                  user-cf over vectors that association rules extend
// teucf                 user-cf with clicks that fade with time
// taucf                 user-cf over attributes (feature groups) instead of clicks
// mucf                  teucf and taucf, mixed by how many clicks a user has
// mucf-switch           teucf for associated users, taucf for the others
// cooccurrence          logistic regression on how often history, query and keyword stand together
//
// all_baselines.h adds those that need a library of the trainer.
//
// Nothing public defines fucf, teucf, taucf and mucf beyond their names, so these are our readings.
std::vector<std::string> baseline_names();
std::unique_ptr<Baseline> make_baseline(std::string_view name);  // null if there is no such name

}  // namespace barker
