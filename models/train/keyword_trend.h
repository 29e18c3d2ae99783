// How the clicks on a keyword moved of late, against what the network expects of it. A network
// learns all of its training split and so what was true on average of it; demand moves on.
//
//   r_v = log( (sum_i w_i y_i + a) / (sum_i w_i p_i + a) ),   w_i = 2^-((T - t_i) / half-life)
//
// over the training split's SFs i that are v, with clicks y and the network's probabilities p, T
// the newest time, and a of kTrendPrior showings at the mean click rate, so that a keyword that was
// hardly shown of late has r_v near 0. This is the multiplicative correction of expected counts as
// in Poisson shrinkage (DuMouchel 1999, with one a for all keywords). The file's logits then are
//
//   logit + c r_v
//
// where c is fitted on the validation split, which must be later than the training split
// (half_life.h). c r_v is a number for each keyword, so that it becomes a part of the bias that the
// dot product has for it, and serving takes no notice. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "models/data/dataset.h"

namespace barker {

inline constexpr double kTrendPrior = 10;  // showings

// Adds up the counts of r_v, of the searches that are handed over.
class TrendCounts {
 public:
  // `half_life` on the clock of the log, `newest` is T.
  TrendCounts(uint32_t keywords, double half_life, int64_t newest);

  // Searches that are so old weigh less than a millionth and need not be added.
  bool is_forgotten(int64_t time) const;
  // The SFs of a search with their logits, and weights unless all are 1.
  void add(const SearchView& search, std::span<const float> logits, std::span<const float> weights);

  std::vector<float> residuals() const;  // r_v, by keyword

 private:
  double half_life_;
  int64_t newest_;
  std::vector<double> clicked_, expected_;  // by keyword
  double clicks_ = 0, shown_ = 0;           // of all
};

struct TrendFit {
  double coefficient = 0, deviation = 0;  // c and its standard error
  const char* failure = nullptr;          // why there is no coefficient; null where there is one

  // Where c is not surely above 0, what moved of late does not go on, and nothing is added. Three
  // and not two standard errors, because they take keywords for independent, and the validation
  // split is one short time, in which many of them may move together.
  bool is_used() const { return !failure && coefficient > 3 * deviation; }
};

// Maximises the likelihood of sigma(logit + c r + offset), whose offset is not kept. `keywords`: of
// the terms; `residuals`: r by keyword, 0 of those that are unknown. `weights`: of the terms;
// empty: each is 1.
//
// The standard error is that of the sandwich H^-1 B H^-1 (White 1982), which holds for weights that
// are no counts. B adds up the products of the scores w (p - y) (r, 1) of each term, or of each
// keyword, whose terms are not independent (Liang and Zeger 1986), times G / (G - 1) for G
// keywords. The larger of both is taken, because few keywords make the second too small (Angrist
// and Pischke 2009, 8.2).
TrendFit fit_trend(std::span<const float> logits, std::span<const uint32_t> keywords,
                   std::span<const float> residuals, std::span<const uint8_t> clicked,
                   std::span<const float> weights);

// What was found, and what is added to the logits of each keyword; empty where nothing is.
struct KeywordTrend {
  TrendFit fit;
  double auc_without = 0, auc_with = 0;  // on the validation split
  std::vector<float> shift;              // by keyword
  bool was_sought = false;

  float of(uint32_t keyword) const { return keyword < shift.size() ? shift[keyword] : 0; }
  std::string text() const;  // a line for people; empty unless it was sought
};

}  // namespace barker
