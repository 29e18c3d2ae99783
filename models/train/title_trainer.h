// Learns which titles earn clicks from tests of titles (models/data/title_tests.h): the auxiliary
// network alone, attention over title keywords and the layers behind it (Eq. 6-8, 11-13), for no
// user and no query. No header of libtorch is needed to call it. A process runs one at a time.
//
// What is learned is the log of a title's click rate, up to a number that the titles of a test
// share. With y = log((c + 1/2) / (n + 1)) of c clicks and n impressions, a pair (a, b) is fitted
// by
//
//   log-rate  w (s_b - s_a - (y_b - y_a))^2 / 2,  w = 1 / (1 / (c_a + 1/2) + 1 / (c_b + 1/2) + V)
//   logistic  -p log sigma(g) - (1 - p) log sigma(-g),  g = 4 (s_b - s_a)
//
// where 1 / (c + 1/2) is about the variance of y by chance, V is that of what words do not explain,
// and p = P(b is the better one, given the test) with V as the prior variance. So a pair counts by
// how sure it is, and many clicks do not make a test more than a test. Within a test the scores of
// the first loss are log click rates, those of the second one are on no scale of click rates. An
// offset is added with which the titles of the pairs were clicked as often as the network says.
//
// The data are few, so the network starts as a linear model that it contains (LinearTitle): a ridge
// regression of y on the shares of words in titles, and on how many words there are, gives every
// word a number, which is one column of its embedding. Attention starts as the mean. The other
// columns start from which words stand together. Training leaves that start only as far as the
// validation pairs confirm.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "models/base/result.h"
#include "models/data/title_tests.h"
#include "models/train/options.h"
#include "models/weights/writer.h"

namespace barker {

enum class TitleLoss { kLogRate, kLogistic };

struct TitleOptions {
  // Of the network and its training: dim, hidden, dot, dot_dim, dot_hidden, learning_rate, decay,
  // dropout (of the title's vector), embedding_l2 (towards the start, on the mean loss),
  // max_epochs, patience, seed, threads, init and init_deviation are used. The others must have
  // their defaults.
  TrainOptions train;
  TitleLoss loss = TitleLoss::kLogRate;
  double unexplained_variance = 0.04;  // V
  double word_dropout = 0.1;           // share of the words that each step leaves out of titles
  uint32_t least_titles = 3;           // in fewer different titles, a word gets no row
  uint32_t batch_tests = 256;
  // Penalty of the ridge regression, in pairs of mean weight; 0: chosen on the validation pairs by
  // the log-rate loss.
  double penalty = 0;
  // Signs of a word by which the network counts a title's words (WordCodes), as far as dim / 2 and
  // half of a single hidden layer have room for them.
  uint32_t codes = 64;
  bool start_linear = true;  // false: all columns start as `init` says
  bool refit = true;  // trains again with the validation pairs, for as many epochs as were best
};

struct TitleEpoch {
  uint32_t number;         // 0: before the first step
  double training_loss;    // mean of the epoch; NaN before the first step
  double validation_loss;  // mean over pairs; of the log-rate loss with weights whose mean is 1
  // Share of the validation pairs in the order of their smoothed click rates, where these differ.
  // NaN where none do.
  double validation_hits;
  bool best;
};

struct TrainedTitles {
  ModelSpec model;  // names, tensors, offset and golden vectors; the card has no name
  uint32_t words = 0, titles = 0;
  uint32_t best_epoch = 0;
  double penalty = 0;  // that was used; 0: there was no linear start
  double validation_loss = 0, validation_hits = 0;
};

TitleOptions default_title_options();

// Fails with bad_data if there are no pairs to learn from or to judge by, or if no word stands in
// enough titles, and with bad_configuration if the loss is not finite.
Result<TrainedTitles> train_titles(const std::vector<TestedTitle>& titles,
                                   const std::vector<TitlePair>& training,
                                   const std::vector<TitlePair>& validation,
                                   const TitleOptions& options,
                                   const std::function<void(const TitleEpoch&)>& on_epoch);

}  // namespace barker
