// Off-policy evaluation: what a policy would earn, from the log of another one that drew its
// actions with known probabilities. Pure functions; any thread.
#pragma once

#include <vector>

#include "models/experiment/statistics.h"

namespace barker {

struct LoggedAction {
  double reward = 0;
  double logged = 0;            // probability with which the logging policy took the action, > 0
  double target = 0;            // probability with which the judged policy takes it
  double predicted = 0;         // reward that a model predicts for the action; doubly robust alone
  double predicted_policy = 0;  // mean prediction over the judged policy's actions; the same
};

struct PolicyValue {
  Effect value;                    // with a 95% interval; p is of "the policy earns nothing"
  double effective_samples = NAN;  // (sum w)^2 / sum w^2 (Kish 1965)
  double largest_weight = NAN;     // share of the largest weight in their sum
  double mean_weight = NAN;        // near 1 where the logged probabilities are right
};

// Inverse propensity scoring: the mean of w r, w = target / logged (Horvitz, Thompson 1952).
PolicyValue ips(const std::vector<LoggedAction>& log, double level = 0.95);

// Self-normalised: sum w r / sum w, with the delta method's variance of a ratio (Swaminathan,
// Joachims 2015, "The Self-Normalized Estimator for Counterfactual Learning", section 4).
PolicyValue snips(const std::vector<LoggedAction>& log, double level = 0.95);

// Doubly robust: the mean of q_policy + w (r - q) (Dudik, Langford, Li 2011, Eq. 2). It is right
// where either the probabilities or the predictions are.
PolicyValue doubly_robust(const std::vector<LoggedAction>& log, double level = 0.95);

}  // namespace barker
