// How good predicted probabilities are: as probabilities, as decisions, as lists. Pure functions of
// arrays of equal length; any thread. Every function gives NaN (or an empty list) if there are no
// instances, and if one of the predictions is NaN.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace barker {

// ---- as probabilities
//
// A log may hold only a share w of the instances that were not clicked. Each of those that it holds
// then stands for 1 / w, which is their `weight`; a clicked instance counts once.

// Mean, in nats.
double log_loss(std::span<const float> probability, std::span<const uint8_t> clicked,
                double weight = 1);
double root_mean_square_error(std::span<const float> probability, std::span<const uint8_t> clicked,
                              double weight = 1);

struct ReliabilityPoint {
  double predicted, clicked;  // weighted means over the bin
  uint64_t instances;
  double weight;  // of all its instances
};
// Bins with equal numbers of instances, by ascending probability. Equal probabilities may fall into
// two bins.
std::vector<ReliabilityPoint> reliability(std::span<const float> probability,
                                          std::span<const uint8_t> clicked, double weight = 1,
                                          size_t bins = 20);
// Expected calibration error: the mean |predicted - clicked| of those bins, in the share of their
// weights.
double calibration_error(std::span<const float> probability, std::span<const uint8_t> clicked,
                         double weight = 1, size_t bins = 20);

// ---- as decisions

struct RocPoint {
  double false_positive_rate, true_positive_rate;
};
// The curve from (0, 0) to (1, 1), thinned to about `points`. Empty if one class is missing.
std::vector<RocPoint> roc(std::span<const float> score, std::span<const uint8_t> clicked,
                          size_t points = 200);

// Area under the curve of precision over recall, as average precision: the sum over thresholds of
// precision times the gain in recall (Manning, Raghavan and Schuetze 2008, section 8.4). Instances
// of equal scores share a threshold, and nothing is interpolated. A constant prediction has the
// share of clicks. NaN if nothing is clicked. `weight` is that of an instance that was not clicked,
// as above.
double average_precision(std::span<const float> score, std::span<const uint8_t> clicked,
                         double weight = 1);

// How good it is to predict a click where score >= threshold.
struct Decisions {
  double threshold, recall, precision, accuracy, f1;
};
// These, or NaN for all of them if they cannot be true together: whatever the precision is, F1 is
// at most 2 recall / (1 + recall). Four of five rows of the paper's Table 4 break that bound.
Decisions if_possible(const Decisions& decisions);
// The threshold with the best F1; +inf if nothing is clicked.
double best_f1_threshold(std::span<const float> score, std::span<const uint8_t> clicked);
Decisions decide(std::span<const float> score, std::span<const uint8_t> clicked, double threshold);

// ---- as lists: each search has one, its instances by descending score, ties in the order shown

inline constexpr size_t kMaxK = 10;

// Means over searches (Fig. 8-10 of the paper). A list holds the K best instances, or all of them
// if fewer were shown.
struct TopK {
  double precision;  // clicked of the list / its length; the paper's "accuracy"
  double recall;     // clicked of the list / clicked of the search; mean over searches with a click
  double coverage;   // different keywords in any list / different keywords shown
  double mae, rmse;  // of probability against click, over the instances of the lists
};
// search[i] and keyword[i] belong to instance i. The instances of a search stand together.
std::array<TopK, kMaxK> top_k(std::span<const float> probability, std::span<const uint8_t> clicked,
                              std::span<const uint32_t> search, std::span<const uint32_t> keyword);

// Means over the searches with a click, over all that was shown in them. A model does not order
// instances of equal scores, so each figure is the mean over all orders of these: a constant
// prediction gets what chance gets, and not the order in which the engine showed them.
struct ListQuality {
  // Of the discounted gain, a click at place i counting 1 / log2(1 + i), the share of the best that
  // is possible (Jarvelin and Kekalainen 2002; ties: McSherry and Najork 2008).
  double ndcg;
  double mrr;  // 1 / place of the first click
};
ListQuality list_quality(std::span<const float> score, std::span<const uint8_t> clicked,
                         std::span<const uint32_t> search);

// The mean of the AUCs inside each search, over searches with both classes, weighted by their
// numbers of instances.
double grouped_auc(std::span<const float> score, std::span<const uint8_t> clicked,
                   std::span<const uint32_t> search);

}  // namespace barker
