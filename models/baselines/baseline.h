// The compared algorithms: what the networks have to beat. All but cooccurrence know nothing of the
// query, as in the paper.
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
  // Learns from the training split (and the user vectors of the validation split's clicks, which
  // are history by the time of the test). Once, before predict.
  virtual Status fit(const Dataset& data) = 0;
  // Probabilities (or scores in 0..1 that order like them) of the split's SF impressions, in the
  // order of instances_of().
  virtual std::vector<float> predict(Split split) const = 0;
};

// popularity            P(click) of the keyword, shrunk: (clicks + 10 g) / (shown + 10), g overall
// category-popularity   the same for keyword and category of the search, shrunk to popularity
// user-cf               popularity plus the residuals of the 80 nearest users by cosine
// fucf                  user-cf over vectors enriched by association rules
// teucf                 user-cf with clicks that fade with time
// taucf                 user-cf over attributes (feature groups) instead of clicks
// mucf                  teucf and taucf mixed by how many clicks a user has
// mucf-switch           teucf for associated users, taucf for the others
// cooccurrence          logistic regression on co-occurrence counts of history, query and keyword
// Nothing public defines fucf, teucf, taucf and mucf beyond their names; these are our readings.
std::vector<std::string> baseline_names();
std::unique_ptr<Baseline> make_baseline(std::string_view name);  // null: no such name

}  // namespace barker
