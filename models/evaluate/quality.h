// How good predicted probabilities are: as probabilities, as decisions, as lists. Pure functions of
// arrays of equal length; every function gives NaN (or nothing) for no instances.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace barker {

// ---- as probabilities

double log_loss(std::span<const float> probability,
                std::span<const uint8_t> clicked);  // mean, nats
double root_mean_square_error(std::span<const float> probability, std::span<const uint8_t> clicked);

struct ReliabilityPoint {
  double predicted, clicked;  // means of the bin
  uint64_t instances;
};
// Bins of equal count by ascending probability. Equal probabilities may fall into two bins.
std::vector<ReliabilityPoint> reliability(std::span<const float> probability,
                                          std::span<const uint8_t> clicked, size_t bins = 20);
// Expected calibration error: mean |predicted - clicked| of those bins, weighted by instances.
double calibration_error(std::span<const float> probability, std::span<const uint8_t> clicked,
                         size_t bins = 20);

// ---- as decisions

struct RocPoint {
  double false_positive_rate, true_positive_rate;
};
// From (0, 0) to (1, 1), thinned to about `points`. Empty where one class is missing.
std::vector<RocPoint> roc(std::span<const float> score, std::span<const uint8_t> clicked,
                          size_t points = 200);

// score >= threshold is a predicted click.
struct Decisions {
  double threshold, recall, precision, accuracy, f1;
};
// The threshold with the best F1; +inf where nothing is clicked.
double best_f1_threshold(std::span<const float> score, std::span<const uint8_t> clicked);
Decisions decide(std::span<const float> score, std::span<const uint8_t> clicked, double threshold);

// ---- as lists: one a search, its instances by descending score, ties in the order shown

inline constexpr size_t kMaxK = 10;

// Means over searches (Fig. 8-10 of the paper). A list is the K best, or all where fewer were
// shown.
struct TopK {
  double precision;  // clicked of the list / its length; the paper's "accuracy"
  double recall;     // clicked of the list / clicked of the search; over searches with a click
  double coverage;   // different keywords in any list / different keywords shown
  double mae, rmse;  // of probability against click, over listed instances
};
// search[i] and keyword[i] of instance i; instances of a search stand together.
std::array<TopK, kMaxK> top_k(std::span<const float> probability, std::span<const uint8_t> clicked,
                              std::span<const uint32_t> search, std::span<const uint32_t> keyword);

// AUC inside each search, mean over searches with both classes, weighted by their instances.
double grouped_auc(std::span<const float> score, std::span<const uint8_t> clicked,
                   std::span<const uint32_t> search);

}  // namespace barker
