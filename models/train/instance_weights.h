// Weights of instances in the loss: by the inverse of the probability with which the log's policy
// showed them (inverse propensity scoring, Horvitz and Thompson 1952; in learning from clicks
// Schnabel et al. 2016), and by how new they are (exponential forgetting):
//
//   w_i = c / max(p_i, floor) * 2^-((T - t_i) / half-life)
//
// with c such that the weights of what a pass learns have the mean 1, for each task by itself: of
// the training split, or of an increment all that is new and the past by the share of it that each
// pass draws, in the mean over its samples (schedule.h). What was shown seldom then counts as often
// as if everything had been shown equally often. The floor bounds the largest weight, at the price
// of some of the correction. A propensity that the log does not have counts as 1. T is the time of
// the newest search of the task in the training split; it cancels out. A factor that the options do
// not ask for is 1. Immutable; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "models/data/dataset.h"
#include "models/train/increment.h"
#include "models/train/options.h"

namespace barker {

class InstanceWeights {
 public:
  InstanceWeights() = default;  // each is 1
  // Reads the training split if the options ask for weights. Keeps no reference. The half-life must
  // be one that check_half_lives() takes. `increment`: what training learns of the split; nothing:
  // all.
  InstanceWeights(const Dataset& data, const TrainOptions& options,
                  const std::optional<Increment>& increment = std::nullopt);
  // The weights for the calibration, which have no recency: of a log that is split by time the
  // validation split is newer than all that was learned, and its click rate is the one that the
  // probabilities shall have.
  static InstanceWeights of_calibration(const Dataset& data, const TrainOptions& options);

  bool are_used() const { return floor_ > 0 || half_life_ > 0; }
  // Appends a weight for each SF (main task) or ad (auxiliary task) of the search.
  void append(const SearchView& search, Task task, std::vector<float>& to) const;

  // What was found in a pass, a line for each task; empty where none are used.
  std::string text() const;

 private:
  struct Sums {  // of a pass: what it learns by chance counts by its probability
    double shown = 0, unknown = 0, raised = 0;  // raised: to the floor
    double weights = 0, squares = 0;            // before they are normalised
  };
  void add(const Dataset& data, Task task, std::span<const uint32_t> searches, double share);
  double freshness(const SearchView& search, size_t task) const;

  double floor_ = 0, half_life_ = 0;  // 0: not used; the half-life is on the log's clock
  std::string half_life_text_;
  bool has_auxiliary_ = false;
  int64_t newest_[2] = {0, 0};     // T, by task
  Sums sums_[2];                   // by task
  double factor_[2] = {1.0, 1.0};  // c, by task
};

}  // namespace barker
