#include "models/baselines/linear_titles.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "models/text/keywords.h"
#include "models/train/sparse_regression.h"

namespace barker {
namespace {

// The words of a title and its pairs of neighbours. A normal word has no tab.
std::vector<std::string> terms_of(const std::string& title) {
  static const KeywordSplitter splitter;
  std::vector<std::string> terms;
  for (const Keyword& word : splitter.split(title)) terms.push_back(word.text);
  const size_t words = terms.size();
  for (size_t i = 1; i < words; ++i) terms.push_back(terms[i - 1] + "\t" + terms[i]);
  return terms;
}

}  // namespace

LinearTitles::LinearTitles(const std::vector<TestedTitle>& titles,
                           const std::vector<TitlePair>& pairs, std::span<const double> z,
                           double penalty, uint32_t least_titles) {
  std::map<std::string, size_t> number;  // of each different title
  for (const TitlePair& pair : pairs) {
    for (const uint32_t t : {pair.first, pair.second}) {
      number.try_emplace(titles[t].title, number.size());
    }
  }
  std::map<std::string, uint32_t> title_count;
  for (const auto& [title, unused] : number) {
    const std::vector<std::string> terms = terms_of(title);
    for (const std::string& term : std::set<std::string>(terms.begin(), terms.end())) {
      ++title_count[term];
    }
  }
  for (const auto& [term, count] : title_count) {
    if (count < least_titles) continue;
    const double rarity = std::log((1.0 + static_cast<double>(number.size())) / (1.0 + count)) + 1;
    terms_.emplace(term, Term{static_cast<uint32_t>(terms_.size()), rarity});
  }
  SparseRows rows, differences;
  rows.width = differences.width = static_cast<uint32_t>(terms_.size());
  std::vector<size_t> row_of(number.size());
  for (const auto& [title, i] : number) {
    row_of[i] = rows.size();
    for (const Entry& entry : entries_of(title)) rows.add(entry.column, entry.value);
    rows.end_row();
  }
  std::vector<double> sign, weight;
  double total = 0;
  for (size_t i = 0; i < pairs.size(); ++i) {
    if (z[i] == 0) continue;
    differences.add_difference(rows, row_of[number.at(titles[pairs[i].second].title)],
                               row_of[number.at(titles[pairs[i].first].title)]);
    sign.push_back(z[i] > 0 ? 1 : -1);
    weight.push_back(std::fabs(z[i]));
    total += weight.back();
  }
  for (double& w : weight) w *= static_cast<double>(weight.size()) / total;
  coefficients_ = logistic_regression(differences, sign, weight, penalty);
}

std::vector<LinearTitles::Entry> LinearTitles::entries_of(const std::string& title) const {
  std::map<std::string, double> count;
  for (const std::string& term : terms_of(title)) ++count[term];
  std::vector<Entry> entries;
  double square = 0;
  for (const auto& [term, times] : count) {
    const auto known = terms_.find(term);
    if (known == terms_.end()) continue;
    const double value = (1 + std::log(times)) * known->second.rarity;
    entries.push_back({known->second.column, value});
    square += value * value;
  }
  for (Entry& entry : entries) entry.value /= std::sqrt(square);
  return entries;
}

double LinearTitles::score(const std::string& title) const {
  double score = 0;
  for (const Entry& entry : entries_of(title)) score += entry.value * coefficients_[entry.column];
  return score;
}

std::vector<double> LinearTitles::scores(const std::vector<TestedTitle>& titles) const {
  std::vector<double> scores;
  for (const TestedTitle& title : titles) scores.push_back(score(title.title));
  return scores;
}

}  // namespace barker
