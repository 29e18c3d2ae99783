// Association rules A -> v over the keywords that users clicked: clicks on A make a click on the SF
// v likelier than it is without them. A is one clicked keyword or two clicked SFs. Pairs of title
// words are left out, because there are too many of them to say anything.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "models/baselines/user_clicks.h"

namespace barker {

// Immutable after construction; any thread. Keywords must be below 2^21.
class AssociationRules {
 public:
  explicit AssociationRules(const UserClicks& users);

  // What the rules say about one SF.
  struct Score {
    double log_lift = 0;    // sum over the rules that fired
    double confidence = 0;  // the largest one
    int fired = 0;
    double value() const;
  };
  // The scores of all SFs that some rule concludes from the clicks.
  std::unordered_map<uint32_t, Score> fire(const std::vector<UserClick>& clicks) const;

 private:
  struct Rule {
    uint32_t consequent;
    double log_lift, confidence;
  };
  std::unordered_map<uint64_t, std::vector<Rule>> rules_;  // by antecedent
};

}  // namespace barker
