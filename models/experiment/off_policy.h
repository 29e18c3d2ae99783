// Off-policy evaluation: what a policy would earn, from the log of another one that drew its
// actions with known probabilities. A page has one action or several, one at each of its positions.
// Pages are independent, or those of different users are; actions of one page need not be.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>

#include "models/experiment/statistics.h"

namespace barker {

// The probabilities of an action are those given the actions above it on the page. Where positions
// are not drawn independently, as where nothing is drawn twice, its probability at the position
// whatever stands above is another number, which the last two estimators need.
struct LoggedAction {
  double reward = 0;
  double logged = 0;             // with which the logging policy took the action, > 0
  double target = 0;             // with which the judged policy takes it
  double predicted = 0;          // reward that a model predicts for the action
  double predicted_policy = 0;   // mean prediction over the judged policy's actions
  double logged_position = NAN;  // whatever stands above, > 0; NaN: the same as `logged`
  double target_position = NAN;  // whatever stands above; NaN: the same as `target`
};

// How the rewards of a page are weighted. With w = target / logged of each action, and positions
// counted from 1:
enum class PolicyEstimator : uint8_t {
  // Inverse propensity scoring (Horvitz, Thompson 1952): the product of all w of the page times the
  // sum of its rewards. It assumes nothing of how positions act on each other, and few pages soon
  // have most of the weight.
  kPage,
  // The same divided by the mean weight (Swaminathan, Joachims 2015, "The Self-Normalized Estimator
  // for Counterfactual Learning", section 4), with the delta method's variance of a ratio.
  kSelfNormalised,
  // Each reward times the product of the w from position 1 to its own (McInerney et al. 2020,
  // "Counterfactual Evaluation of Slate Recommendations with Sequential Reward Interactions"):
  // right where a reward depends on what stands above it, but not on what stands below.
  kCascade,
  // Each reward times target_position / logged_position (Li et al. 2018, "Offline Evaluation of
  // Ranking Policies with Click Models", item-position model): right where a reward depends on its
  // own action and position alone.
  kPosition,
  // Each position by itself, q_policy + w (reward - q) with the w of kPosition (Dudik, Langford,
  // Li 2011, Eq. 2): right where kPosition is, or where the predictions q are right.
  kDoublyRobust,
};
inline constexpr std::array kPolicyEstimators = {
    PolicyEstimator::kPage, PolicyEstimator::kSelfNormalised, PolicyEstimator::kCascade,
    PolicyEstimator::kPosition, PolicyEstimator::kDoublyRobust};

// "ips", "snips", "cascade-ips", "position-ips", "doubly-robust".
std::string_view estimator_name(PolicyEstimator estimator);

struct PolicyValue {
  Effect value;  // reward a page, with its interval; p is of "it earns nothing"
  // What the pages are worth: (sum m)^2 / sum m^2 (Kish 1965), m being the mean weight of a page.
  double effective_pages = NAN;
  double largest_weight = NAN;  // share of the largest page's weight in their sum
  double mean_weight = NAN;     // near 1 where the logged probabilities are right
  double weight_error = NAN;    // standard error of mean_weight
};

// Gathers a log in one pass. Memory grows with the users that are told, by some 150 bytes each, and
// with nothing else. One thread.
class OffPolicyLog {
 public:
  // The actions of one page in the order of their positions, at least one.
  void add(std::span<const LoggedAction> page);
  // The same for a page of a user: intervals rest on users, whose pages are not independent. After
  // the last page, end_users() must be called.
  void add(std::span<const LoggedAction> page, uint64_t user);
  void end_users();

  uint64_t pages() const { return pages_; }
  uint64_t actions() const { return actions_; }
  uint64_t rewarded() const { return rewarded_; }  // pages with a reward that is not 0
  bool has_several_positions() const { return actions_ > pages_; }

  PolicyValue value(PolicyEstimator estimator, double level = 0.95) const;
  // What the logging policy earned: reward a page.
  Effect logged(double level = 0.95) const;

 private:
  enum Kind : uint8_t { kWhole, kAbove, kOwn, kRobust, kKinds };
  // What a page, or all pages of a user, add up to.
  struct Unit {
    std::array<double, kKinds> estimates{}, mean_weights{};
    double reward = 0, pages = 0;
  };
  struct Sums {
    Covariances<3> units;    // estimates, mean weights, pages
    Covariances<1> weights;  // the mean weight of each page
    double largest = 0;      // of these
  };
  Unit count(std::span<const LoggedAction> page);
  void add(const Unit& unit);

  uint64_t pages_ = 0, actions_ = 0, rewarded_ = 0;
  std::array<Sums, kKinds> sums_;
  Covariances<2> rewards_;  // of units: rewards, pages
  std::unordered_map<uint64_t, Unit> users_;
};

}  // namespace barker
