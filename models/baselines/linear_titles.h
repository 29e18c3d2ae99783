// The linear model of titles that a network has to beat: logistic regression on the difference of
// two titles' words and pairs of neighbouring words, weighted by tf-idf, each title to length 1.
// Pairs count by |z|, so that sure ones count more. One thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "models/data/title_tests.h"

namespace barker {

class LinearTitles {
 public:
  // z: of the pairs, positive where the second title earned more (models/experiment/title_pairs.h).
  // Words and word pairs of at least `least_titles` different titles of the pairs count.
  LinearTitles(const std::vector<TestedTitle>& titles, const std::vector<TitlePair>& pairs,
               std::span<const double> z, double penalty, uint32_t least_titles = 3);

  double score(const std::string& title) const;
  std::vector<double> scores(const std::vector<TestedTitle>& titles) const;

 private:
  struct Term {
    uint32_t column;
    double rarity;  // log((1 + titles) / (1 + titles with it)) + 1
  };
  struct Entry {
    uint32_t column;
    double value;
  };
  std::vector<Entry> entries_of(const std::string& title) const;

  std::unordered_map<std::string, Term> terms_;
  std::vector<double> coefficients_;
};

}  // namespace barker
