// The titles of pairs as numbers: their words, and what each pair says of two titles. One thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "models/data/title_tests.h"

namespace barker {

// The words of different titles. Word and title numbers count from 0 in a fixed order.
struct TestedWords {
  std::vector<std::string> words;             // in normal form, ascending
  std::vector<std::vector<uint32_t>> titles;  // the words of each different title, in its order
  std::vector<uint32_t> number;  // of tested title i among these; kNoTitle: it is in no pair
  uint32_t of_training = 0;      // so many titles are of training pairs; they come first
};
inline constexpr uint32_t kNoTitle = 0xFFFFFFFFu;

// The titles of all these pairs. A word counts that stands in at least `least_titles` titles of the
// training pairs; others are left out, as serving leaves them out.
TestedWords words_of_titles(const std::vector<TestedTitle>& titles,
                            std::span<const TitlePair> training,
                            std::span<const TitlePair> validation, uint32_t least_titles);

// What a pair says, as title_trainer.h defines it.
struct TitleGain {
  uint32_t test;
  uint32_t first, second;   // of TestedWords::titles
  double gain;              // y of the second title minus y of the first one
  double weight;            // w
  double second_is_better;  // p
};
std::vector<TitleGain> gains_of(const std::vector<TestedTitle>& titles, const TestedWords& words,
                                std::span<const TitlePair> pairs, double unexplained_variance);

// A mean of word vectors forgets how many words a title has, and longer titles earn more clicks in
// some places. Random signs tell: the mean of n of them is about 1 / sqrt(n) away from 0. So every
// word has `size` signs, which follow from its fingerprint, and the mean of |mean sign| over them
// is what the network's first layer can compute of a title, relu(x) + relu(-x) = |x|.
struct WordCodes {
  uint32_t size = 0;
  std::vector<float> signs;  // [words, size] 1 or -1
};
WordCodes codes_of(const TestedWords& words, uint32_t size);
double mean_code(const std::vector<uint32_t>& title, const WordCodes& codes);  // in [0, 1]

// The linear model from which a network starts: the mean of the scores of a title's words, plus
// `code` times its mean code.
struct LinearTitle {
  std::vector<double> words;
  double code = 0;

  double score(const std::vector<uint32_t>& title, const WordCodes& codes) const;
};
// By ridge regression of the gains. The penalty is in pairs of mean weight.
LinearTitle fit_linear_title(const TestedWords& words, const WordCodes& codes,
                             std::span<const TitleGain> gains, double penalty);

}  // namespace barker
